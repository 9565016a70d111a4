"""manage.py erase_person PROJECT ID…: takes away what is kept of one person, and prints the receipt so far."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from analytics.privacy import erasing
from events.accounts import audit
from events.management import projects


class Command(BaseCommand):
    help = "Take away everything that is kept of one person, in every table and file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="Its slug.")
        parser.add_argument("distinct_id", nargs="+", help="As the SDK identifies them, or u_ and 16 digits.")

    def handle(self, *args: Any, project: str, distinct_id: list[str], **options: Any) -> None:
        found = projects.named(project)
        with audit.scope(via="command"):
            try:
                made = erasing.request(found, distinct_id, actor="command", now=timezone.now())
            except ValidationError as error:
                raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(json.dumps(erasing.receipt(made), indent=2))
        self.stdout.write(f"Looked for again until {made.requested_at + erasing.LOOKS[-1]:%Y-%m-%d %H:%M} UTC.")
