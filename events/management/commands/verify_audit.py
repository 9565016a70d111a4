"""manage.py verify_audit: proves that no entry of the audit trail was altered, or says which was."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from events.accounts import audit, audit_heads
from events.runtime.bars import bar


class Command(BaseCommand):
    help = "Verify the chain of audit entries and the heads noted earlier; exit 1 when either is broken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--heads", type=Path, action="append", help="A file of heads; by default var/audit_heads.log and the file"
            " that OBS_AUDIT_HEADS names.",
        )  # fmt: skip
        parser.add_argument("--log", type=Path, action="append", default=[], help="A log whose lines hold heads.")
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--note-head", action="store_true", help="Then note the head in the file and print it.")

    def handle(self, *args: Any, heads: list[Path] | None, log: list[Path], **options: Any) -> None:
        noted = _noted(heads if heads is not None else audit_heads.default_files(), log)
        report = audit.verify(noted, watch=bar("Verifying", unit="entries"))
        if options["json"]:
            self.stdout.write(json.dumps({**asdict(report), "is_whole": report.is_whole, "heads": len(noted)}))
        else:
            if report.missing:
                self.stdout.write(f"the first head that is missing: {report.missing.entry_id} {report.missing.mac}")
            for problem in report.problems:
                self.stdout.write(f"broken: {problem}")
            state = "whole" if report.is_whole else "BROKEN"
            head = f"head {report.head.entry_id} {report.head.mac}"
            self.stdout.write(f"{state}: {report.entries} entries, {len(noted)} heads compared, {head}")
        if not report.is_whole:
            sys.exit(1)
        if options["note_head"]:
            self.stdout.write(audit_heads.note(now=timezone.now()))


def _noted(files: list[Path], logs: list[Path]) -> list[audit.Head]:
    noted: list[audit.Head] = []
    for path in (*files, *logs):
        try:
            noted += audit_heads.read(path, is_log=path in logs)
        except OSError as error:
            raise CommandError(f"There is no file {path}: {error.strerror}.") from error
        except ValueError as error:
            raise CommandError(str(error)) from error
    return noted
