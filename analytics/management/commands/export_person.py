"""manage.py export_person PROJECT ID…: prints everything that is kept of one person, as JSON."""

from argparse import ArgumentParser
from typing import Any

import orjson
from django.core.management.base import BaseCommand
from django.utils import timezone

from analytics.privacy import exporting
from events.accounts import audit
from events.management import projects


class Command(BaseCommand):
    help = "Print everything that is kept of one person, as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="Its slug.")
        parser.add_argument("distinct_id", nargs="+", help="As the SDK identifies them, or u_ and 16 digits.")

    def handle(self, *args: Any, project: str, distinct_id: list[str], **options: Any) -> None:
        found = projects.named(project)
        with audit.scope(via="command"):
            document = exporting.export(found, distinct_id, actor="command", now=timezone.now())
        self.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
