"""manage.py create_project: a project with its first key, its DSN printed."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from events.accounts import audit, dsn, projects


class Command(BaseCommand):
    help = "Make a project with its first ingest key and print its DSN."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--name", default="", help="As people read it; the slug by default.")
        parser.add_argument("--owner", default="", help="The username of its owner.")

    def handle(self, *args: Any, slug: str, name: str, owner: str, **options: Any) -> None:
        user = get_user_model().objects.filter(username=owner).first()
        if owner and user is None:
            raise CommandError(f"There is no user {owner!r}.")
        now = timezone.now()
        try:
            with audit.scope(via="command"):
                project = projects.create(slug, name or slug, owner=user, actor="command", now=now)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        key = dsn.current_key(project, now=now)
        if key:
            self.stdout.write(dsn.of(key, base_url=dsn.address()))
