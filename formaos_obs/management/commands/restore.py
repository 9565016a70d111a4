"""`manage.py restore FOLDER`: a backup put back, and proved to be whole."""

import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from events.runtime.bars import bar
from formaos_obs.backup import manifest, restoring
from formaos_obs.backup.manifest import BackupError
from formaos_obs.environment import BASE_DIR


class Command(BaseCommand):
    help = "Put a backup back: into an empty installation, or over this one with --replace. Then verify all of it."
    requires_system_checks: list[str] = []  # Django's own shape
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--replace", action="store_true", help="Lose what this installation holds.")
        parser.add_argument("--check", action="store_true", help="Only verify the files of the backup.")
        parser.add_argument("--prove", action="store_true", help="Only verify what was put back; restore does so.")

    def handle(self, *args: Any, folder: Path, replace: bool, check: bool, prove: bool, **options: Any) -> None:
        folder = folder.absolute()
        try:
            if prove:
                return self._prove(folder)
            found = restoring.check(folder)
            self.stdout.write(f"The backup of {found.made_at} is whole: {len(found.files):,} files.")
            if check:
                return None
            restoring.put_back(
                folder, found, replaces=replace, now=timezone.now(), watch=bar("Copying", unit="segments")
            )
        except BackupError as error:
            raise CommandError(str(error)) from error
        # The keys may be others now: what leans on them runs in a process that reads them anew.
        done = subprocess.run([sys.executable, str(BASE_DIR / "manage.py"), "restore", "--prove", str(folder)])
        if done.returncode:
            raise CommandError("The backup was put back, and is not whole; see above.", returncode=done.returncode)
        return None

    def _prove(self, folder: Path) -> None:
        found = manifest.read(folder)
        call_command("migrate", verbosity=0, interactive=False)  # a backup of an earlier version goes on with this one
        proof = restoring.prove(found, now=timezone.now())
        for problem in proof.problems:
            self.stderr.write(f"broken: {problem}")
        if proof.problems:
            raise CommandError(f"{len(proof.problems)} problems.")
        self.stdout.write(
            f"Restored: {proof.segments:,} segments, {proof.entries:,} audit entries in a whole chain, a ledger of"
            f" {proof.received:,} records without a difference."
        )
