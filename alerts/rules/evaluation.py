"""The tick of alert rules: what is due is judged, moves, and is told; many rules in one transaction.

Rules are claimed by their rows' locks, so any number of workers may evaluate; killed, it is as if they had not begun.
Rules judge up to a minute ago (watching.LAG): what arrives in that time is counted before it is judged. A rule that
cannot be judged stops none of the others.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import TruncMinute

from alerts.incidents import following
from alerts.models import Alert, AlertTransition, Rule
from alerts.routing import holding, telling
from alerts.routing.telling import Report
from alerts.rules import circumstances, evidence, sayings, standing, watching
from alerts.rules.contract import Judged
from alerts.rules.kinds import KINDS
from alerts.rules.standing import NoData, Policy, Standing, State
from analytics.questions.watched.series import History
from analytics.questions.watched.shared import Shared

logger = logging.getLogger(__name__)

# What a look changes of an alert.
_MOVED = (
    "state", "since", "is_without_data", "is_flapping", "recent", "value", "words", "fired_at", "acknowledged_at",
    "acknowledged_by_id",
)  # fmt: skip
# Rules of one transaction: many share what is read, and a killed worker repeats as many.
BATCH = 200
RESCHEDULE = """
    UPDATE alerts_rule SET last_eval_at = given.last, next_eval_at = given.next, last_error = given.error
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::text[]) AS given (id, last, next, error)
    WHERE alerts_rule.id = given.id
"""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What one tick did."""

    rules: int = 0
    failed: int = 0
    transitions: int = 0

    def __add__(self, other: Evaluated) -> Evaluated:
        return Evaluated(self.rules + other.rules, self.failed + other.failed, self.transitions + other.transitions)


@dataclass(slots=True)
class Look:
    """One rule at one moment: what was read, and what is to be written."""

    rule: Rule
    now: datetime
    changed: list[Alert] = field(default_factory=list)
    transitions: list[AlertTransition] = field(default_factory=list)
    heard_of: list[Alert] = field(default_factory=list)


def run(*, now: datetime, seconds: float = 20.0, batch: int = BATCH) -> Evaluated:
    """Evaluate what is due until nothing is, or the time is up."""
    deadline, done = time.monotonic() + seconds, Evaluated()
    while time.monotonic() < deadline:
        more = _together(now=now, batch=batch)
        if more is None:
            break
        done += more
    return done


def _together(*, now: datetime, batch: int) -> Evaluated | None:
    """Evaluate rules that are due in one transaction, so that they share what they read and are written at once.

    What cannot be written together is evaluated one by one, each in a transaction of its own. None: nothing is due.
    """
    claimed: list[Rule] = []
    try:
        with transaction.atomic():
            claimed = _claim(due(now), batch)
            return _evaluate(claimed, now=now) if claimed else None
    except Exception as problem:
        _demand_database(problem)
        logger.warning("%s rules are evaluated one by one: %s", len(claimed), type(problem).__name__, exc_info=True)
    done = Evaluated()
    for rule in claimed:
        done += _alone(rule.pk, now=now)
    return done


def _alone(pk: int, *, now: datetime) -> Evaluated:
    with transaction.atomic():
        claimed = _claim(due(now).filter(pk=pk), 1)
        try:
            with transaction.atomic():
                return _evaluate(claimed, now=now)
        except Exception as problem:
            _demand_database(problem)
            for rule in claimed:
                _note(rule, _said(rule, problem), now=now)
            _reschedule(claimed)
            return Evaluated(len(claimed), len(claimed))


def _demand_database(problem: Exception) -> None:
    """Raises the problem again where it is that the database is gone, which no rule is to blame for."""
    if isinstance(problem, OperationalError | InterfaceError) and (
        connection.connection is None or not connection.is_usable()
    ):
        raise problem


def due(now: datetime) -> QuerySet[Rule]:
    return Rule.objects.filter(is_enabled=True, next_eval_at__lte=now, project__deleted_at=None)


def _claim(found: QuerySet[Rule], most: int) -> list[Rule]:
    """The rules that have waited longest, locked; those that another worker holds are passed over.

    Of one minute those of a project come together, since they read the same.
    """
    locked = found.select_related("project").select_for_update(skip_locked=True, of=("self",))
    return list(locked.order_by(TruncMinute("next_eval_at"), "project_id", "pk")[:most])


def _evaluate(rules: Sequence[Rule], *, now: datetime) -> Evaluated:
    """Judge rules, locked by the caller's transaction, and write down what came of all of them."""
    shared, failed = Shared(now), 0
    alerts: dict[int, list[Alert]] = defaultdict(list)
    for alert in Alert.objects.filter(rule__in=rules).select_for_update().order_by("pk"):
        alerts[alert.rule_id].append(alert)
    _expect(rules, shared)
    looks = []
    for rule in rules:
        look = Look(rule, now)
        try:
            _look(look, alerts.get(rule.pk, ()), shared)
            error = ""
        except DatabaseError:
            raise
        except Exception as problem:
            look, failed, error = Look(rule, now), failed + 1, _said(rule, problem)
        _note(rule, error, now=now)
        looks.append(look)
    _write(looks)
    _reschedule(rules)
    return Evaluated(len(rules), failed, sum(len(look.transitions) for look in looks))


def _expect(rules: Sequence[Rule], shared: Shared) -> None:
    for rule in rules:
        with suppress(ValueError, KeyError):  # said when it is judged
            watching.expect(rule, at=watching.moment_of(rule, shared.now), shared=shared)


def _said(rule: Rule, problem: Exception) -> str:
    logger.warning("The rule %s cannot be judged: %s", rule.pk, type(problem).__name__, exc_info=True)
    return f"{type(problem).__name__}: {problem}"[:200].replace("\x00", "")


def _note(rule: Rule, error: str, *, now: datetime) -> None:
    rule.last_eval_at, rule.last_error = now, error
    rule.next_eval_at = next_look(rule.next_eval_at, rule.every_minutes, now=now)


def _reschedule(rules: Sequence[Rule]) -> None:
    """Write when rules were looked at and will be, in one statement."""
    columns = [[getattr(rule, name) for rule in rules] for name in ("pk", "last_eval_at", "next_eval_at", "last_error")]
    with connection.cursor() as cursor:
        cursor.execute(RESCHEDULE, columns)


def next_look(due: datetime, every: int, *, now: datetime) -> datetime:
    """The first moment of the rule's rhythm after now; looks that were missed are not made up for."""
    step = timedelta(minutes=max(1, every))
    return due + step * ((now - due) // step + 1) if now >= due else due


def evaluate(rule: Rule, *, now: datetime) -> int:
    """Judge every group of a rule, write down what changed, and tell who wants to know; how many alerts changed."""
    look = Look(rule, now)
    with transaction.atomic():
        _look(look, rule.alerts.select_for_update(), Shared(now))
        _write([look])
    return len(look.transitions)


def _look(look: Look, alerts: Iterable[Alert], shared: Shared) -> None:
    """Judge every group of a rule; what there is to write is in the look."""
    rule, now = look.rule, look.now
    at, needs = watching.moment_of(rule, now), KINDS[rule.kind].needs(rule.config)
    known = {alert.fingerprint: alert for alert in alerts}
    for history in watching.histories(rule, at=at, needs=needs, shared=shared):
        labels = watching.labels_of(rule, history)
        mark = fingerprint(rule, labels)
        alert = known.pop(mark, None) or Alert(rule=rule, labels=labels, fingerprint=mark)
        alert.rule = rule
        judged = watching.judge(rule, history, at=at)
        _move(look, alert, judged, partial(_evidence, rule, history, judged, needs=needs, at=at, now=now))
    gone = watching.gone(rule)
    for alert in known.values():
        alert.rule = rule
        _move(look, alert, gone, partial(evidence.of, rule, None, gone, needs=needs, at=at))


def _evidence(
    rule: Rule, history: History, judged: Judged, *, needs: timedelta, at: datetime, now: datetime
) -> dict[str, Any]:
    """What was known."""
    return evidence.of(rule, watching.drawn(rule, history, needs=needs, at=at, now=now), judged, needs=needs, at=at)


def fingerprint(rule: Rule, labels: Mapping[str, str]) -> str:
    """The dedup key: the same rule and labels are the same alert for ever."""
    return hashlib.sha256(f"{rule.pk} {json.dumps(dict(labels), sort_keys=True)}".encode()).hexdigest()


def policy_of(rule: Rule) -> Policy:
    return Policy(timedelta(minutes=rule.for_minutes), timedelta(minutes=rule.keep_minutes), NoData(rule.no_data))


def standing_of(alert: Alert) -> Standing:
    recent = tuple(mark == "1" for mark in alert.recent)
    return Standing(State(alert.state), alert.since, alert.is_without_data, recent, alert.is_flapping)


def _move(look: Look, alert: Alert, judged: Judged, evidence_of: Callable[[], dict[str, Any]]) -> None:
    rule, now = look.rule, look.now
    before = standing_of(alert)
    after = standing.step(before, judged.verdict, policy_of(rule), now=now)
    if alert.pk is None and after.state is State.OK:
        return  # a group that was always well needs no row
    held = _held(alert)
    if standing.began(before, after):
        alert.fired_at, alert.acknowledged_at, alert.acknowledged_by = now, None, None
    alert.state, alert.since = after.state, after.since
    alert.is_without_data, alert.is_flapping = after.is_without_data, after.is_flapping
    alert.recent = "".join("1" if was_on else "0" for was_on in after.recent)
    alert.value, alert.words = judged.value, judged.words[:300]
    if before.state is not after.state:
        kept = evidence_of()
        if standing.ended(before, after) and alert.acknowledged_at is not None:
            kept["acknowledged_at"] = alert.acknowledged_at.isoformat()
        if standing.began(before, after):
            breach = before.since if before.state is State.PENDING and before.since else now
            until = watching.moment_of(rule, now)
            kept |= circumstances.of(rule, alert.labels, judged, breach=breach, until=until, now=now)
        look.transitions.append(
            AlertTransition(
                alert=alert, before=before.state, after=after.state, at=now, value=judged.value,
                words=judged.words[:300], evidence=kept,
            )
        )  # fmt: skip
    if any(standing.is_on(one.state) or one.is_flapping for one in (before, after)):
        look.heard_of.append(alert)
    if alert.pk is None or held != _held(alert):
        look.changed.append(alert)


def _held(alert: Alert) -> tuple[Any, ...]:
    """What a look may change of an alert."""
    return tuple(getattr(alert, name) for name in _MOVED)


def _write(looks: Sequence[Look]) -> None:
    """Keep the alerts that changed and their changes, and tell of them, in the caller's transaction."""
    changed = [alert for look in looks for alert in look.changed]
    stored = [alert for alert in changed if alert.pk is not None]
    Alert.objects.bulk_create(
        stored,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=[name.removesuffix("_id") for name in _MOVED],
        batch_size=500,
    )
    Alert.objects.bulk_create([alert for alert in changed if alert.pk is None], batch_size=500)
    AlertTransition.objects.bulk_create([one for look in looks for one in look.transitions], batch_size=500)
    by_project: dict[int, list[Look]] = defaultdict(list)
    for look in looks:
        if look.heard_of or look.transitions:
            by_project[look.rule.project_id].append(look)
    # In the order of their numbers, so that two workers wait for each other and never both.
    for project_id in sorted(by_project):
        _tell(by_project[project_id])


def _tell(looks: Sequence[Look]) -> None:
    """Incidents first, then people, of what a project's rules found; messages lead to the incident."""
    rule, now = looks[0].rule, looks[0].now
    heard_of = [alert for look in looks for alert in look.heard_of]
    holds = holding.load(rule.project_id, now=now) if heard_of else holding.Holds()
    held = {one.fingerprint for one in heard_of if holds.of(0, sayings.labels_of(one.rule, one.labels))}
    transitions = [one for look in looks for one in look.transitions]
    following.follow(sayings.signals(transitions, heard_of, held, now=now), now=now)
    reports: list[Report] = []
    for look in looks:
        named = list(look.rule.channels.values_list("pk", flat=True)) if look.heard_of else []
        reports += [sayings.report_of(alert, named=named, now=now) for alert in look.heard_of]
    if reports:
        telling.report(rule.project, reports, now=now)
