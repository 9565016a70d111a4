"""`manage.py prune`: apply the retention of facts now, instead of at the next tick."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from events.facts import compaction
from events.runtime import clocks
from events.runtime.bars import bar


class Command(BaseCommand):
    help = "Retire segments past their retention, and remove files no longer listed."

    def handle(self, *args: Any, **options: Any) -> None:
        retired = compaction.retain(now=clocks.earlier(timezone.now()), watch=bar("Retiring", unit="days of facts"))
        swept = compaction.sweep(now=clocks.earlier(timezone.now()), watch=bar("Removing", unit="files"))
        self.stdout.write(
            f"{retired} segments retired; {swept.retired} retired files removed, {swept.orphans} orphans retired."
        )
