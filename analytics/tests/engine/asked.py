"""Every question of the product, each with what it may be asked with; and who asked what, with which answer."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pyarrow as pa

from analytics.engine.contract import Engine, Facts, Parameters, Wanted
from analytics.periods import Period
from analytics.questions.errors import error_events, error_trend, groups_matching, issue_counts, issue_facts, tag_facets
from analytics.questions.logs import log_lines, log_patterns, log_volume
from analytics.questions.performance import (
    cuts,
    endpoint_detail,
    percentiles,
    query_detail,
    slow_queries,
    statements,
)
from analytics.questions.persons import timeline
from analytics.questions.product import (
    actions,
    acts,
    calendar,
    cohorts,
    features,
    funnel_attempts,
    funnel_losses,
    funnels,
    journeys,
    known,
    trends,
    web,
)
from analytics.questions.releases import events_per_release, release_health
from analytics.questions.security import security_events
from analytics.questions.traces import trace, trace_errors, trace_list
from analytics.questions.variants import experiments, flag_outcomes
from analytics.questions.visits import keeping
from analytics.questions.vitals import cuts as vital_cuts
from analytics.questions.vitals import vitals
from analytics.questions.watched import conversions, issue_events, log_matches, variants
from analytics.rollups import filling
from analytics.rollups.declared import ROLLUPS
from analytics.rollups.reading import minute_of
from analytics.tests.engine.world import FLAG, PEOPLE, SPAN, TEXTS
from events.issues import search
from events.models import Segment
from events.tests.cast import NOW

ROOT = Path(__file__).parents[3]
APPS = ("events", "analytics", "alerts", "dashboard")
VERBS = ("ask", "table", "stream", "batches")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PERIOD = Period(NOW - SPAN + HOUR, NOW)
SCOPE = acts.Scope(PERIOD)
ZONE = ZoneInfo("Europe/Berlin")
GROUPS = [UUID(hash_) for hash_ in TEXTS["group_hash"][:3]]
TRACES = TEXTS["trace_id"][:-1]
ACTION = {"bought": (acts.Match(event="paid"), acts.Match(text="Buy", selector="div#box > button.primary")),
          "seen": (acts.Match(page="/b*"), acts.Match(where={"properties.plan": ("team", "2")}))}  # fmt: skip


def _terms(text: str) -> Any:
    return search.parse(text, now=NOW)


def _days(unit: str = "day") -> calendar.Calendar:
    return calendar.calendar(PERIOD, unit, ZONE)


def _funnel(*events: str, **more: Any) -> funnel_attempts.Definition:
    return funnel_attempts.Definition(tuple(funnel_attempts.Step(event) for event in events), within=DAY, **more)


def _errors(project: Any) -> Iterator[Any]:
    about = {"period": PERIOD}
    for groups, environment in ((None, ""), (GROUPS, "production")):
        both = {**about, "groups": groups, "environment": environment}
        yield error_events.error_events(project, **both)
        yield error_events.error_events(project, **both, level="error", release="web@1.0.0", handled=True, page=2)
        yield error_trend.error_trend(project, **both, step=HOUR)
        yield events_per_release.events_per_release(project, **both)
        yield tag_facets.tag_facets(project, **both)
        yield tag_facets.tag_facets(project, **both, tags=["plan"], top=1, newest=50)
    of_issues = {group: n % 2 for n, group in enumerate(GROUPS)}
    for environment in ("", "production"):
        yield issue_counts.issue_counts(project, groups=of_issues, period=PERIOD, environment=environment)
        yield issue_counts.issue_totals(project, groups=of_issues, period=PERIOD, environment=environment)
        yield issue_counts.issue_trends(project, groups=of_issues, period=PERIOD, environment=environment)
    page = issue_facts.issue_facts(project, groups=GROUPS, period=PERIOD, size=10)
    yield page
    for row in page.rows[3:4]:
        yield issue_facts.issue_facts(project, groups=GROUPS, period=PERIOD, size=10, before=row.position)
        yield issue_facts.neighbours(project, groups=GROUPS, period=PERIOD, of=row.position)
    for text in ("has:plan", "plan:te*", "release:web@1.0.0", "!browser:Firefox"):
        for term in _terms(text).terms:
            yield groups_matching.groups_matching(project, term, start=PERIOD.start, end=None, now=NOW)
    for of_users in (True, False):
        yield issue_events.frequency(
            project, of_users=of_users, search=_terms(""), where={"environment": ["production"]}, period=PERIOD,
            step=HOUR, now=NOW,
        )  # fmt: skip


def _health(project: Any) -> Iterator[Any]:
    for environment in ("", "production"):
        yield release_health.release_health(project, period=PERIOD, environment=environment, most=4)
        yield release_health.health_trend(project, period=PERIOD, environment=environment)
    yield release_health.health_trend(project, period=PERIOD, release="web@1.0.0", step=DAY)


def _performance(project: Any) -> Iterator[Any]:
    about = {"period": PERIOD, "now": NOW}
    for environment in ("", "production"):
        yield slow_queries.loops(project, period=PERIOD, environment=environment)
        yield slow_queries.slow_queries(project, **about, environment=environment)
        yield endpoint_detail.endpoint_detail(project, route="GET /items", **about, environment=environment)
        yield query_detail.query_detail(
            project, fingerprint=TEXTS["fingerprint"][0], **about, environment=environment
        )  # fmt: skip
    for fact in ("requests", "vitals"):
        yield percentiles.percentiles(
            project, fact=fact, by=["route", "device"], shares=[0.5, 0.9, 0.99], period=PERIOD
        )
    yield percentiles.percentiles(
        project, fact="requests", by=["route"], shares=[0.75], period=PERIOD, where={"environment": "production"}
    )
    yield security_events.security_events(project, **about)
    yield statements.statements(project, text="A", period=PERIOD)
    for by in ("country", "release"):
        yield cuts.request_cut(project, by=by, period=PERIOD, where={"device": "mobile"})
        yield vital_cuts.vital_cut(project, by=by, metric="LCP", period=PERIOD)
    for metric in ("LCP", "CLS"):
        yield vitals.culprits(project, metric=metric, period=PERIOD, where={"route": "GET /items"})
        yield vitals.countries(project, metric=metric, period=PERIOD, where={"device": "mobile"}, q=0.9)


def _traces(project: Any) -> Iterator[Any]:
    for trace_id in TRACES[:3]:
        yield trace.trace(project, trace_id=trace_id, period=PERIOD)
    yield trace_errors.trace_errors(project, TRACES, period=PERIOD)
    yield trace_list.service_names(project, period=PERIOD)
    for order in ("newest", "slowest"):
        yield trace_list.trace_list(project, asked=trace_list.Asked(), period=PERIOD, order=order)


def _logs(project: Any) -> Iterator[Any]:
    for text in ("", "paid", "pay*failed", '"100% failed"', "1_0", "level:error order.id:3", "!has:trace", "straße"):
        about = {"period": PERIOD, "search": _terms(text)}
        yield log_lines.log_lines(project, **about, size=20)
        yield log_volume.log_volume(project, **about, now=NOW)
        yield log_patterns.log_patterns(project, **about)
        yield log_matches.matching(project, **about, step=HOUR, where={"level": ["error", ""]}, group_by=["host"])
    page = log_lines.log_lines(project, period=PERIOD, search=_terms(""), size=20)
    for line in page.lines[7:8]:
        yield log_lines.log_context(project, of=line.position)
    yield log_lines.log_tail(project, since=PERIOD.start, now=NOW, search=_terms("level:error"))


def _persons(project: Any) -> Iterator[Any]:
    yield timeline.of_visitors(project, PEOPLE[:5], period=PERIOD)
    yield timeline.of_visitors(project, PEOPLE[:9], period=PERIOD, environment="production", page=2)
    yield timeline.of_group(project, "company", "acme", period=PERIOD)


def _trends(project: Any) -> Iterator[Any]:
    for measure in trends.MEASURES:
        for by in ("", "country", "properties.plan"):
            yield trends.trends(
                project, event="*", scope=SCOPE, calendar=_days(), measure=measure, of="properties.amount", by=by,
                most=2, with_people=measure in ("total", "visits"),
            )  # fmt: skip
    where = acts.Scope(PERIOD, environment="production", where={"country": ("DE", "(none)")}, with_bots=True)
    yield trends.trends(project, event="/a", scope=where, calendar=_days("hour"), by="browser", shown=["b", "a", "zz"])
    for name in ACTION:
        of = acts.Scope(PERIOD, actions=ACTION)
        yield trends.trends(project, event=f"action:{name}", scope=of, calendar=_days("week"), measure="people")
    yield known.known_events(project, scope=SCOPE, with_people=True)
    yield actions.counted(project, ACTION, scope=SCOPE)


def _product(project: Any) -> Iterator[Any]:
    yield cohorts.cohorts(project, begin="$pageview", again="paid", scope=SCOPE, calendar=_days())
    yield cohorts.cohorts(project, begin="*", again="*", scope=SCOPE, calendar=_days(), times="recurring")
    yield features.features(project, events=["paid", "/a"], scope=SCOPE, calendar=_days())
    for kind in journeys.KINDS:
        yield journeys.journeys(project, scope=SCOPE, kind=kind, most=8, with_people=True)
    yield journeys.journeys(project, scope=SCOPE, begin="/a", end="paid", stations=4)
    lists = ("source", "entry", "exit", "page", "country", "event")
    yield web.web(project, period=PERIOD, lists=lists)
    yield web.web(
        project, period=PERIOD, lists=("page",), where={"device": "mobile", "source": "(none)"}, with_bots=True
    )


def _visits(project: Any) -> Iterator[Any]:
    """Days are made by the engine that is asked, and read by it."""
    Segment.objects.filter(project=project, fact__in=("visits", "presence")).delete()
    Segment.objects.filter(project=project, fact="events").update(created_at=NOW)
    yield keeping.keep(now=NOW + HOUR, seconds=600, project_id=project.pk)
    whole = Period(PERIOD.start - DAY, NOW)
    for where in ({}, {"country": "DE"}, {"page": "/a", "source": "(none)"}, {"event": "paid"}):
        yield web.web(project, period=whole, lists=("source", "entry", "page", "country", "event"), where=where)
    about = {
        "scope": acts.Scope(whole, where={"country": ["DE", "(none)"]}),
        "calendar": calendar.calendar(whole, "day", ZONE),
    }
    for name in ("*", "paid", "$pageview"):
        yield trends.trends(project, event=name, measure="people", **about)
        yield trends.trends(project, event=name, by="device", **about)
    yield cohorts.cohorts(project, begin="*", again="paid", **about)


def _funnels(project: Any) -> Iterator[Any]:
    for order in funnel_attempts.ORDERS:
        definition = _funnel("$pageview", "basket", "paid", order=order)
        yield funnels.funnels(project, definition=definition, scope=SCOPE)
        yield funnels.funnels(project, definition=definition, scope=SCOPE, by="properties.plan", touch="last")
    yield funnels.funnels(
        project, definition=_funnel("/a", "paid", exclusions=(funnel_attempts.Exclusion("signup", 1, 2),)), scope=SCOPE
    )
    yield funnel_losses.losses(project, definition=_funnel("basket", "paid"), scope=SCOPE)


def _variants(project: Any) -> Iterator[Any]:
    yield experiments.exposed(project.pk, FLAG, period=PERIOD)
    for kind in ("conversion", "mean", "ratio", "errors", "slow"):
        measure = experiments.Measure(kind, DAY, event="paid", property="amount", over_event="basket")
        yield experiments.measured(project.pk, FLAG, measure, period=PERIOD, now=NOW)
    yield flag_outcomes.outcomes(project.pk, FLAG, period=PERIOD)
    yield variants.variants(project.pk, FLAG, "control", "paid", within=HOUR, period=PERIOD)
    about = {"within": HOUR, "period": PERIOD}
    yield conversions.conversions(project.pk, "basket", "paid", **about)
    yield conversions.conversions(project.pk, "/a", "paid", **about, where={"country": ["DE", ""]}, group_by=["device"])


def _rollups(project: Any) -> Iterator[Any]:
    start = minute_of(NOW - timedelta(minutes=90))
    for rollup in ROLLUPS.values():
        cells = filling.count(project.pk, rollup, range(start, start + 60))
        found = cells.measures()
        yield {(at, labels): (one.count, one.total, dict(one.histogram.counts)) for (at, labels), one in found.items()}
    for fact in filling.KEYS:
        yield filling._reported_again(project.pk, fact, set(range(start, start + 30)))


def _exports(project: Any) -> Iterator[Any]:
    from analytics import engine

    # What `manage.py export` asks, which lies to the right of this app: dashboard/exports/datasets.py.
    for fact in ("errors", "metrics", "events"):
        with engine.read(project.pk, {fact: PERIOD}) as facts:
            sql = f'SELECT * FROM {fact} e WHERE e.release = $release ORDER BY e."at"'
            found = facts.batches(sql, {"release": "web@1.0.0"})
            yield [row for batch in found for row in batch.to_pylist()]


QUESTIONS: dict[str, Callable[[Any], Iterator[Any]]] = {
    "errors": _errors, "release health": _health, "performance": _performance, "traces": _traces, "logs": _logs,
    "persons": _persons, "trends": _trends, "product": _product, "visits": _visits, "funnels": _funnels,
    "variants": _variants, "rollups": _rollups, "exports": _exports,
}  # fmt: skip


@dataclass
class Seen:
    """Which places of the product asked, and what they were answered."""

    engine: Engine
    places: set[tuple[str, str]] = field(default_factory=set)
    answers: list[tuple[str, str, list[dict[str, Any]]]] = field(default_factory=list)

    @contextmanager
    def read(self, project_id: int, wanted: Wanted, *, with_persons: bool = False) -> Iterator[Facts]:
        with self.engine.read(project_id, wanted, with_persons=with_persons) as facts:
            yield Watched(facts, self)


@dataclass
class Watched:
    facts: Facts
    seen: Seen

    def ask(self, sql: str, parameters: Parameters | None = None) -> list[dict[str, Any]]:
        return self._noted(sql, self.facts.ask(sql, parameters))

    def table(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        found = self.facts.table(sql, parameters)
        self._noted(sql, found.to_pylist())
        return found

    def stream(self, sql: str, parameters: Parameters | None = None) -> Iterator[pa.RecordBatch]:
        found = list(self.facts.stream(sql, parameters))
        self._noted(sql, [row for batch in found for row in batch.to_pylist()])
        return iter(found)

    def batches(self, sql: str, parameters: Parameters | None = None) -> Iterator[pa.RecordBatch]:
        return self.facts.batches(sql, parameters)

    def _noted(self, sql: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        code = sys._getframe(2).f_code
        place = (Path(code.co_filename).relative_to(ROOT).as_posix(), code.co_qualname.partition(".<locals>")[0])
        self.seen.places.add(place)
        self.seen.answers.append((place[0], sql, rows))
        return rows


def places() -> Iterator[tuple[str, str]]:
    """Yield each function of the product that asks facts something: its file and its name."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "/tests/" in name or name.startswith("analytics/engine/"):
                continue
            tree = ast.parse(path.read_text())
            for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
                if any(map(_asks, ast.walk(function))):
                    yield name, function.name


def _asks(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in VERBS
        and isinstance(node.func.value, ast.Name) and node.func.value.id == "facts"
    )  # fmt: skip
