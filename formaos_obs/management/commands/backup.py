"""`manage.py backup FOLDER`: a copy of all that this installation keeps, while it runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from events.runtime.bars import bar
from formaos_obs.backup import taking
from formaos_obs.backup.manifest import BackupError


class Command(BaseCommand):
    help = "Copy the database, segments, spool and keys into a new folder, consistently, without stopping anything."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="A folder that does not exist yet.")
        parser.add_argument("--without-segments", action="store_true", help="For a bucket that keeps versions itself.")
        parser.add_argument("--without-keys", action="store_true", help="For keys that are kept elsewhere.")

    def handle(self, *args: Any, folder: Path, without_segments: bool, without_keys: bool, **options: Any) -> None:
        try:
            found = taking.take(
                folder.absolute(), now=timezone.now(), with_segments=not without_segments, with_keys=not without_keys,
                watch=bar("Copying", unit="segments"),
            )  # fmt: skip
        except BackupError as error:
            raise CommandError(str(error)) from error
        size = sum(one.bytes for one in found.files.values())
        rows = ", ".join(f"{count:,} {name.rpartition('.')[2]}" for name, count in found.rows.items())
        self.stdout.write(f"{folder}: {len(found.files):,} files, {size:,} bytes ({rows}).")
        if not without_keys:
            self.stdout.write("It holds the keys of this installation: keep it where nobody else reads.")
