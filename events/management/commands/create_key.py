"""manage.py create_key: one more ingest key of a project."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from events.accounts import audit, dsn, projects
from events.management.projects import named


class Command(BaseCommand):
    help = "Make one more ingest key of a project and print its DSN."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project")
        parser.add_argument("--label", default="default")
        parser.add_argument("--rate", type=int, help="Items a minute; the server's default without.")
        parser.add_argument("--origin", action="append", default=[], help="A host whose pages may send.")

    def handle(self, *args: Any, project: str, label: str, rate: int | None, origin: list[str], **options: Any) -> None:
        found = named(project)
        try:
            with audit.scope(via="command"):
                key = projects.create_key(
                    found,
                    label=label,
                    rate_per_minute=rate,
                    allowed_origins=origin,
                    actor="command",
                    now=timezone.now(),
                )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(dsn.of(key, base_url=dsn.address()))
