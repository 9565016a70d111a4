"""The numbers of issues and sessions on top of the overview, each with its way to the evidence."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet
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
class Unresolved:
    """How many issues are open, whenever they were seen, and how many of those came back."""

    open_count: int
    regressed: int


def unresolved(project: Project) -> Unresolved:
    """The open issues of a project, counted at once."""
    counted = _open(project).aggregate(open_count=Count("pk"), regressed=Count("pk", filter=Q(is_regressed=True)))
    return Unresolved(**counted)


def overview(project: Project, state: State, found: Overview, against: Compared, *, left: Unresolved) -> list[Tile]:
    """The tiles of errors, sessions and issues; `left` are the issues that are open."""
    listed = reverse("dashboard:issue-list", args=[project.slug])
    query = f"&{state.query}" if state.query else ""
    return [
        _crash_free(project, state, found.crash_free, against),
        measures.tile(
            "Errors", formatting.rate(found.errors.value), found.errors.comparison,
            url=f"{listed}?sort=trend{query}", points=found.errors.trend, against=against,
        ),
        _new_issues(project, state, against, url=f"{listed}?query=&sort=first_seen{query}"),
        Tile(
            "Open issues", formatting.compact(left.open_count), "unresolved", "",
            f"{listed}?query=is%3Aunresolved&from=-90d",
        ),
        Tile(
            "Regressions", formatting.compact(left.regressed), "came back after resolving",
            "bad" if left.regressed else "",
            f"{listed}?query=is%3Aregressed&from=-90d",
        ),
    ]  # fmt: skip


def _open(project: Project) -> QuerySet[Issue]:
    return Issue.objects.filter(project=project, status=Issue.Status.UNRESOLVED)


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


def _new_issues(project: Project, state: State, against: Compared, *, url: str) -> Tile:
    """The issues first seen in the period, whatever became of them: of those before, more are resolved by now."""

    def first_seen(period: Period) -> int:
        found = Issue.objects.filter(project=project)
        return found.filter(first_seen_at__gte=period.start, first_seen_at__lt=period.end).count()

    after, before = against.baseline.after, against.baseline.before
    count = first_seen(Period(state.start, state.end))
    of_after, earlier = (first_seen(after) if against.baseline.release else count), first_seen(before)
    # Both numbers say more than the ratio of so few.
    said = f"{earlier or 'none'} {against.before}"
    if against.baseline.release:
        said = f"{of_after} {against.during}, {earlier or 'none'} in as long before"
    direction = comparisons.of_counts(of_after, earlier)
    verdict = {1: "clearly more", -1: "clearly fewer"}.get(direction, "no clear change")
    tone = {1: "bad", -1: "good"}.get(direction, "")
    sign = measures.arrow(direction) if earlier or of_after else ""
    return Tile(
        "New issues", formatting.compact(count), said, tone, url, sign=sign,
        sentence=f"{said}, {verdict}" if sign else "",
    )  # fmt: skip
