"""The tick of routing: groups that are due say what they have to, and who comes next is told when nobody came."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction

from alerts.models import Notice, NoticeGroup
from alerts.routing import escalation, telling
from alerts.routing.telling import Desk

logger = logging.getLogger(__name__)

# When a group that could not be told is tried again, and how long one that is empty is kept.
LATER, KEPT = timedelta(minutes=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one tick did."""

    groups: int = 0
    escalated: int = 0


def run(*, now: datetime, seconds: float = 20.0) -> Ticked:
    """Look at every group that is due, then at what nobody acknowledged, until nothing is due or the time is up."""
    deadline, groups, escalated = time.monotonic() + seconds, 0, 0
    while time.monotonic() < deadline and _next_group(now=now):
        groups += 1
    while time.monotonic() < deadline and (steps := _next_escalation(now=now)) is not None:
        escalated += steps
    return Ticked(groups, escalated)


def forget(*, now: datetime) -> int:
    """Delete groups that nothing has been in for KEPT; how many."""
    count, _ = NoticeGroup.objects.filter(memberships=None, look_at=None, looked_at__lt=now - KEPT).delete()
    return count


@transaction.atomic
def _next_group(*, now: datetime) -> bool:
    """Let one group that is due speak; whether there was one."""
    due = (
        NoticeGroup.objects.filter(look_at__lte=now, project__deleted_at=None)
        .order_by("look_at")
        .select_related("project")
    )
    group = due.select_for_update(no_key=True, skip_locked=True, of=("self",)).first()
    if group is None:
        return False
    try:
        with transaction.atomic():
            desk = Desk(group.project, now)
            telling.look_at(NoticeGroup.objects.filter(pk=group.pk), desk)
            telling.send(desk)
    except DatabaseError:
        raise
    except Exception as problem:  # one that cannot be told must not stop those behind it
        logger.warning("The group %s cannot be told: %s", group.pk, type(problem).__name__, exc_info=True)
        NoticeGroup.objects.filter(pk=group.pk).update(look_at=now + LATER)
    return True


@transaction.atomic
def _next_escalation(*, now: datetime) -> int | None:
    """Take the steps that are due of one notice; how many, None where none is due."""
    due = Notice.objects.filter(escalates_at__lte=now, project__deleted_at=None).order_by("escalates_at")
    locked = due.select_for_update(no_key=True, skip_locked=True, of=("self",)).select_related("project", "alert")
    notice = locked.first()
    if notice is None:
        return None
    desk = Desk(notice.project, now)
    taken = escalation.take(notice, desk)
    telling.send(desk)
    return taken
