"""manage.py rotate_key: a successor for an ingest key, which goes on working for a while."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from events.accounts import audit, dsn, projects
from events.models import IngestKey


class Command(BaseCommand):
    help = "Make a successor for an ingest key and print its DSN; the old key works until the overlap is over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("public_key", help="The old key, the user part of its DSN.")
        parser.add_argument("--days", type=float, default=7.0, help="How long the old key goes on working.")

    def handle(self, *args: Any, public_key: str, days: float, **options: Any) -> None:
        key = IngestKey.objects.select_related("project").filter(public_key=public_key).first()
        if key is None:
            raise CommandError("There is no such key.")
        if not 0 <= days <= 3650:
            raise CommandError("--days is between 0 and 3650.")
        with audit.scope(via="command"):
            successor = projects.rotate_key(key, overlap=timedelta(days=days), actor="command", now=timezone.now())
        self.stdout.write(dsn.of(successor, base_url=dsn.address()))
