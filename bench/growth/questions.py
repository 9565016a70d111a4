"""Prints how questions grow with the facts: DuckDB and ClickHouse's engine over the same segments, and rollups.

    python bench/growth/questions.py [--sizes 1m,10m,100m] [--days 30] [--engines duckdb,chdb] [--short] [--check]

Facts of a project are drawn straight into segments under var/bench/growth, one a day and kind, in the shares below;
what is asked reads 30 days of them. Each question runs in a process of its own, once to warm up and once measured:
seconds by the clock and of a core, MB read from files, MB of memory at the peak above what the process had before. What
takes longer than 60 seconds is cut, and not asked of more facts. The exponent says how CPU grows between the last two
sizes: 1 is in step with the facts, 0 not at all. Pages that read rollups shall take 1.2 times as long at most from the
smallest size to the largest. `--short` is 20,000 and 200,000 facts of two days; `--check` ends with 1 where that aim is
missed.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench import begin, empty  # noqa: E402

HOME = begin("growth", OBS_QUERY_TIMEOUT_SECONDS="60")

from django.db import connections  # noqa: E402
from django.db.models import Sum  # noqa: E402

from analytics.engine import QueryTimeout, QueryTooLarge, reading  # noqa: E402
from analytics.engine.clickhouse.engine import ClickHouseEngine  # noqa: E402
from analytics.periods import Period  # noqa: E402
from analytics.questions.errors.error_trend import error_trend  # noqa: E402
from analytics.questions.errors.groups_matching import groups_matching  # noqa: E402
from analytics.questions.errors.tag_facets import tag_facets  # noqa: E402
from analytics.questions.logs.log_lines import log_lines  # noqa: E402
from analytics.questions.logs.log_patterns import log_patterns  # noqa: E402
from analytics.questions.logs.log_volume import log_volume  # noqa: E402
from analytics.questions.overview.overview import overview  # noqa: E402
from analytics.questions.performance.cuts import request_cut  # noqa: E402
from analytics.questions.performance.endpoints import endpoints  # noqa: E402
from analytics.questions.performance.latency_heatmap import latency_heatmap  # noqa: E402
from analytics.questions.performance.percentiles import percentiles  # noqa: E402
from analytics.questions.performance.request_rates import request_rates  # noqa: E402
from analytics.questions.product import calendar, cohorts, funnels, journeys, trends, web  # noqa: E402
from analytics.questions.product.acts import Scope  # noqa: E402
from analytics.questions.product.funnel_attempts import Definition, Step  # noqa: E402
from analytics.questions.releases.events_per_release import events_per_release  # noqa: E402
from analytics.questions.releases.release_health import release_health  # noqa: E402
from analytics.questions.traces import trace_list  # noqa: E402
from analytics.questions.vitals.cuts import vital_cut  # noqa: E402
from analytics.questions.vitals.vitals import vitals  # noqa: E402
from analytics.rollups import filling  # noqa: E402
from analytics.tests.engine.chdb_transport import ChdbTransport  # noqa: E402
from bench.growth import drawing  # noqa: E402
from bench.product import events  # noqa: E402
from bench.product.events import NOW  # noqa: E402
from events.facts import segments  # noqa: E402
from events.issues import search  # noqa: E402
from events.models import FactChange, Project, Segment  # noqa: E402

SHARES = {
    "events": 0.30, "requests": 0.20, "logs": 0.15, "errors": 0.10, "spans": 0.10, "vitals": 0.10, "sessions": 0.05,
}  # fmt: skip
CUT = 60
FLAT = 1.2
ROUNDS = 5
Ask = Callable[[Project], object]


@dataclass(frozen=True)
class Cost:
    """Of one run: seconds by the clock and of a core, MB read and MB of memory; or a word on why there is none."""

    clock: float = 0.0
    cpu: float = 0.0
    read: float = 0.0
    memory: float = 0.0
    failed: str = ""

    def __str__(self) -> str:
        return self.failed or f"{self.clock:.2f} s {self.cpu:.2f} s {self.read:.0f} MB {self.memory:.0f} MB"


def heavy(days: int) -> Mapping[str, Ask]:
    """The twenty that read most: those without a rollup, and those that hold something of each person or trace."""
    period = Period(NOW - timedelta(days=days), NOW)
    scope, utc = Scope(period), ZoneInfo("UTC")
    by_day, by_week = calendar.calendar(period, "day", utc), calendar.calendar(period, "week", utc)
    steps = Definition(tuple(Step(name) for name in ("$pageview", "signup", "paid")))
    seen: dict[str, Any] = {"event": "$pageview", "scope": scope, "calendar": by_day}
    paid = search.parse("paid", now=NOW)
    (tag,) = search.parse("customer:c77", now=NOW).terms
    free, shares = ("route", "device", "release"), (0.5, 0.75, 0.95)
    return {
        "errors: trend": lambda p: error_trend(p, period=period),
        "errors: facets of all tags": lambda p: tag_facets(p, period=period),  # every tag of every error
        "errors: search for a tag": lambda p: groups_matching(p, tag, start=period.start, end=period.end, now=NOW),
        "releases: errors by release": lambda p: events_per_release(p, period=period),
        "releases: health": lambda p: release_health(p, period=period),  # the last update of each session
        "performance: by three columns": lambda p: percentiles(
            p, fact="requests", by=free, shares=shares, period=period
        ),
        "performance: by host": lambda p: request_cut(p, by="host", period=period),
        "vitals: LCP by three columns": lambda p: percentiles(  # the last report of each page
            p, fact="vitals", by=free, shares=shares, period=period, where={"metric": "LCP"}
        ),
        "vitals: LCP by browser": lambda p: vital_cut(p, by="browser", metric="LCP", period=period),
        "logs: lines with a word": lambda p: log_lines(p, period=period, search=paid),
        "logs: volume of a word": lambda p: log_volume(p, period=period, now=NOW, search=paid),
        "logs: patterns": lambda p: log_patterns(p, period=period, search=search.parse("", now=NOW)),  # every text
        "traces: the slowest": lambda p: trace_list.trace_list(  # every span, by its trace
            p, asked=trace_list.Asked(), period=period, order="slowest"
        ),
        "traces: services": lambda p: trace_list.service_names(p, period=period),
        "product: daily people": lambda p: trends.trends(p, measure="people", **seen),
        "product: trend by property": lambda p: trends.trends(p, by="properties.plan", **seen),
        "product: funnel of 3": lambda p: funnels.funnels(p, definition=steps, scope=scope),
        "product: journeys": lambda p: journeys.journeys(p, scope=scope),
        "product: cohorts by week": lambda p: cohorts.cohorts(
            p, begin="*", again="*", scope=scope, calendar=by_week
        ),
        "product: visits, walked": lambda p: web.web(p, period=period, with_bots=True),
    }  # fmt: skip


def from_rollups(days: int) -> Mapping[str, Ask]:
    month, day = Period(NOW - timedelta(days=days), NOW), Period(NOW - timedelta(days=1), NOW)
    return {
        "overview, 24 hours": lambda p: overview(p, period=day, now=NOW),
        f"overview, {days} days": lambda p: overview(p, period=month, now=NOW),
        f"endpoints, {days} days": lambda p: endpoints(p, period=month, now=NOW),
        f"rates and durations, {days} days": lambda p: request_rates(p, period=month, now=NOW),
        f"latency heatmap, {days} days": lambda p: latency_heatmap(p, period=month, now=NOW),
        f"web vitals, {days} days": lambda p: vitals(p, period=month, now=NOW),
    }


def prepare(size: int, *, days: int) -> Project:
    """A project with facts of `days` days before NOW, and its rollups."""
    project = Project.objects.create(slug=f"of-{size}", name=f"{size}")
    began = time.monotonic()
    for fact, share in SHARES.items():
        some = int(size * share)
        if fact == "events":
            events.generate(project, events=some, days=days)
            continue
        for age in range(1, days + 1):
            day = (NOW - timedelta(days=age)).date()
            drawn = drawing.draw(project, fact, rows=some // days, day=day, now=NOW, release=(days - age) // 7)
            segments.announce([drawn])
    drawn_in, began = time.monotonic() - began, time.process_time()
    filling.declare(now=NOW)
    while FactChange.objects.filter(project=project).exists():
        filling.roll_up(now=NOW, seconds=600, project_id=project.pk)
    held = Segment.objects.filter(project=project).aggregate(rows=Sum("rows"), held=Sum("bytes"))
    print(
        f"{held['rows']:,} facts, {held['held'] / 1e6:,.0f} MB, made in {drawn_in:.0f} s;"
        f" rolled up in {time.process_time() - began:.0f} s of a core", flush=True,
    )  # fmt: skip
    return project


def apart(work: Callable[[], Any], *, seconds: float | None = None) -> Any:
    """What `work` returns in a process of its own, or None where that died or took too long.

    This process starts neither engine, or those that it forks would lack their threads.
    """
    connections.close_all()
    ways = multiprocessing.get_context("fork")
    here, there = ways.Pipe(duplex=False)
    child = ways.Process(target=lambda: there.send(work()))
    child.start()
    there.close()
    try:
        return here.recv() if here.poll(seconds) else None
    except EOFError:
        return None
    finally:
        child.kill()
        child.join()


def measured(engine: str, ask: Ask, project: Project) -> Cost:
    """What one question costs, asked for the second time."""
    return apart(lambda: _asked(engine, ask, project), seconds=3 * CUT) or Cost(failed=f"none in {3 * CUT} s")


def _asked(engine: str, ask: Ask, project: Project) -> Cost:
    if engine == "chdb":
        reading.ENGINES["duckdb"] = ClickHouseEngine(Counted())
    try:
        ask(project)
        return _once(ask, project)
    except QueryTimeout:
        return Cost(failed=f"> {CUT} s")
    except QueryTooLarge:
        return Cost(failed="too large")
    except Exception as error:
        print(f"  {engine}: {str(error)[:300]}", flush=True)
        return Cost(failed=type(error).__name__)


class Counted(ChdbTransport):
    """Reads files by calls, which the system counts, not as memory."""

    def ask(self, sql: str, *, limits: Mapping[str, Any], **more: Any) -> Iterator[Any]:
        return super().ask(sql, limits={**limits, "storage_file_read_method": "'pread'"}, **more)


def _once(ask: Ask, project: Project) -> Cost:
    Path("/proc/self/clear_refs").write_text("5")  # the peak of memory begins anew
    had, read = _status("VmRSS"), _bytes_read()
    clock, cpu = time.perf_counter(), time.process_time()
    ask(project)
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    return Cost(clock, cpu, (_bytes_read() - read) / 1e6, (_status("VmHWM") - had) / 1e3)


def _status(name: str) -> int:
    """kB, as the kernel counts them of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(f"{name}:")))


def _bytes_read() -> int:
    """By calls, whether the disk or the cache of the system had them."""
    return int(Path("/proc/self/io").read_text().split()[1])


def exponent(sizes: list[int], costs: list[Cost]) -> str:
    """How CPU grows between the last two sizes that were answered."""
    answered = [(size, cost.cpu) for size, cost in zip(sizes, costs, strict=True) if not cost.failed and cost.cpu]
    if len(answered) < 2:
        return ""
    (small, before), (large, after) = answered[-2:]
    return f"{math.log(after / before) / math.log(large / small):.2f}"


def ask_all(projects: dict[int, Project], *, days: int, engines: list[str]) -> None:
    sizes = list(projects)
    print(f"\n{'clock, CPU, read, memory':44}" + "".join(f"{size:>30,}" for size in sizes) + "  exponent")
    for name, ask in heavy(days).items():
        for engine in engines:
            costs = []
            for project in projects.values():
                is_cut = costs and costs[-1].failed
                costs.append(costs[-1] if is_cut else measured(engine, ask, project))
            cells = "".join(f"{cost!s:>30}" for cost in costs)
            print(f"{name:36}{engine:8}{cells}{exponent(sizes, costs):>10}", flush=True)


def ask_rollups(projects: dict[int, Project], *, days: int) -> list[str]:
    """Print what pages from rollups cost; return those that grow more than FLAT times."""
    print(f"\n{'ms of CPU, from rollups':44}" + "".join(f"{size:>30,}" for size in projects) + f"  aim <= {FLAT}x")
    missed = []
    for name, ask in from_rollups(days).items():
        spent: dict[int, list[float]] = {size: [] for size in projects}
        for turn in range(ROUNDS + 1):  # sizes in turns, so that what else the machine does meets them alike
            for size, project in projects.items():
                start = time.process_time()
                ask(project)
                spent[size] += [(time.process_time() - start) * 1000] * bool(turn)
        took = [statistics.median(one) for one in spent.values()]
        grown = took[-1] / took[0]
        missed += [name] * (grown > FLAT)
        print(f"{name:44}" + "".join(f"{one:30.1f}" for one in took) + f"{grown:9.2f}x{'  MISSED' * (grown > FLAT)}")
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1m,10m,100m")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--engines", default="duckdb,chdb")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--check", action="store_true", help="Fail when a page from rollups grows.")
    options = parser.parse_args()
    sizes = sorted(map(events.number, options.sizes.split(",")))
    if options.short:
        sizes, options.days = [20_000, 200_000], 2
    empty()
    projects = {size: apart(partial(prepare, size, days=options.days)) for size in sizes}
    missed = apart(partial(ask_rollups, projects, days=options.days))
    ask_all(projects, days=options.days, engines=options.engines.split(","))
    print(
        f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}" + (f"; MISSED: {', '.join(missed)}" * bool(missed))
    )
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
