"""manage.py verify_audit: proves that no entry of the audit trail was altered, or says which was."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from events.accounts import audit
from events.runtime.bars import bar


class Command(BaseCommand):
    help = "Verify the chain of audit entries and the heads noted earlier; exit 1 when either is broken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--heads", type=Path, help="A file of heads; var/audit_heads.log by default.")
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--note-head", action="store_true", help="Then note the head in the file and print it.")

    def handle(self, *args: Any, heads: Path | None, **options: Any) -> None:
        if heads and not heads.exists():
            raise CommandError(f"There is no file {heads}.")
        try:
            noted = audit.noted_heads(heads)
        except ValueError as error:
            raise CommandError(str(error)) from error
        report = audit.verify(noted, watch=bar("Verifying", unit="entries"))
        if options["json"]:
            self.stdout.write(json.dumps({**asdict(report), "is_whole": report.is_whole, "heads": len(noted)}))
        else:
            for problem in report.problems:
                self.stdout.write(f"broken: {problem}")
            state = "whole" if report.is_whole else "BROKEN"
            head = f"head {report.head.entry_id} {report.head.mac}"
            self.stdout.write(f"{state}: {report.entries} entries, {len(noted)} heads compared, {head}")
        if not report.is_whole:
            sys.exit(1)
        if options["note_head"]:
            self.stdout.write(audit.note_head(now=timezone.now()))
