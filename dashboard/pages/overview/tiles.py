"""The numbers of issues and sessions on top of the overview, each with its way to the evidence."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.urls import reverse

from analytics.periods import Period
from analytics.questions.overview import overview as query
from analytics.questions.overview.overview import Overview
from analytics.statistics import comparisons
from dashboard.charts import cards
from dashboard.charts.cards import Card
from dashboard.frame import formatting, measures
from dashboard.frame.comparison import Compared
from dashboard.frame.measures import Tile
from dashboard.frame.state import State
from events.models import Issue, Project


def numbers(project: Project, state: State, against: Compared, *, now: datetime) -> Overview:
    """The numbers of the period that `state` shows."""
    return query.overview(
        project,
        period=Period(state.start, state.end),
        now=now,
        environment=state.environment,
        baseline=against.baseline,
    )


@dataclass(frozen=True, slots=True)
class Issues:
    """How many issues are open, whenever they were seen, and how many of those came back; and how many were first seen
    in the period and in the two that are compared."""

    open_count: int
    regressed: int
    seen: int
    after: int
    before: int


def issues(project: Project, state: State, against: Compared) -> Issues:
    """The issues of a project, counted at once. Those first seen count whatever became of them: of those before, more
    are resolved by now."""

    def within(period: Period) -> Count:
        return Count("pk", filter=Q(first_seen_at__gte=period.start, first_seen_at__lt=period.end))

    is_open = Q(status=Issue.Status.UNRESOLVED)
    period, baseline = Period(state.start, state.end), against.baseline
    earliest = min(period.start, baseline.before.start, baseline.after.start)
    counted = Issue.objects.filter(is_open | Q(first_seen_at__gte=earliest), project=project).aggregate(
        open_count=Count("pk", filter=is_open),
        regressed=Count("pk", filter=is_open & Q(is_regressed=True)),
        seen=within(period),
        after=within(baseline.after if baseline.release else period),
        before=within(baseline.before),
    )
    return Issues(**counted)


def overview(project: Project, state: State, found: Overview, against: Compared, *, counted: Issues) -> list[Tile]:
    """The tiles of errors, sessions and issues, which were `counted`."""
    listed = reverse("dashboard:issue-list", args=[project.slug])
    query = f"&{state.query}" if state.query else ""
    return [
        _crash_free(project, state, found.crash_free, against),
        measures.tile(
            "Errors", formatting.rate(found.errors.value), found.errors.comparison,
            url=f"{listed}?sort=trend{query}", points=found.errors.trend, against=against,
        ),
        _new_issues(counted, against, url=f"{listed}?query=&sort=first_seen{query}"),
        Tile(
            "Open issues", formatting.compact(counted.open_count), "unresolved", "",
            f"{listed}?query=is%3Aunresolved&from=-90d",
        ),
        Tile(
            "Regressions", formatting.compact(counted.regressed), "came back after resolving",
            "bad" if counted.regressed else "",
            f"{listed}?query=is%3Aregressed&from=-90d",
        ),
    ]  # fmt: skip


def overview_cards(project: Project, state: State) -> list[Card]:
    """The charts of the overview, widest first."""
    return [
        cards.card(project, name, state=state, width=width)
        for name, width in (("errors", "two"), ("crash_free", ""))
        if name in cards.CHARTS
    ]


def _crash_free(project: Project, state: State, found: query.Tile, against: Compared) -> Tile:
    url = f"{reverse('dashboard:release-list', args=[project.slug])}?{state.query}"
    if found.value is None:
        return Tile("Crash-free sessions", "–", "no sessions were sent", "", url)
    return measures.tile(
        "Crash-free sessions", formatting.percent(found.value), found.comparison, url=url, points=found.trend,
        against=against, less_is_better=False,
    )  # fmt: skip


def _new_issues(counted: Issues, against: Compared, *, url: str) -> Tile:
    of_after, earlier = counted.after, counted.before
    # Both numbers say more than the ratio of so few.
    said = f"{earlier or 'none'} {against.before}"
    if against.baseline.release:
        said = f"{of_after} {against.during}, {earlier or 'none'} in as long before"
    direction = comparisons.of_counts(of_after, earlier)
    verdict = {1: "clearly more", -1: "clearly fewer"}.get(direction, "no clear change")
    tone = {1: "bad", -1: "good"}.get(direction, "")
    sign = measures.arrow(direction) if earlier or of_after else ""
    return Tile(
        "New issues", formatting.compact(counted.seen), said, tone, url, sign=sign,
        sentence=f"{said}, {verdict}" if sign else "",
    )  # fmt: skip
