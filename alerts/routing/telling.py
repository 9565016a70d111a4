"""The one way by which rules, monitors, probes and others' alerts tell people: each says how it stands, and what is
held back, whom a route names, and what was told before decide. All of it is written in the caller's transaction.

Locks are taken in one order: notices, groups, channels, each by number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from alerts.delivery import messages, notify
from alerts.delivery.messages import Message
from alerts.models import (
    Alert,
    Channel,
    EscalationStep,
    ForeignAlert,
    Membership,
    MonitorState,
    Notice,
    NoticeGroup,
    Notification,
    Route,
)  # fmt: skip
from alerts.routing import grouping, holding, routes, wording
from alerts.routing.grouping import Member, Said, Told
from alerts.routing.holding import Hold, Holds
from events.models import Project

# What a report changes of a notice that is known.
_MOVED = (
    "labels", "payload", "named", "repeat_minutes", "is_on", "is_flapping", "is_muted", "is_passing",
    "aware", "began_at", "ended_at",
    "acknowledged_at", "acknowledged_by", "escalates_at",
)  # fmt: skip
MUTED, FLAPPING = Hold("muted", "muted"), Hold("flapping", "flapping: held until it is stable")


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """How one thing stands. `key` is what it is about, for ever the same; `message` says it as it stands now."""

    key: str
    source: str
    labels: Mapping[str, str]
    message: Message
    is_on: bool
    began_at: datetime
    is_flapping: bool = False
    is_muted: bool = False
    named: Sequence[int] = ()
    repeat_minutes: int = 0
    # Its end is no news; and the channels that know of its beginning from elsewhere.
    is_passing: bool = False
    aware: Sequence[int] = ()
    alert: Alert | None = None
    monitor_state: MonitorState | None = None
    foreign: ForeignAlert | None = None


@dataclass(slots=True)
class Desk:
    """What one transaction tells of one project: read once, sent at its end."""

    project: Project
    now: datetime
    letters: list[tuple[list[Channel], Message, list[Notice]]] = field(default_factory=list)
    _holds: Holds | None = None

    @property
    def holds(self) -> Holds:
        """What holds news of the project back now; read when it is first asked for."""
        if self._holds is None:
            self._holds = holding.load(self.project.pk, now=self.now)
        return self._holds


@transaction.atomic
def report(project: Project, reports: Iterable[Report], *, now: datetime) -> dict[str, str]:
    """Keep how these stand and tell at once what is told at once; the kind of each message that left, by key."""
    wanted = sorted(reports, key=lambda one: one.key)
    notices, changed = _kept(project, wanted, now=now)
    if not notices:
        return {}
    _join(project, [notice for notice in changed if notice.is_on or notice.is_flapping], now=now)
    desk = Desk(project, now)
    touched = Q(memberships__notice__in=changed) | Q(memberships__notice__in=notices, look_at__lte=now)
    at_once = Q(route=None) | Q(route__wait_seconds=0, route__interval_seconds=0)
    look_at(NoticeGroup.objects.filter(touched & at_once), desk)
    return _sent(desk) if desk.letters else {}


def look_at(groups: QuerySet[NoticeGroup], desk: Desk) -> int:
    """Lock these groups of the desk's project and let each say what it has to; how many there were."""
    keys = groups.order_by().values("pk")
    locked = (
        NoticeGroup.objects.filter(pk__in=keys).select_for_update(no_key=True, of=("self",)).select_related("route")
    )
    found = list(locked.order_by("pk"))
    for group in found:
        _look(group, desk)
    return len(found)


def send(desk: Desk) -> int:
    """Put the letters of the desk into the outbox; how many."""
    _sent(desk)
    return len(desk.letters)


@transaction.atomic
def reroute(project: Project, *, now: datetime) -> None:
    """After the list of routes changed: what is on and was told to nobody finds its groups anew."""
    on = Notice.objects.filter(project=project, is_on=True).select_for_update(no_key=True).order_by("pk")
    untold = list(on.exclude(memberships__told__in=[Told.ON, Told.FLAPPING]))
    Membership.objects.filter(notice__in=untold).delete()
    _join(project, untold, now=now)
    Notice.objects.bulk_update(untold, ["escalates_at"])


@transaction.atomic
def forget(notices: QuerySet[Notice], *, now: datetime) -> None:
    """It is over, and whoever ended it knows: nobody is told."""
    keys = list(notices.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    Membership.objects.filter(notice__in=keys).update(told=Told.NOTHING)
    Notice.objects.filter(pk__in=keys).update(is_on=False, is_flapping=False, ended_at=now, escalates_at=None)


def mute(notices: QuerySet[Notice], *, is_muted: bool) -> None:
    """Hold back what is said of these, or no longer."""
    notices.update(is_muted=is_muted)


@transaction.atomic
def acknowledge(notices: QuerySet[Notice], *, actor: Any, now: datetime) -> int:
    """Somebody looks after these, so nobody further is told; how many nobody looked after before."""
    waiting = notices.filter(is_on=True, acknowledged_at=None)
    return waiting.update(acknowledged_at=now, acknowledged_by=actor, escalates_at=None)


def held_by(notice: Notice, holds: Holds) -> Hold | None:
    """Why nobody is told of the notice; None: people hear."""
    if notice.is_muted:
        return MUTED
    return holds.of(notice.pk, notice.labels)


def steps_of(notice: Notice) -> list[EscalationStep]:
    """Who is told when nobody acknowledges, in order: of its rule and of the routes that took it."""
    taking = Q(route__groups__memberships__notice=notice)
    if notice.alert_id:
        taking |= Q(rule__alerts=notice.alert_id)
    found = EscalationStep.objects.filter(taking).distinct().prefetch_related("channels")
    return list(found.order_by("after_minutes", "pk"))


def _kept(project: Project, reports: Sequence[Report], *, now: datetime) -> tuple[list[Notice], list[Notice]]:
    """The notices of these reports, and those of them that stand otherwise than before."""
    locked = Notice.objects.filter(key__in=[one.key for one in reports]).select_for_update(no_key=True)
    known = {notice.key: notice for notice in locked.order_by("pk")}
    new, changed = [], []
    for one in reports:
        notice = known.get(one.key)
        if notice is None:
            if not (one.is_on or one.is_flapping):
                continue  # what was always well needs no row
            notice = Notice(project=project, key=one.key, source=one.source)
            notice.alert, notice.monitor_state, notice.foreign = one.alert, one.monitor_state, one.foreign
            known[one.key] = notice
            new.append(notice)
        before = (notice.is_on, notice.is_flapping, notice.is_muted)
        _put(notice, one, now=now)
        if before != (notice.is_on, notice.is_flapping, notice.is_muted):
            changed.append(notice)
    Notice.objects.bulk_update([notice for notice in known.values() if notice.pk], _MOVED)
    Notice.objects.bulk_create(new)
    return list(known.values()), changed


def _put(notice: Notice, one: Report, *, now: datetime) -> None:
    if one.is_on and not notice.is_on:
        notice.began_at, notice.ended_at = one.began_at, None
        notice.acknowledged_at = notice.acknowledged_by = notice.escalates_at = None
        if notice.pk:
            notice.steps_done.clear()
    elif notice.pk is None:
        notice.began_at = one.began_at
    if notice.is_on and not one.is_on:
        notice.ended_at, notice.escalates_at = now, None
    notice.labels = {name: str(value) for name, value in one.labels.items()}
    notice.payload, notice.named = messages.pack(one.message), list(one.named)
    notice.repeat_minutes, notice.is_passing, notice.aware = one.repeat_minutes, one.is_passing, list(one.aware)
    notice.is_on, notice.is_flapping, notice.is_muted = one.is_on, one.is_flapping, one.is_muted


def _join(project: Project, notices: Sequence[Notice], *, now: datetime) -> None:
    """Put each into the groups that its routes make, unless it is in some already; and start its escalation."""
    inside = set(Membership.objects.filter(notice__in=notices).values_list("notice_id", flat=True))
    listed = list(Route.objects.filter(project=project)) if notices else []
    asked: dict[str, tuple[routes.Target, list[Notice]]] = {}
    for notice in notices:
        if notice.pk not in inside:
            for target in routes.targets(listed, key=notice.key, labels=notice.labels, named=notice.named):
                asked.setdefault(target.key, (target, []))[1].append(notice)
    made = [
        NoticeGroup(project=project, route=target.route, key=key, labels=dict(target.labels))
        for key, (target, _) in sorted(asked.items(), key=_place)
    ]
    NoticeGroup.objects.bulk_create(made, ignore_conflicts=True)
    groups = NoticeGroup.objects.filter(key__in=asked).select_related("route").order_by("pk")
    for group in groups:
        joined = asked[group.key][1]
        Membership.objects.bulk_create(
            [Membership(group=group, notice=notice) for notice in joined], ignore_conflicts=True
        )
        timing = routes.timing_of(group, joined)
        if group.look_at is None or group.told_at is None:
            _hasten(group, min(grouping.first_look(notice.began_at, timing, now=now) for notice in joined))
    of_project = Q(route__project=project) | Q(rule__project=project)
    if notices and EscalationStep.objects.filter(of_project).exists():
        for notice in notices:
            _start_escalation(notice)


def _place(asked: tuple[str, tuple[routes.Target, list[Notice]]]) -> tuple[int, str]:
    """Groups are made in one order, so that no two transactions wait for each other: as their routes stand."""
    key, (target, _) = asked
    return (target.route.position if target.route else 0, key)


def _start_escalation(notice: Notice) -> None:
    if not notice.is_on or notice.escalates_at is not None or notice.acknowledged_at is not None:
        return
    if steps := steps_of(notice):
        notice.escalates_at = notice.began_at + timedelta(minutes=steps[0].after_minutes)
        notice.save(update_fields=["escalates_at"])


def _hasten(group: NoticeGroup, moment: datetime) -> None:
    """The group looks at this moment at the latest."""
    later = Q(look_at__gt=moment) | Q(look_at=None)
    NoticeGroup.objects.filter(later, pk=group.pk).update(look_at=moment)


def _look(group: NoticeGroup, desk: Desk) -> None:
    """What the group has to say is put on the desk, and what was told is kept."""
    memberships = list(group.memberships.select_related("notice").order_by("notice__began_at", "pk"))
    notices = {one.notice_id: one.notice for one in memberships}
    timing = routes.timing_of(group, notices.values())
    members = [_member(one, desk.holds) for one in memberships]
    said = grouping.say(members, group.told_at, timing, now=desk.now)
    if said is not None:
        _write(group, said, notices, desk)
        group.told_at = desk.now
    after = [_moved(one, member, said, now=desk.now) for one, member in zip(memberships, members, strict=True)]
    left = {member.key for member in after if grouping.is_left(member)}
    Membership.objects.bulk_update([one for one in memberships if one.notice_id in left], ["told", "told_at"])
    Membership.objects.filter(pk__in=[one.pk for one in memberships if one.notice_id not in left]).delete()
    due = group.look_at if group.look_at is not None and group.look_at <= desk.now else desk.now
    group.look_at = grouping.next_look(after, group.told_at, timing, due=due, now=desk.now)
    group.looked_at = desk.now
    if not left:
        group.told_at = None  # an empty group begins anew
    group.save(update_fields=["look_at", "looked_at", "told_at"])


def _member(one: Membership, holds: Holds) -> Member:
    notice = one.notice
    if notice.is_passing and not notice.is_on:
        return Member(notice.pk, is_on=False)
    is_held = held_by(notice, holds) is not None
    return Member(notice.pk, notice.is_on, is_held, notice.is_flapping, Told(one.told))


def _moved(one: Membership, member: Member, said: Said | None, *, now: datetime) -> Member:
    told = grouping.told_after(member, said)
    if said is not None and member.key in (*said.on, *said.flapping):
        one.told_at = now
    one.told = told
    return Member(member.key, member.is_on, member.is_held, member.is_flapping, told)


def _write(group: NoticeGroup, said: Said, notices: Mapping[int, Notice], desk: Desk) -> None:
    mentioned = [notices[key] for key in (*said.flapping, *said.on, *said.ended)]
    link = settings.OBS_PUBLIC_URL + reverse("dashboard:alerts", args=[desk.project.slug])
    message = wording.message_of(said, notices, group=group.pk, labels=group.labels, link=link, now=desk.now)
    desk.letters.append((_channels(group, mentioned), message, mentioned))


def _channels(group: NoticeGroup, notices: Sequence[Notice]) -> list[Channel]:
    """Whom the group tells, but for those who know of all of it."""
    aware = set.intersection(*(set(notice.aware) for notice in notices))
    found = [channel for channel in _listeners(group, notices) if channel.pk not in aware]
    return list({channel.pk: channel for channel in (*found, *_called_in(notices))}.values())


def _called_in(notices: Sequence[Notice]) -> list[Channel]:
    """Who was told because nobody acknowledged, and hears that it is over."""
    steps = [step.pk for notice in notices if not notice.is_on for step in notice.steps_done.all()]
    if not steps:
        return []
    called = EscalationStep.channels.through.objects.filter(escalationstep__in=steps).values("channel_id")
    return list(Channel.objects.filter(pk__in=called, is_enabled=True).defer("config"))


def _listeners(group: NoticeGroup, notices: Sequence[Notice]) -> list[Channel]:
    route = group.route
    if route is not None:
        return [] if route.tells_nobody else notify.listeners(route.channels.all(), group.project_id)
    named = [key for notice in notices for key in notice.named]
    return notify.listeners(Channel.objects.filter(pk__in=named, project_id=group.project_id), group.project_id)


def _sent(desk: Desk) -> dict[str, str]:
    """The letters into the outbox; the kind of message that each notice left with."""
    keys = {channel.pk for channels, _, _ in desk.letters for channel in channels}
    # Each letter locks its channels; all of them first and by number, so that no two transactions wait for each other.
    list(Channel.objects.filter(pk__in=keys).select_for_update(no_key=True).order_by("pk").values_list("pk"))
    of_project = list(desk.project.channels.values_list("pk", flat=True)) if keys else []
    told = {}
    for channels, message, notices in desk.letters:
        notify.tell(channels, message, now=desk.now)
        dedups = [notify.dedup_id(message.dedup, key) for key in of_project]
        left = list(Notification.objects.filter(dedup__in=dedups))
        for notice in notices:
            told[notice.key] = message.kind
            if left:
                notice.notifications.add(*left)
    return told
