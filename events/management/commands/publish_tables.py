"""`manage.py publish_tables`: bring the open tables up to date now, instead of at the next tick."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from events.accounts import audit
from events.facts import open_tables
from events.models import OpenTable
from events.runtime.bars import bar


class Command(BaseCommand):
    help = "Keep Apache Iceberg tables over the segments, so that other engines read them; no file is copied."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--withdraw", action="store_true", help="take the tables away again; the facts stay")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["withdraw"]:
            count = open_tables.withdraw()
            audit.record("open_tables.withdraw", actor="command", detail={"tables": count}, now=now)
            self.stdout.write(f"{count} tables taken away; the facts stay.")
            return
        done = open_tables.publish(now=now, watch=bar("Publishing", unit="tables"))
        audit.record("open_tables.publish", actor="command", detail={"tables": done.tables}, now=now)
        for table in OpenTable.objects.order_by("table_name"):
            self.stdout.write(f"{table}  {table.metadata_location}")
        self.stdout.write(
            f"{done.tables} tables over {done.files} files, {done.rows} facts; "
            f"{done.added} files came, {done.removed} left."
        )
        if done.failures:
            raise CommandError(f"{done.failures} tables could not be published; the log says why.")
