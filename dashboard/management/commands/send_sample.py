"""manage.py send_sample: one genuine envelope by HTTP to a running server."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dashboard.samples import sending


class Command(BaseCommand):
    help = "Post one envelope to a running server, by default the one that `make up` started."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dsn", default="", help="By default that of up.json.")
        parser.add_argument("--kind", choices=sorted(sending.KINDS), default="error")

    def handle(self, *args: Any, dsn: str, kind: str, **options: Any) -> None:
        dsn = dsn or sending.dsn_of_up(Path(settings.OBS_VAR_DIR))
        if not dsn:
            raise CommandError("No server runs here; name one by --dsn.")
        try:
            answer = sending.post(dsn, kind=kind, now=timezone.now())
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        if answer.status != 200:
            raise CommandError(f"The server answered {answer.status}: {answer.text}")
        self.stdout.write(f"200 {answer.text}")
