"""The housekeeping of incidents, one a transaction: what ended unheard, what else moved, what freezes."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F, Q
from django.urls import reverse

from alerts.incidents import following, suspects, timeline
from alerts.models import Alert, Incident, IncidentAlert, MonitorState, ProbeState
from analytics.questions.incidents import moved
from events.models import Project

logger = logging.getLogger(__name__)

# What moved is looked for soon after the beginning and once more, when there is more to see.
FIRST, AGAIN = timedelta(minutes=2), timedelta(minutes=20)
LONGEST = timedelta(hours=2)
# A timeline is frozen before its first rows may go.
TRIED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Kept:
    """What one tick did."""

    ended: int = 0
    studied: int = 0
    frozen: int = 0


def run(*, now: datetime, seconds: float = 20.0) -> Kept:
    """Do what is due, until the time is up."""
    deadline = time.monotonic() + seconds
    ended = sum(_end(row, now=now) for row in _unheard())
    studied = frozen = 0
    for pk in _unstudied(now=now):
        if time.monotonic() < deadline:
            studied += study(pk, now=now)
    for pk in _unfrozen(now=now):
        if time.monotonic() < deadline:
            frozen += _freeze(pk, now=now)
    return Kept(ended, studied, frozen)


def _unheard() -> list[IncidentAlert]:
    """Alerts of open incidents that are on no more, though nothing said so: their rule was changed or deleted, say."""
    on = IncidentAlert.objects.filter(is_open=True, ended_at=None).select_related("incident")
    is_rule = Q(source=IncidentAlert.Source.RULE) & (Q(alert=None) | Q(alert__state=Alert.State.OK))
    is_monitor = Q(source=IncidentAlert.Source.MONITOR)
    is_monitor &= Q(monitor_state=None) | ~Q(monitor_state__status=MonitorState.Status.DOWN)
    down = ProbeState.objects.filter(status=ProbeState.Status.DOWN).values("probe_id")
    is_probe = Q(source=IncidentAlert.Source.PROBE) & ~Q(source_id__in=down)
    return list(on.filter(is_rule | is_monitor | is_probe).order_by("pk")[:500])


@transaction.atomic
def _end(row: IncidentAlert, *, now: datetime) -> bool:
    following.lock(row.incident.project_id)
    incident = Incident.objects.select_for_update().get(pk=row.incident_id)
    if not incident.alerts.filter(pk=row.pk, ended_at=None).update(ended_at=now):
        return False
    following.settle(incident, following.policy_of(incident.project_id), at=now)
    return True


def _unstudied(*, now: datetime) -> list[int]:
    never = Q(studied_at=None, began_at__lte=now - FIRST)
    once = Q(studied_at__lt=now - AGAIN, began_at__gt=now - 3 * AGAIN)
    found = Incident.objects.filter(never | once, began_at__gt=now - timedelta(days=1))
    return list(found.order_by("-began_at").values_list("pk", flat=True)[:20])


@transaction.atomic
def study(pk: int, *, now: datetime) -> bool:
    """Look for what changed before and for what else moved; what cannot be read is left out, and looked for no more."""
    incident = Incident.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
    if incident is None:
        return False
    incident.studied_at = now
    try:
        with transaction.atomic():
            incident.suspects = _suspects(incident, now=now)
            incident.moved = _moved(incident, now=now)
    except DatabaseError:
        raise
    except Exception as problem:
        logger.warning("The incident %s cannot be studied: %s", pk, type(problem).__name__, exc_info=True)
    incident.save(update_fields=["studied_at", "suspects", "moved"])
    return True


def _suspects(incident: Incident, *, now: datetime) -> list[dict[str, Any]]:
    """What its alerts found when they fired, each change once; else the changes before it began."""
    by_change: dict[tuple[str, str], dict[str, Any]] = {}
    for alert in incident.alerts.all():
        for one in alert.evidence.get("suspects") or ():
            mark = (one.get("flag") or one["release"], one["at"])
            if mark not in by_change or one["score"] > by_change[mark]["score"]:
                by_change[mark] = one
    if not by_change:
        return suspects.suspects(
            incident.project_id, breach=incident.began_at, until=now, now=now, environment=incident.environment
        )
    return sorted(by_change.values(), key=lambda one: -one["score"])[: suspects.MOST]


def _moved(incident: Incident, *, now: datetime) -> list[dict[str, Any]]:
    project = Project.objects.get(pk=incident.project_id)
    start = incident.began_at - timedelta(minutes=10)  # an alert fires a while after what it is about
    end = min(now, incident.resolved_at or now, start + LONGEST)
    found = moved.moved(project.pk, start=start, end=end, now=now, environment=incident.environment)
    return [{"kind": one.kind, "name": one.name, "words": one.words, "link": _link(project, one)} for one in found]


def _link(project: Project, one: moved.Moved) -> str:
    if one.issue_id is None:
        return ""
    return settings.OBS_PUBLIC_URL + reverse("dashboard:issue", args=[project.slug, one.issue_id])


def _unfrozen(*, now: datetime) -> list[int]:
    """Resolved an hour ago and more, for the first time or again."""
    over = Incident.objects.filter(
        state=Incident.State.RESOLVED, resolved_at__lte=now - timeline.AFTER, resolved_at__gt=now - TRIED
    )
    due = over.filter(Q(frozen_at=None) | Q(frozen_at__lt=F("resolved_at")))
    return list(due.order_by("resolved_at").values_list("pk", flat=True)[:50])


@transaction.atomic
def _freeze(pk: int, *, now: datetime) -> bool:
    locked = Incident.objects.select_for_update(skip_locked=True, of=("self",)).select_related("project")
    incident = locked.filter(pk=pk, state=Incident.State.RESOLVED).first()
    if incident is None:
        return False
    timeline.freeze(incident, now=now)
    return True
