"""The numbers on top of the overview, each with its way to the evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from analytics import periods, rollups
from analytics.engine import EngineError
from analytics.periods import Period
from analytics.queries import release_health
from dashboard import cards, words
from dashboard.cards import Card
from dashboard.state import State
from events.models import Issue, Project

_POINTS = 24


@dataclass(frozen=True, slots=True)
class Tile:
    """One number. `tone` is good, bad, warn or nothing; `delta` compares with the period before, in words."""

    name: str
    value: str
    delta: str
    tone: str
    url: str
    points: Sequence[float]


def overview(project: Project, state: State, *, now: datetime) -> list[Tile]:
    """The tiles that today's tables can fill."""
    listed = reverse("dashboard:issue-list", args=[project.slug])
    query = f"&{state.query}" if state.query else ""
    points, before = _errors(project, state, now=now)
    errors = sum(points)
    unresolved = Issue.objects.filter(project=project, status=Issue.Status.UNRESOLVED)
    new = unresolved.filter(first_seen_at__gte=state.start, first_seen_at__lt=state.end).count()
    regressed = unresolved.filter(is_regressed=True).count()
    minutes = max(1.0, state.length.total_seconds() / 60)
    return [
        _crash_free(project, state),
        Tile("Errors", words.compact(errors), *change(errors, before, state), f"{listed}?{query[1:]}", points),
        Tile(
            "Errors / min",
            words.compact(errors / minutes),
            "over the period",
            "",
            f"{listed}?sort=trend{query}",
            points,
        ),
        Tile(
            "New issues",
            words.compact(new),
            "first seen in the period",
            "bad" if new else "good",
            f"{listed}?query=is%3Anew&sort=first_seen{query}",
            (),
        ),
        Tile(
            "Open issues",
            words.compact(unresolved.count()),
            "unresolved",
            "",
            f"{listed}?query=is%3Aunresolved&from=-90d",
            (),
        ),
        Tile(
            "Regressions",
            words.compact(regressed),
            "came back after resolving",
            "bad" if regressed else "good",
            f"{listed}?query=is%3Aregressed&from=-90d",
            (),
        ),
    ]


def overview_cards(project: Project, state: State) -> list[Card]:
    """The charts of the overview, widest first."""
    return [
        cards.card(project, name, state=state, width=width)
        for name, width in (("errors", "two"), ("crash_free", ""))
        if name in cards.CHARTS
    ]


def change(value: float, before: float, state: State, *, fewer_is_better: bool = True) -> tuple[str, str]:
    """(`-18 % vs previous 24 h`, tone); no percentage of nothing."""
    against = (
        f"vs previous {state.label.removeprefix('Last ')}" if state.label.startswith("Last") else "vs the period before"
    )
    if not before:
        return (f"none {against.replace('vs', 'in')}" if value else "none before either"), ""
    share = (value - before) / before
    if abs(share) < 0.005:
        return f"same {against}", ""
    tone = "good" if (share < 0) == fewer_is_better else ("warn" if abs(share) < 1 else "bad")
    return f"{share:+.0%} {against}".replace("-", "−"), tone


def _crash_free(project: Project, state: State) -> Tile:
    url = f"{reverse('dashboard:release-list', args=[project.slug])}?{state.query}"
    try:
        trend = release_health.health_trend(
            project, period=Period(state.start, state.end), environment=state.environment
        )
    except EngineError:
        return Tile("Crash-free sessions", "–", "facts could not be read", "warn", url, ())
    sessions = sum(health.sessions for health in trend.health)
    crashed = sum(health.crashed for health in trend.health)
    share = 1 - crashed / sessions if sessions else None
    tone = "" if share is None else "good" if share >= 0.995 else "warn" if share >= 0.98 else "bad"
    said = f"of {words.compact(sessions)} sessions" if sessions else "no sessions were sent"
    shares = [health.crash_free_sessions for health in trend.health]
    return Tile(
        "Crash-free sessions", words.percent(share), said, tone, url, [one for one in shares if one is not None]
    )


def _errors(project: Project, state: State, *, now: datetime) -> tuple[list[int], int]:
    """Errors in each of at most `_POINTS` + 1 steps of the period, and in the whole period before."""
    period = Period(state.start, state.end)
    step = periods.step_for(period, most=_POINTS)
    where = rollups.only(environment=state.environment)
    found = rollups.read(project.pk, "errors", period=period, step=step, now=now)
    before = rollups.read(project.pk, "errors", period=period.previous(), now=now)
    steps = rollups.along(periods.buckets(period, step), found.by(step=step // timedelta(minutes=1), where=where))
    return [one.count for one in steps], before.by(where=where).at_once().count
