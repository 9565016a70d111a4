"""Whether a deploy is healthy: what a pipeline waits for before it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q

from alerts.models import AlertTransition, Rule
from alerts.rules.standing import State
from analytics import rollups
from analytics.periods import Period
from analytics.questions.releases.releases_compared import releases_compared
from analytics.statistics.comparisons import Comparison
from events.models import Deploy
from events.releases import deploys

SEVERITIES = tuple(Rule.Severity.values)  # the mildest first
# A deploy is compared with what the release before it did in as long as this.
COMPARED = timedelta(days=1)


class Verdict(StrEnum):
    WAITING = "waiting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    TOO_LITTLE_TRAFFIC = "too_little_traffic"


@dataclass(frozen=True, slots=True)
class Demand:
    """What a pipeline asks for: how long it waits, how much traffic tells something, which alerts fail it."""

    wait: timedelta = timedelta(minutes=5)
    requests: int = 10
    severity: str = Rule.Severity.CRITICAL


@dataclass(frozen=True, slots=True)
class Fired:
    """One alert that began to fire since the deploy began."""

    rule: str
    severity: str
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of a deploy: whether it arrived, what fired since it began, what it answered since."""

    state: Deploy.State
    arrived_at: datetime | None
    fired: Sequence[Fired] = ()
    requests: int = 0
    failures: Comparison | None = None
    release_before: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    verdict: Verdict
    words: str
    signs: Signs


def decide(signs: Signs, demand: Demand, *, now: datetime) -> tuple[Verdict, str]:
    """The verdict with its reason. A bad sign is told at once, a good end after the wait."""
    if signs.state in (Deploy.State.FAILURE, Deploy.State.CANCELED):
        return Verdict.UNHEALTHY, f"The deploy itself {'failed' if signs.state == 'failure' else 'was canceled'}."
    if signs.fired:
        first = signs.fired[0]
        more = f" and {len(signs.fired) - 1} more" if len(signs.fired) > 1 else ""
        return Verdict.UNHEALTHY, f"{first.severity.capitalize()}: {first.rule} fires{more}: {first.words}"
    if signs.failures is not None and signs.failures.direction > 0:
        than = f" against {signs.release_before}" if signs.release_before else ""
        return Verdict.UNHEALTHY, f"Failed requests are {signs.failures.statement}{than}."
    if signs.arrived_at is None:
        return Verdict.WAITING, "It has not arrived yet."
    left = signs.arrived_at + demand.wait - now
    if left > timedelta(0):
        return Verdict.WAITING, f"Nothing bad so far; {-(-int(left.total_seconds()) // 60)} min to go."
    if signs.requests < demand.requests:
        return Verdict.TOO_LITTLE_TRAFFIC, f"{signs.requests} of {demand.requests} requests came: nothing can be said."
    return Verdict.HEALTHY, f"{signs.requests:,} requests, and nothing bad."


def health_of(deploy: Deploy, demand: Demand, *, now: datetime) -> Health:
    """What is known of a deploy now, and the verdict."""
    signs = signs_of(deploy, demand, now=now)
    return Health(*decide(signs, demand, now=now), signs)


def signs_of(deploy: Deploy, demand: Demand, *, now: datetime) -> Signs:
    state, arrived_at = Deploy.State(deploy.state), deploy.finished_at
    began_at = deploy.started_at or arrived_at or deploy.changed_at or now
    fired = tuple(_fired(deploy, demand.severity, since=min(began_at, arrived_at or began_at)))
    if arrived_at is None or state not in deploys.ARRIVED or arrived_at >= now:
        return Signs(state, arrived_at, fired)
    project, version = deploy.release.project, deploy.release.version
    since = Period(arrived_at, now)
    requests = rollups.read(project.pk, "requests", period=since, now=now)
    own = requests.by("release", where=rollups.only(environment=deploy.environment), is_counting=True).groups()
    found = own.get((version,))
    before = _release_before(deploy)
    compared = releases_compared(
        project, [(version, before)], period=Period(arrived_at - COMPARED, now), now=now,
        environment=deploy.environment,
    )[version]  # fmt: skip
    failures = compared.failures if before else None
    return Signs(state, arrived_at, fired, int(found.count) if found else 0, failures, before)


def _fired(deploy: Deploy, severity: str, *, since: datetime) -> list[Fired]:
    """What began to fire since then, of rules at least as severe, unless they watch another environment alone."""
    severe = SEVERITIES[SEVERITIES.index(severity) :]
    began = AlertTransition.objects.filter(
        alert__rule__project=deploy.release.project, alert__rule__severity__in=severe, at__gte=since, after=State.FIRING
    ).exclude(before=State.RECOVERING)
    here = Q(alert__labels__environment=deploy.environment) | ~Q(alert__labels__has_key="environment")
    found = began.filter(here).select_related("alert__rule").order_by("at")[:20]
    return [
        Fired(one.alert.rule.name, one.alert.rule.severity, one.words, one.at)
        for one in found
        if deploy.environment in one.alert.rule.where.get("environment", [deploy.environment])
    ]


def _release_before(deploy: Deploy) -> str:
    """The version that stood in this environment until then; "" where none is known."""
    earlier = Deploy.objects.filter(
        release__project=deploy.release.project, environment=deploy.environment, finished_at__lt=deploy.finished_at
    ).exclude(release=deploy.release)
    return earlier.order_by("-finished_at").values_list("release__version", flat=True).first() or ""
