"""manage.py verify_consent PROJECT: whether the project's ledger of consent is whole; ends with 1 where it is not."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from events.accounts import audit
from events.consent import ledger
from events.management import projects


class Command(BaseCommand):
    help = "Check that no record of consent of a project was altered, taken away or put in between."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="Its slug.")

    def handle(self, *args: Any, project: str, **options: Any) -> None:
        found = projects.named(project)
        with audit.scope(via="command"):
            report = ledger.verify(found)
            audit.record("consent.verify", actor="command", project=found, now=timezone.now())
        if not report.is_whole:
            raise CommandError("\n".join(report.problems))
        self.stdout.write(f"{report.records} records, none altered; head {report.head}")
