"""manage.py create_token: an API token, its secret printed once."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from events.accounts import audit, tokens
from events.management import projects


class Command(BaseCommand):
    help = "Make an API token for a user and print it; it is never shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="command line")
        parser.add_argument("--scope", action="append", choices=sorted(tokens.SCOPES), help="May be given again.")
        parser.add_argument("--project", default="", help="The slug of the one project it is for.")
        parser.add_argument("--days", type=int, default=tokens.DAYS, help="It ends after so many days; 0: never.")

    def handle(self, *args: Any, username: str, name: str, project: str, days: int, **options: Any) -> None:
        user = get_user_model().objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user {username!r}.")
        bound = projects.named(project) if project else None
        now = timezone.now()
        try:
            with audit.scope(via="command"):
                _, secret = tokens.create(
                    user,
                    name=name,
                    scopes=options["scope"] or [tokens.READ],
                    project=bound,
                    expires_at=now + timedelta(days=days) if days else None,
                    actor="command",
                    now=now,
                )
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(secret)
