"""What it costs to tell people: `python -m bench.routing [--notices 300] [--short]`.

Alerts that begin, that go on, that a silence holds back, that end: told at once to two channels, a transaction each, as
rules do it; and in groups of a route, all of a group in one message.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.ingest.ours import Ours  # noqa: E402

_TELL = """
import json, time
from datetime import timedelta
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from alerts.delivery import channel_setup
from alerts.delivery.messages import Message
from alerts.models import Route, Silence
from alerts.routing import setup, telling, tick
from alerts.routing.setup import WantedRoute
from alerts.routing.telling import Report
from events.models import Project
project, now, count = Project.objects.get(slug="bench"), timezone.now(), {count}
for name in ("a", "b"):
    addresses = {{"addresses": "team@example.org"}}
    channel_setup.create(project, kind="email", name=name, config=addresses, actor="bench", now=now)

def stands(number, on, at, team):
    kind = "firing" if on else "alert_ended"
    message = Message(kind=kind, dedup="", title=f"Alert {{number}}", project="Bench", at=at.isoformat())
    labels = {{"rule": f"Alert {{number}}", "team": team + str(number % 10)}}
    key = f"{{team}}:{{number}}"
    return Report(key=key, source="rule", labels=labels, message=message, is_on=on, began_at=at, repeat_minutes=240)

def measured(what, parts):
    # Milliseconds of this process, and statements, for each of the parts.
    with CaptureQueriesContext(connection) as asked:
        began = time.process_time()
        parts = what() or parts
        return 1000 * (time.process_time() - began) / parts, len(asked) / parts

def took(at, on=True, team="own"):
    def all_of_them():
        for number in range(count):
            telling.report(project, [stands(number, on, at, team)], now=at)
    return measured(all_of_them, count)

found = {{}}
at = now
found["begins, told at once"] = took(at)
at += timedelta(minutes=1)
found["goes on"] = took(at)
found["ends, told at once"] = took(at, on=False)
day = {{"starts_at": now, "ends_at": now + timedelta(days=1), "reason": "bench"}}
Silence.objects.bulk_create(
    Silence(project=project, matchers={{"team": f"held{{number % 10}}"}}, **day) for number in range(50)
)
found["begins, held back"] = took(at, team="held")
found["a look at what is held back"] = measured(
    lambda: tick.run(now=at + timedelta(seconds=10), seconds=600).groups, count
)
Silence.objects.all().delete()
route = WantedRoute(name="Teams", matchers="team=~web.*", group_by=["team"])
setup.store_route(Route(project=project), route, actor="bench", now=now)
found["begins, waits in a group"] = took(at, team="web")
found["its share of the group's message"] = measured(
    lambda: tick.run(now=at + timedelta(minutes=1), seconds=600) and count, count
)
print("FOUND", json.dumps(found))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notices", type=int, default=300)
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    folder = ROOT / "var" / "bench" / "routing"
    Ours.stop_servers(folder)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        found = Ours(folder).printed(_TELL.format(count=30 if options.short else options.notices), "FOUND")
    finally:
        Ours.stop_servers(folder)
    print(f"{'of one alert':36}{'ms of CPU':>12}{'statements':>12}")
    for name, (took, statements) in json.loads(found).items():
        print(f"{name:36}{took:>12.1f}{statements:>12.1f}")


if __name__ == "__main__":
    main()
