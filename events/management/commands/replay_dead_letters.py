"""`manage.py replay_dead_letters`: give items that could not be digested another try."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from events.accounts import audit
from events.ingest import dead_letters
from events.models import DeadLetter
from events.runtime.bars import bar


class Command(BaseCommand):
    help = "Move dead letters back into the inbox."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", help="Only those of this project's slug.")
        parser.add_argument("--kind", help="Only those of this kind of item.")
        parser.add_argument("--limit", type=int, default=10_000, help="At most so many (10,000).")

    def handle(self, *args: Any, **options: Any) -> None:
        letters = DeadLetter.objects.order_by("pk")
        if options["project"]:
            letters = letters.filter(project__slug=options["project"])
        if options["kind"]:
            letters = letters.filter(kind=options["kind"])
        with audit.scope(via="command"):
            replayed = dead_letters.replay(
                letters[: options["limit"]], actor="command", now=timezone.now(), watch=bar("Replaying", unit="letters")
            )
        self.stdout.write(f"{replayed} dead letters moved back into the inbox.")
