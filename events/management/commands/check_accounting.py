"""`manage.py check_accounting`: both sides of the ledger; exits 1 when they differ."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from events.ingest import accounting
from events.management import projects


class Command(BaseCommand):
    help = "Print what arrived and what became of it; exit 1 when the sides differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", help="One project's slug; without it, all projects.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        project = projects.named(options["project"]) if options["project"] else None
        report = accounting.report(project_id=project.pk if project else None)
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict()))
        else:
            for name, value in report.as_dict().items():
                if name != "filtered":
                    self.stdout.write(f"{name:16} {value:>12}")
            for reason, quantity in report.filtered.items():
                self.stdout.write(f"  filtered: {reason:20} {quantity:>12}")
        if report.difference:
            raise CommandError(f"The ledger differs by {report.difference} records.", returncode=1)
