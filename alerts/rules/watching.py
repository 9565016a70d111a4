"""What a rule is judged by: read for the evaluator, for evidence and for a backtest alike."""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.models import Rule
from alerts.rules.contract import Asked, Judged, Verdict
from alerts.rules.kinds import KINDS, SOURCES, STEPS, WINDOWED, label_names
from analytics.periods import Period
from analytics.questions.watched import series
from analytics.questions.watched.metrics import metric_of
from analytics.questions.watched.series import History
from analytics.questions.watched.shared import Shared

LAG = timedelta(minutes=1)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# Longer histories are read in steps of five minutes, which their windows are made of.
FINE = timedelta(days=2)
COARSE = timedelta(minutes=5)
# Evidence of windows that are longer is drawn by the hour.
SHORT = timedelta(hours=6)
_GONE = Judged(Verdict.NO_DATA, words="its group does not occur any more")


def judged_until(now: datetime) -> datetime:
    """The end of the last whole minute that is counted by now."""
    return (now - LAG).replace(second=0, microsecond=0)


def moment_of(rule: Rule, now: datetime) -> datetime:
    """Up to when the rule is judged: what is not counted first, up to now."""
    source = SOURCES.get(rule.kind)
    return now if source and source.IS_PROMPT else judged_until(now)


def histories(rule: Rule, *, at: datetime, needs: timedelta, shared: Shared) -> list[History]:
    """What the rule judges, group by group."""
    if rule.kind in WINDOWED:
        return series.windows(
            rule.project_id,
            metric_of(rule.metric),
            edges=WINDOWED[rule.kind](rule.config, at),
            now=shared.now,
            where=rule.where,
            group_by=rule.group_by,
            shared=shared,
        )
    return along(rule, Period(at - needs, at), step=step_of(rule, needs), now=shared.now, shared=shared)


def step_of(rule: Rule, needs: timedelta) -> timedelta:
    """The steps that its history is read in."""
    return STEPS.get(rule.kind) or (MINUTE if needs <= FINE else COARSE)


def expect(rule: Rule, *, at: datetime, shared: Shared) -> None:
    """Say beforehand what will be read, so that rules that read the same read it once."""
    if rule.kind in SOURCES or rule.kind in WINDOWED:
        return
    needs = KINDS[rule.kind].needs(rule.config)
    read = metric_of(rule.metric).read_from(rule.where, rule.group_by)
    shared.expect(rule.project_id, read, Period(at - needs, at), step_of(rule, needs))


def drawn(rule: Rule, history: History, *, needs: timedelta, at: datetime, now: datetime) -> History:
    """What evidence shows: of a group that was judged by whole windows the history is read along time."""
    if rule.kind not in WINDOWED:
        return history
    found = along(rule, Period(at - needs, at), step=MINUTE if needs <= SHORT else HOUR, now=now)
    return next((one for one in found if one.labels == history.labels), history)


def along(
    rule: Rule, period: Period, *, step: timedelta, now: datetime, is_past: bool = False, shared: Shared | None = None
) -> list[History]:
    """The history of each of the rule's groups in a period, step by step."""
    source = SOURCES.get(rule.kind)
    if source:
        asked = Asked(rule.project, rule.config, rule.where, rule.group_by, period, step, now, is_past, shared)
        return source.read(asked)
    return series.histories(
        rule.project_id, metric_of(rule.metric), period=period, now=now, where=rule.where, group_by=rule.group_by,
        step=step, shared=shared,
    )  # fmt: skip


def judge(rule: Rule, history: History, *, at: datetime) -> Judged:
    return KINDS[rule.kind].judge(rule.config, history, at=at)


def gone(rule: Rule) -> Judged:
    """What is said of an alert whose group is not there any more."""
    source = SOURCES.get(rule.kind)
    return source.GONE if source else _GONE


def labels_of(rule: Rule, history: History) -> dict[str, str]:
    return dict(zip(label_names(rule.kind, rule.group_by), history.labels, strict=True))


def unit_of(rule: Rule) -> str:
    """The unit of its value and of its threshold."""
    source = SOURCES.get(rule.kind)
    if source:
        return str(rule.config.get("unit", source.METRIC.unit))
    return metric_of(rule.metric).unit
