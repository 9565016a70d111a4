"""What was so around an alert when it began: what contributed, events of that time, deploys before, the budget.

Read once, when it fires, and kept with its evidence. That something of it cannot be read stops no alert.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.urls import reverse

from alerts.incidents import suspects
from alerts.models import Rule
from alerts.rules.contract import Judged, said, span
from alerts.rules.kinds import KINDS, SOURCES
from analytics.periods import Period
from analytics.questions.watched import series
from analytics.questions.watched.metrics import Metric, metric_of
from analytics.rollups.cells import OTHER, Measure
from analytics.statistics import burn
from analytics.statistics.burn import Seen
from events.models import Issue, Occurrence

logger = logging.getLogger(__name__)

TOP, SAMPLES = 3, 3
# In how many dimensions contributors are looked for, and over which time at most.
DIMENSIONS = 4
LONGEST, SHORTEST = timedelta(hours=6), timedelta(minutes=15)


def of(
    rule: Rule, labels: Mapping[str, str], judged: Judged, *, breach: datetime, until: datetime, now: datetime
) -> dict[str, Any]:
    """For the group of a rule that fires; `breach` is when it began to be so, `until` what was judged up to."""
    # A rule that reads what it judges by itself watches no metric of the rollups.
    metric = None if rule.kind in SOURCES else metric_of(rule.metric)
    where = {**rule.where, **{name: [value] for name, value in labels.items()}}
    width = min(LONGEST, max(SHORTEST, KINDS[rule.kind].needs(rule.config)))
    environment = where["environment"][0] if len(where.get("environment", ())) == 1 else ""
    return {
        "contributors": _safely(
            lambda: contributors(rule, metric, where, until=until, width=width, now=now) if metric else []
        ),
        "events": _safely(lambda: samples(rule, where, start=until - width, end=now)),
        "suspects": _safely(
            lambda: suspects.suspects(
                rule.project_id, breach=breach, until=until, now=now, environment=environment, metric=metric,
                where=where, threshold=judged.threshold,
            )
        ),
        "budget": _safely(lambda: budget(rule, metric, until=until, now=now) if metric else {}),
    }  # fmt: skip


def _safely(read: Callable[[], Any]) -> Any:
    try:
        with transaction.atomic():
            return read()
    except DatabaseError:
        raise
    except Exception as problem:
        logger.warning("A part of the evidence cannot be read: %s", type(problem).__name__, exc_info=True)
        return []


def contributors(
    rule: Rule, metric: Metric, where: Mapping[str, list[str]], *, until: datetime, width: timedelta, now: datetime
) -> list[dict[str, Any]]:
    """The values of other dimensions that grew most against the window before: by what is bad of a share, by time
    spent of a duration, by number of all else."""
    edges = (until - 2 * width, until - width, until)
    free = [name for name in metric.dimensions if len(where.get(name, ())) != 1]
    grown: list[tuple[float, str, str, float, float]] = []
    for name in free[:DIMENSIONS]:
        found = series.windows(rule.project_id, metric, edges=edges, now=now, where=where, group_by=[name])
        if len(found) < 2:
            continue  # what all have alike tells nothing apart
        for history in found:
            if history.labels[0] in ("", OTHER):
                continue
            before, after = (_weight(metric, history.all[place], history.bad[place]) for place in (0, 1))
            grown.append((after - before, name, history.labels[0], before, after))
    top = sorted((one for one in grown if one[0] > 0), key=lambda one: (-one[0], one[1], one[2]))[:TOP]
    unit = _unit(metric)
    return [
        {
            "dimension": name, "value": value, "before": before, "after": after,
            "words": f"{name} {value}: {said(after, unit)} in {span(width)}, {said(before, unit)} in those before",
        }
        for _, name, value, before, after in top
    ]  # fmt: skip


def _weight(metric: Metric, whole: Measure, bad: Measure) -> float:
    if metric.measure == "share":
        beyond = metric.beyond
        return float(bad.count if beyond is None else whole.count - whole.histogram.count_below(beyond))
    return whole.total if metric.measure == "mean" or metric.needs_histogram else float(whole.count)


def _unit(metric: Metric) -> str:
    if metric.measure == "share":
        return "bad"
    return f"{metric.unit} in all".strip() if metric.measure == "mean" or metric.needs_histogram else ""


def samples(rule: Rule, where: Mapping[str, list[str]], *, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """The latest kept events of issues that were seen in that time: new issues first, then the most frequent."""
    issues = Issue.objects.filter(
        project_id=rule.project_id, status=Issue.Status.UNRESOLVED, last_seen_at__gte=start, first_seen_at__lte=end
    )
    recent = list(issues.order_by("-last_seen_at", "-pk")[:50])
    recent.sort(key=lambda issue: (issue.first_seen_at < start, -issue.event_count, -issue.pk))
    found: list[dict[str, Any]] = []
    for issue in recent:
        kept = (
            Occurrence.objects.filter(group__issue=issue, at__gte=start, at__lte=end).defer("payload").order_by("-at")
        )
        for name in ("environment", "release"):
            if where.get(name):
                kept = kept.filter(**{f"{name}__in": where[name]})
        event = kept.first()
        if event is not None:
            address = reverse("dashboard:event", args=[rule.project.slug, issue.pk, event.event_id.hex])
            link = settings.OBS_PUBLIC_URL + address
            found.append({"event_id": event.event_id.hex, "title": issue.title[:200], "link": link})
        if len(found) == SAMPLES:
            break
    return found


def budget(rule: Rule, metric: Metric, *, until: datetime, now: datetime) -> dict[str, Any]:
    """What was left of the budget of the rule's objective; nothing where it has none."""
    objective = rule.objective
    if objective is None:
        return {}
    period = Period(until - timedelta(days=objective.days), until)
    seen = series.total(rule.project_id, metric, period=period, now=now, where=rule.where)
    left = burn.budget(Seen(seen.samples, seen.bad), target=objective.target).left
    if left is None:
        return {}
    words = f"{100 * left:.0f} % of the budget of “{objective.name}” over {objective.days} days was left."
    return {"left": left, "days": objective.days, "target": objective.target, "words": words}
