"""Prints what questions about product events cost at several sizes, beside PostgreSQL rows and ClickHouse on the same.

    python bench/product/analytics.py [--events 1m,10m] [--days 90] [--rounds 3] [--alone] [--short] [--again] [--check]

Events of people who saw, signed up and paid go straight into segments under var/bench/analytics; embedded servers end
with the run. Each question is asked warm, and the least of some rounds counts, in seconds of a core: a question runs on
two threads, and the clock of a busy machine says little. Beside the largest size stand the questions that SQL of their
own asks of rows in PostgreSQL (columns in use and their indexes alone; its clock is that of one worker) and of the same
files in chDB, which is installed under var/bench once. `--alone` leaves both out, `--short` is 20,000 and 200,000
events, `--again` asks the events of the run before, `--check` ends with 1 where an aim is missed.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent.parent.parent
PARSER = argparse.ArgumentParser(description=__doc__)
PARSER.add_argument("--events", default="1m,10m")
PARSER.add_argument("--days", type=int, default=90)
PARSER.add_argument("--rounds", type=int, default=3)
for flag in ("--alone", "--short", "--again", "--check"):
    PARSER.add_argument(flag, action="store_true")
OPTIONS = PARSER.parse_args()
sys.path.insert(0, str(ROOT))

from bench import begin, empty  # noqa: E402

HOME = begin("analytics", OBS_QUERY_TIMEOUT_SECONDS="300")

from django.db.models import Sum  # noqa: E402

from analytics.periods import Period  # noqa: E402
from analytics.questions.product import (  # noqa: E402
    calendar,
    cohorts,
    features,
    funnel_losses,
    funnels,
    journeys,
    trends,
    web,
)
from analytics.questions.product.acts import Scope  # noqa: E402
from analytics.questions.product.funnel_attempts import Definition, Step  # noqa: E402
from analytics.questions.visits import keeping  # noqa: E402
from analytics.rollups import filling  # noqa: E402
from bench.product import elsewhere, events  # noqa: E402
from bench.product.events import NOW  # noqa: E402
from events.models import Project, Segment  # noqa: E402

# Seconds of a core at 10 million events, two threads: twice the seconds that a person should wait.
AIMS = {
    "web page": 0.6, "trend by country": 0.6, "trend, daily people": 0.6, "funnel of 3": 1.0, "journeys": 2.0,
    "cohorts by week": 2.0,
}  # fmt: skip
MB_AIM = 15.0
LISTS = ("source", "page", "country", "event")
AT = 10_000_000


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
        "trend by country": lambda p: trends.trends(p, by="country", **daily),
        "trend by property": lambda p: trends.trends(p, by="properties.plan", **daily),
        "trend, p95 of a number": lambda p: trends.trends(p, measure="p95", of="price", **daily),
        "funnel of 3": lambda p: funnels.funnels(p, definition=steps, scope=about),
        "funnel of 3, strict": lambda p: funnels.funnels(p, definition=strict, scope=about),
        "funnel of 3 by country": lambda p: funnels.funnels(p, definition=steps, scope=about, by="country"),
        "losses of the funnel": lambda p: funnel_losses.losses(p, definition=steps, scope=about),
        "journeys": lambda p: journeys.journeys(p, scope=about),
        "cohorts by week": lambda p: cohorts.cohorts(p, begin="*", again="*", scope=about, calendar=weeks),
        "usage by day": lambda p: features.features(p, events=["paid"], scope=about, calendar=with_one_before),
        "web page": lambda p: web.web(p, period=period),
        "web page, four lists": lambda p: web.web(p, period=period, lists=LISTS),
        "web page, one country": lambda p: web.web(p, period=period, where={"country": "DE"}),
        "web page, walked": lambda p: web.web(p, period=period, with_bots=True),
    }


def least(work: Callable[[], object], rounds: int, clock: Callable[[], float] = time.process_time) -> float | None:
    """The least seconds of some rounds; one that takes ten is not asked again. None where it ends in an error."""
    times: list[float] = []
    while len(times) < rounds and (not times or times[-1] < 10):
        start = clock()
        try:
            work()
        except Exception as error:
            print(f"  {type(error).__name__}: {str(error)[:90]}")
            return None
        times.append(clock() - start)
    return min(times)


def prepare(sizes: list[int], days: int) -> None:
    """A project of each size, instead of those of the run before."""
    empty()
    for size in sizes:
        project = Project.objects.create(slug=f"of-{size}", name=f"{size}")
        events.generate(project, events=size, days=days)
        filling.roll_up(now=NOW, seconds=3600, project_id=project.pk)
        began = time.process_time()
        keeping.keep(now=NOW + timedelta(hours=1), seconds=3600, project_id=project.pk)
        print(f"{'':>12} visits of {days} days kept in {time.process_time() - began:.1f} s of a core")


def main(options: argparse.Namespace) -> int:
    sizes = [20_000, 200_000] if options.short else sorted(map(events.number, options.events.split(",")))
    if not options.again:
        prepare(sizes, options.days)
    projects, missed = {}, []
    for size in sizes:
        projects[size] = Project.objects.get(slug=f"of-{size}")
        held = Segment.objects.filter(project=projects[size]).aggregate(held=Sum("bytes"))["held"] / size
        verdict = "" if held <= MB_AIM else f"  MISSED, aim {MB_AIM:g}"
        missed += ["disk"] * bool(verdict) * (size == sizes[-1])
        print(f"{size:>12,} events of {events.people_of(size):,} people, {held:.1f} MB a million{verdict}")
    others = {} if options.alone else elsewhere.answers(projects[sizes[-1]], HOME)
    heads = "".join(f"{size:>13,}" for size in sizes) + "  exponent      aim  PostgreSQL   chDB"
    print(f"\n{'s of a core, ' + str(options.days) + ' days':26}{heads}")
    for name, ask in questions(options.days).items():
        took = [least(partial(ask, projects[size]), options.rounds) for size in sizes]
        beside = [least(others[place, name], 1, clock) if (place, name) in others else None
                  for place, clock in (("postgresql", time.perf_counter), ("chdb", time.process_time))]  # fmt: skip
        aim = AIMS.get(name) if sizes[-1] == AT else None
        is_missed = aim is not None and (took[-1] is None or took[-1] > aim)
        missed += [name] * is_missed
        print(
            f"{name:26}" + "".join(_cell(one, 13) for one in took) + _cell(_exponent(sizes, took), 10)
            + _cell(aim, 9) + _cell(beside[0], 12) + _cell(beside[1], 7) + ("  MISSED" if is_missed else ""), flush=True
        )  # fmt: skip
    print(
        f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}" + (f"; missed: {', '.join(missed)}" * bool(missed))
    )
    return 1 if options.check and missed else 0


def _exponent(sizes: list[int], took: list[float | None]) -> float | None:
    """How cost grows with events: 1 is in step with them."""
    if len(sizes) < 2 or not took[-2] or not took[-1]:
        return None
    return math.log(took[-1] / took[-2]) / math.log(sizes[-1] / sizes[-2])


def _cell(value: float | None, width: int) -> str:
    return f"{'' if value is None else f'{value:.2f}':>{width}}"


if __name__ == "__main__":
    sys.exit(main(OPTIONS))
