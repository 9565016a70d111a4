"""What people publish: incidents with their updates, and planned maintenance, which the clock begins and ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from alerts.incidents.status import days, mails
from alerts.incidents.status.states import State
from alerts.models import Incident, StatusNotice, StatusPage, StatusUpdate
from events.accounts import audit

Kind, Status, Impact = StatusNotice.Kind, StatusNotice.Status, StatusNotice.Impact
OF_INCIDENT = (Status.INVESTIGATING, Status.IDENTIFIED, Status.MONITORING, Status.RESOLVED)
OF_MAINTENANCE = (Status.SCHEDULED, Status.IN_PROGRESS, Status.VERIFYING, Status.COMPLETED)
ENDS = (Status.RESOLVED, Status.COMPLETED)
LONGEST_BODY = 10_000
LONGEST_MAINTENANCE = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A notice as a person describes it; `components` are public ids with the state each is in meanwhile."""

    title: str
    body: str
    status: str = Status.INVESTIGATING
    impact: str = Impact.MINOR
    components: Mapping[str, str] = field(default_factory=dict)
    started_at: datetime | None = None
    incident: Incident | None = None
    scheduled_for: datetime | None = None
    scheduled_until: datetime | None = None


@transaction.atomic
def publish(page: StatusPage, wanted: Wanted, *, actor: Any, now: datetime) -> StatusNotice:
    """A new notice with its first update; a planned one where it has a beginning. Raises ValidationError, by field."""
    is_planned = wanted.scheduled_for is not None
    notice = StatusNotice(
        page=page, kind=Kind.MAINTENANCE if is_planned else Kind.INCIDENT, title=" ".join(wanted.title.split()),
        impact=Impact.MAINTENANCE if is_planned else wanted.impact, incident=wanted.incident,
        status=Status.SCHEDULED if is_planned else wanted.status, started_at=wanted.started_at or now,
        scheduled_for=wanted.scheduled_for, scheduled_until=wanted.scheduled_until, created_at=now, updated_at=now,
    )  # fmt: skip
    if is_planned:
        _check_plan(notice, now=now)
        notice.started_at = wanted.scheduled_for or now
    elif notice.started_at > now:
        raise ValidationError({"started_at": "It cannot have begun in the future; plan a maintenance instead."})
    notice.components = _components(page, wanted.components, is_planned=is_planned)
    notice.full_clean(exclude=["components"])
    notice.save()
    _update(notice, notice.status, wanted.body, {}, now=now)
    for component in page.components.filter(public_id__in=notice.components):
        component.page = page
        days.count(component, now=now, since=min(notice.started_at, now))
    audit.record("status.publish", actor=actor, project=page.project, obj=notice, now=now)
    return notice


@transaction.atomic
def update(
    notice: StatusNotice, *, status: str, body: str, components: Mapping[str, str] | None = None, actor: Any,
    now: datetime,
) -> StatusUpdate:  # fmt: skip
    """One more message. Raises ValidationError, by field."""
    locked = StatusNotice.objects.select_for_update(of=("self",)).select_related("page__project").get(pk=notice.pk)
    before = dict(locked.components)
    if components is not None:
        is_planned = locked.kind == Kind.MAINTENANCE
        locked.components = _components(locked.page, components, is_planned=is_planned)
    made = _update(locked, status, body, before, now=now)
    audit.record("status.post", actor=actor, project=locked.page.project, obj=locked, now=now)
    return made


@transaction.atomic
def delete(notice: StatusNotice, *, actor: Any, now: datetime) -> None:
    """As if it had never been published; mails that were sent stay sent."""
    audit.record("status.unpublish", actor=actor, project=notice.page.project, obj=notice, now=now)
    StatusPage.objects.filter(pk=notice.page_id).update(updated_at=now)
    notice.delete()


def tick(*, now: datetime) -> int:
    """Begin and end what was planned; how much."""
    planned = StatusNotice.objects.filter(kind=Kind.MAINTENANCE, ended_at=None, scheduled_for__lte=now)
    planned = planned.filter(page__project__deleted_at=None)
    return sum(_advance(pk, now=now) for pk in planned.order_by("pk").values_list("pk", flat=True)[:200])


@transaction.atomic
def _advance(pk: int, *, now: datetime) -> bool:
    locked = StatusNotice.objects.select_for_update(skip_locked=True, of=("self",)).select_related("page__project")
    notice = locked.filter(pk=pk, ended_at=None).first()
    if notice is None:
        return False
    if notice.scheduled_until is not None and notice.scheduled_until <= now:
        _update(notice, Status.COMPLETED, "The planned maintenance is over.", notice.components, now=now)
        return True
    if notice.status == Status.SCHEDULED:
        _update(notice, Status.IN_PROGRESS, "The planned maintenance has begun.", notice.components, now=now)
        return True
    return False


def _update(notice: StatusNotice, status: str, body: str, before: Mapping[str, str], *, now: datetime) -> StatusUpdate:
    allowed = OF_MAINTENANCE if notice.kind == Kind.MAINTENANCE else OF_INCIDENT
    if status not in allowed:
        raise ValidationError({"status": f"One of {', '.join(allowed)}."})
    text = body.replace("\0", "").strip()
    if not text or len(text) > LONGEST_BODY:
        raise ValidationError({"body": f"1 to {LONGEST_BODY:,} characters."})
    notice.status, notice.updated_at = Status(status), now
    notice.monitoring_at = now if status == Status.MONITORING else notice.monitoring_at
    notice.ended_at = (notice.ended_at or now) if status in ENDS else None
    if notice.ended_at and notice.kind == Kind.MAINTENANCE:
        notice.started_at = min(notice.started_at, notice.ended_at)
    notice.save()
    affected = _affected(notice, before)
    made = StatusUpdate.objects.create(notice=notice, status=status, body=text, at=now, affected=affected)
    StatusPage.objects.filter(pk=notice.page_id).update(updated_at=now)
    mails.queue(made, now=now)
    return made


def _affected(notice: StatusNotice, before: Mapping[str, str]) -> list[dict[str, str]]:
    names = dict(notice.page.components.values_list("public_id", "name"))
    is_over = notice.ended_at is not None
    return [
        {
            "code": code, "name": names.get(code, ""), "old_status": before.get(code, State.OPERATIONAL.value),
            "new_status": State.OPERATIONAL.value if is_over else state,
        }
        for code, state in notice.components.items()
    ]  # fmt: skip


def _components(page: StatusPage, wanted: Mapping[str, str], *, is_planned: bool) -> dict[str, str]:
    own = set(page.components.values_list("public_id", flat=True))
    if not set(wanted) <= own:
        raise ValidationError({"components": "No component of this page."})
    if is_planned:
        return dict.fromkeys(wanted, State.MAINTENANCE.value)
    if not set(wanted.values()) <= {state.value for state in State}:
        raise ValidationError({"components": f"Each is one of {', '.join(State)}."})
    return {code: str(state) for code, state in wanted.items()}


def _check_plan(notice: StatusNotice, *, now: datetime) -> None:
    begin, end = notice.scheduled_for, notice.scheduled_until
    if begin is None or end is None or end <= max(begin, now):
        raise ValidationError({"scheduled_until": "It ends in the future, after it begins."})
    if end - begin > LONGEST_MAINTENANCE:
        raise ValidationError({"scheduled_until": f"At most {LONGEST_MAINTENANCE.days} days."})
