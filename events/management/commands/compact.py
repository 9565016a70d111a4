"""`manage.py compact`: merge small segments now, instead of at the next tick."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from events.facts import compaction
from events.runtime import clocks
from events.runtime.bars import bar


class Command(BaseCommand):
    help = "Merge small segments of facts into sorted ones, and remove files no longer listed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seconds", type=float, default=3600.0, help="stop after this long")

    def handle(self, *args: Any, **options: Any) -> None:
        watch = bar("Merging", unit="days of facts")
        merged = compaction.compact(now=timezone.now(), seconds=options["seconds"], watch=watch)
        swept = compaction.sweep(now=clocks.earlier(timezone.now()), watch=bar("Removing", unit="files"))
        self.stdout.write(
            f"{merged.inputs} segments became {merged.merges} ({merged.rows} facts), {merged.failures} failed; "
            f"{swept.retired} retired files removed, {swept.orphans} orphans retired."
        )
