"""The tick of alert rules: what is due is judged, moves, and is told, a rule in one transaction.

A rule is claimed by its row's lock, so any number of workers may evaluate; killed, it is as if it had not begun. Rules
judge up to a minute ago (LAG): what arrives in that time is counted before it is judged.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import DatabaseError, transaction

from alerts.delivery import notify
from alerts.incidents import following
from alerts.models import Alert, AlertTransition, Rule, Silence
from alerts.rules import circumstances, evidence, sayings, standing, telling
from alerts.rules.contract import Judged, Verdict
from alerts.rules.kinds import KINDS, WINDOWED
from alerts.rules.standing import NoData, Policy, Standing, State
from alerts.rules.telling import News
from analytics.periods import Period
from analytics.questions.watched import series
from analytics.questions.watched.metrics import metric_of
from analytics.questions.watched.series import History

logger = logging.getLogger(__name__)

LAG = timedelta(minutes=1)
MINUTE = timedelta(minutes=1)
# Longer histories are read in steps of five minutes, which their windows are made of.
FINE = timedelta(days=2)
COARSE = timedelta(minutes=5)
# What a look changes of an alert.
_MOVED = (
    "state", "since", "is_without_data", "is_flapping", "recent", "value", "words", "fired_at", "told_at",
    "acknowledged_at", "acknowledged_by",
)  # fmt: skip
# Evidence of windows that are longer is drawn by the hour.
SHORT, HOUR = timedelta(hours=6), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What one tick did."""

    rules: int = 0
    failed: int = 0
    transitions: int = 0


@dataclass(slots=True)
class Look:
    """One rule at one moment: what was read, and what is to be written."""

    rule: Rule
    now: datetime
    silences: Sequence[Silence] = ()
    changed: list[Alert] = field(default_factory=list)
    transitions: list[AlertTransition] = field(default_factory=list)
    news: list[tuple[Alert, News]] = field(default_factory=list)
    silenced: set[str] = field(default_factory=set)


def run(*, now: datetime, seconds: float = 20.0) -> Evaluated:
    """Evaluate what is due until nothing is, or the time is up."""
    deadline, rules, failed, transitions = time.monotonic() + seconds, 0, 0, 0
    while time.monotonic() < deadline:
        done = _next(now=now)
        if done is None:
            break
        rules += 1
        failed += done < 0
        transitions += max(0, done)
    return Evaluated(rules, failed, transitions)


def _next(*, now: datetime) -> int | None:
    """Evaluate one due rule: how many of its alerts changed, -1 where it cannot be judged, None where none is due."""
    with transaction.atomic():
        due = Rule.objects.filter(is_enabled=True, next_eval_at__lte=now).order_by("next_eval_at")
        rule = due.select_related("project").select_for_update(skip_locked=True, of=("self",)).first()
        if rule is None:
            return None
        try:
            with transaction.atomic():
                changed, error = evaluate(rule, now=now), ""
        except DatabaseError:
            raise
        except Exception as problem:
            logger.warning("The rule %s cannot be judged: %s", rule.pk, type(problem).__name__, exc_info=True)
            changed, error = -1, f"{type(problem).__name__}: {problem}"[:200]
        rule.last_eval_at, rule.last_error = now, error
        rule.next_eval_at = next_look(rule.next_eval_at, rule.every_minutes, now=now)
        rule.save(update_fields=["last_eval_at", "last_error", "next_eval_at"])
        return changed


def next_look(due: datetime, every: int, *, now: datetime) -> datetime:
    """The first moment of the rule's rhythm after now; looks that were missed are not made up for."""
    step = timedelta(minutes=max(1, every))
    return due + step * ((now - due) // step + 1) if now >= due else due


def evaluate(rule: Rule, *, now: datetime) -> int:
    """Judge every group of a rule, write down what changed, and tell who wants to know; how many alerts changed."""
    at = judged_until(now)
    look = Look(rule, now, telling.silences(rule.project_id, now=now))
    known = {alert.fingerprint: alert for alert in rule.alerts.select_for_update()}
    kind, needs = KINDS[rule.kind], KINDS[rule.kind].needs(rule.config)
    for history in histories(rule, at=at, needs=needs, now=now):
        labels = dict(zip(rule.group_by, history.labels, strict=True))
        mark = fingerprint(rule, labels)
        alert = known.pop(mark, None) or Alert(rule=rule, labels=labels, fingerprint=mark)
        judged = kind.judge(rule.config, history, at=at)
        _move(look, alert, judged, partial(_evidence, rule, history, judged, needs=needs, at=at, now=now))
    gone = Judged(Verdict.NO_DATA, words="its group does not occur any more")
    for alert in known.values():
        _move(look, alert, gone, partial(evidence.of, rule, None, gone, needs=needs, at=at))
    _write(look)
    return len(look.transitions)


def judged_until(now: datetime) -> datetime:
    """The end of the last whole minute that is counted by now."""
    return (now - LAG).replace(second=0, microsecond=0)


def histories(rule: Rule, *, at: datetime, needs: timedelta, now: datetime) -> list[History]:
    """What the rule judges, group by group."""
    if rule.kind in WINDOWED:
        return series.windows(
            rule.project_id,
            metric_of(rule.metric),
            edges=WINDOWED[rule.kind](rule.config, at),
            now=now,
            where=rule.where,
            group_by=rule.group_by,
        )
    return _steps(rule, at=at, needs=needs, now=now, step=MINUTE if needs <= FINE else COARSE)


def _evidence(
    rule: Rule, history: History, judged: Judged, *, needs: timedelta, at: datetime, now: datetime
) -> dict[str, Any]:
    """What was known; of a group that was judged by whole windows the history is read along time, to be drawn."""
    if rule.kind in WINDOWED:
        found = _steps(rule, at=at, needs=needs, now=now, step=MINUTE if needs <= SHORT else HOUR)
        history = next((one for one in found if one.labels == history.labels), history)
    return evidence.of(rule, history, judged, needs=needs, at=at)


def _steps(rule: Rule, *, at: datetime, needs: timedelta, now: datetime, step: timedelta) -> list[History]:
    period = Period(at - needs, at)
    return series.histories(
        rule.project_id,
        metric_of(rule.metric),
        period=period,
        now=now,
        where=rule.where,
        group_by=rule.group_by,
        step=step,
    )


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
    if standing.began(before, after):
        alert.fired_at, alert.acknowledged_at, alert.acknowledged_by = now, None, None
    alert.state, alert.since = after.state, after.since
    alert.is_without_data, alert.is_flapping = after.is_without_data, after.is_flapping
    alert.recent = "".join("1" if was_on else "0" for was_on in after.recent)
    alert.value, alert.words = judged.value, judged.words[:300]
    look.changed.append(alert)
    if before.state is not after.state:
        kept = evidence_of()
        if standing.began(before, after):
            breach = before.since if before.state is State.PENDING and before.since else now
            kept |= circumstances.of(rule, alert.labels, judged, breach=breach, until=judged_until(now), now=now)
        look.transitions.append(
            AlertTransition(
                alert=alert, before=before.state, after=after.state, at=now, value=judged.value,
                words=judged.words[:300], evidence=kept,
            )
        )  # fmt: skip
    labels = {**rule.labels, **alert.labels, "rule": rule.name, "severity": rule.severity}
    is_silenced = telling.is_silenced(labels, look.silences)
    if is_silenced:
        look.silenced.add(alert.fingerprint)
    heard = telling.news(
        before, after, alert.told_at, repeat=timedelta(minutes=rule.repeat_minutes), now=now, is_silenced=is_silenced
    )
    if heard:
        alert.told_at = None if heard is News.ENDED else now
        look.news.append((alert, heard))


def _write(look: Look) -> None:
    new = [alert for alert in look.changed if alert.pk is None]
    Alert.objects.bulk_update([alert for alert in look.changed if alert.pk is not None], _MOVED)
    Alert.objects.bulk_create(new)
    AlertTransition.objects.bulk_create(look.transitions)
    incidents = following.follow(
        sayings.signals(look.transitions, look.news, look.silenced, now=look.now), now=look.now
    )
    if look.news:
        listeners = notify.listeners(look.rule.channels.all(), look.rule.project_id)
        known = {one.alert.fingerprint: one.evidence for one in look.transitions}
        for alert, heard in look.news:
            mark = alert.fingerprint
            message = sayings.message_of(
                alert, heard, now=look.now, incident=incidents.get(mark), evidence=known.get(mark)
            )
            notify.tell(listeners, message, now=look.now)
