"""The numbers of issues and sessions on top of the overview, each with its way to the evidence."""

from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse

from analytics.periods import Period
from analytics.questions.overview import overview as query
from analytics.questions.overview.overview import Overview
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


def overview(project: Project, state: State, found: Overview, against: Compared) -> list[Tile]:
    """The tiles of errors, sessions and issues."""
    listed = reverse("dashboard:issue-list", args=[project.slug])
    query = f"&{state.query}" if state.query else ""
    unresolved = Issue.objects.filter(project=project, status=Issue.Status.UNRESOLVED)
    regressed = unresolved.filter(is_regressed=True).count()
    return [
        _crash_free(project, state, found.crash_free, against),
        measures.tile(
            "Errors", formatting.rate(found.errors.value), found.errors.comparison,
            url=f"{listed}?sort=trend{query}", points=found.errors.trend, against=against,
        ),
        _new_issues(unresolved, state, against, url=f"{listed}?query=is%3Anew&sort=first_seen{query}"),
        Tile(
            "Open issues", formatting.compact(unresolved.count()), "unresolved", "",
            f"{listed}?query=is%3Aunresolved&from=-90d",
        ),
        Tile(
            "Regressions", formatting.compact(regressed), "came back after resolving", "bad" if regressed else "good",
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
    said, change_tone = measures.change(found.comparison, against=against, less_is_better=False)
    tone = "good" if found.value >= 0.995 else "warn" if found.value >= 0.98 else "bad"
    return Tile(
        "Crash-free sessions", formatting.percent(found.value), said, change_tone or tone, url,
        [one for one in found.trend if one is not None],
    )  # fmt: skip


def _new_issues(unresolved: QuerySet[Issue], state: State, against: Compared, *, url: str) -> Tile:
    def first_seen(period: Period) -> int:
        return unresolved.filter(first_seen_at__gte=period.start, first_seen_at__lt=period.end).count()

    after, before = against.baseline.after, against.baseline.before
    count = first_seen(Period(state.start, state.end))
    # Too few for an interval as a rule, and each one matters: both numbers say more than their ratio.
    earlier = first_seen(before) or "none"
    said = f"{earlier} {against.before}"
    if against.baseline.release:
        said = f"{first_seen(after)} {against.during}, {earlier} in as long before"
    return Tile("New issues", formatting.compact(count), said, "bad" if count else "good", url)


def has_data(found: Overview) -> bool:
    """Whether anything was received: without, nobody can say that all is well."""
    return any(tile.value for tile in (found.errors, found.throughput, found.p95, found.lcp, found.crash_free))
