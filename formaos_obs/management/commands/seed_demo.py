"""manage.py seed_demo: a demo project full of believable data, through the real ingest path."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from alerts.demo import bad_day, probing
from analytics import demo as trials
from dashboard import demo as boards
from events import demo
from events.accounts import audit
from events.demo import outage
from events.runtime.bars import bar


class Command(BaseCommand):
    help = "Fill a demo project: errors of some thirty issues, releases, visitors, requests, logs, boards, an incident."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", default="demo", help="Its slug; made when there is none.")
        parser.add_argument("--days", type=int, default=14)
        parser.add_argument("--events", type=int, default=3000, help="How many errors.")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--calm", action="store_true", help="Without the bad day and its incident.")

    def handle(self, *args: Any, project: str, days: int, events: int, seed: int, calm: bool, **options: Any) -> None:
        began = time.monotonic()
        try:
            with audit.scope(via="command"):
                now = timezone.now()
                done = demo.seed(
                    project, days=days, events=events, seed=seed, now=now, watch=bar("Sending", unit="days")
                )
                trials.run(done.project, since=done.started, now=now)
                boards.arrange(done.project, now=now)
                incident = None if calm else bad_day.play(done, now=now)
                probing.play(done, now=now, down=outage.broken(now) if incident is not None else None)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        seconds = time.monotonic() - began
        self.stdout.write(f"{done.sent} envelopes with {len(done.errors)} errors sent to {project} in {seconds:.1f} s.")
        if incident is not None:
            self.stdout.write(
                f"A bad day with its incident: /p/{project}/incidents/{incident.pk}/ and /status/{project}/"
            )
