"""Prints what questions about product events cost, at two sizes in one run.

    python bench/analytics.py [--events 1000000] [--days 90]

As many events as asked and a tenth of them, of people who saw, signed up and paid. A folder of its own
(var/bench/analytics) with embedded servers that end with the run. Times are medians of five, warm.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent.parent
PARSER = argparse.ArgumentParser(description=__doc__)
PARSER.add_argument("--events", type=int, default=1_000_000)
PARSER.add_argument("--days", type=int, default=90)
OPTIONS = PARSER.parse_args()
HOME = ROOT / "var" / "bench" / "analytics"
sys.path.insert(0, str(ROOT))
os.environ["OBS_VAR_DIR"] = str(HOME)
os.environ["DJANGO_SETTINGS_MODULE"] = "formaos_obs.settings"

from formaos_obs import embedded  # noqa: E402

embedded.ensure()

import django  # noqa: E402

django.setup()

import duckdb  # noqa: E402
from django.core.management import call_command  # noqa: E402

from analytics.periods import Period  # noqa: E402
from analytics.questions.product import calendar, cohorts, features, funnels, journeys, trends  # noqa: E402
from analytics.questions.product.acts import Scope  # noqa: E402
from analytics.questions.product.funnel_attempts import Definition, Step  # noqa: E402
from events.facts import segments  # noqa: E402
from events.facts.segments import Place  # noqa: E402
from events.models import FactChange, Project, Segment  # noqa: E402

NOW = datetime(2026, 11, 23, tzinfo=UTC)
EVENTS = """
    WITH drawn AS (SELECT range AS n, random() AS a, random() AS b, random() AS c, random() AS d FROM range($rows))
    SELECT $day::TIMESTAMPTZ + to_microseconds((a * 86400e6)::BIGINT) AS "at",
           replace(uuid()::VARCHAR, '-', '') AS event_id,
           floor($people * b * b)::BIGINT AS visitor,
           ['$pageview', '$pageview', '$pageview', 'signup', 'invite', 'paid'][1 + floor(5.3 * c)::INT] AS event,
           '/page/' || floor(40 * d * d)::INT AS path, ['DE', 'FR', 'US', 'IT'][1 + floor(4 * d)::INT] AS country,
           ['desktop', 'mobile'][1 + floor(2 * a)::INT] AS device, 'shop@1.0' AS release, 'production' AS environment,
           false AS is_bot, MAP {'plan': 'p' || floor(500 * d)::INT, 'price': floor(90 * a)::INT::VARCHAR} AS properties
    FROM drawn ORDER BY visitor, "at"
"""


def generate(project: Project, *, events: int, days: int) -> None:
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    for age in range(1, days + 1):
        day = (NOW - timedelta(days=age)).date()
        bound = {"rows": events // days, "day": day.isoformat(), "people": max(events // 50, 10)}
        found = database.execute(EVENTS, bound).to_arrow_reader(100_000)
        segment = segments.write_sorted(Place(project.pk, "events", day), found, level=3, now=NOW)
        segment.save()
        segments.announce([segment])


def questions(days: int) -> dict[str, Callable[[Project], object]]:
    period = Period(NOW - timedelta(days=days), NOW)
    utc, about = ZoneInfo("UTC"), Scope(period)
    by_day, with_one_before = calendar.calendar(period, "day", utc), calendar.calendar(period, "day", utc, before=1)
    weeks = calendar.calendar(period, "week", utc)
    steps = Definition(tuple(Step(name) for name in ("$pageview", "signup", "paid")))
    strict = Definition(steps.steps, order="strict")
    daily = {"event": "$pageview", "scope": about, "calendar": by_day}
    return {
        "trend": lambda p: trends.trends(p, **daily),
        "trend, daily people": lambda p: trends.trends(p, measure="people", **daily),
        "trend by property": lambda p: trends.trends(p, by="properties.plan", **daily),
        "trend, p95 of a number": lambda p: trends.trends(p, measure="p95", of="price", **daily),
        "funnel of 3": lambda p: funnels.funnels(p, definition=steps, scope=about),
        "funnel of 3, strict": lambda p: funnels.funnels(p, definition=strict, scope=about),
        "funnel of 3 by country": lambda p: funnels.funnels(p, definition=steps, scope=about, by="country"),
        "journeys": lambda p: journeys.journeys(p, scope=about),
        "cohorts by week": lambda p: cohorts.cohorts(p, begin="*", again="*", scope=about, calendar=weeks),
        "usage by day": lambda p: features.features(p, events=["paid"], scope=about, calendar=with_one_before),
    }


def median_ms(work: Callable[[], object]) -> float:
    times = []
    for _ in range(6):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[1:])


def main(options: argparse.Namespace) -> None:
    shutil.rmtree(HOME / "segments", ignore_errors=True)
    call_command("migrate", verbosity=0)
    for model in (FactChange, Segment, Project):
        model.objects.all().delete()
    projects = {}
    for size in (options.events // 10, options.events):
        projects[size] = Project.objects.create(slug=f"of-{size}", name=f"{size}")
        generate(projects[size], events=size, days=options.days)
    print(
        f"{'ms, over ' + str(options.days) + ' days':26}" + "".join(f"{size:>14,}" for size in projects) + "   growth"
    )
    for name, ask in questions(options.days).items():
        small, large = (median_ms(partial(ask, project)) for project in projects.values())
        print(f"{name:26}{small:14.0f}{large:14.0f}{large / small:8.1f}x", flush=True)


if __name__ == "__main__":
    main(OPTIONS)
