"""Single issues: new ones, those that came back, those that escalate, and those that happen often or to many.

Each issue is a group of the rule. What changed once (new, regressed, no longer ignored) is news for a while and then
no more; nobody is told of that end. Channels hear of the same changes by their own filters; one that did is not told
again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from alerts.rules.contract import (
    Asked,
    Field,
    Judged,
    Verdict,
    choice,
    cut,
    minutes,
    query,
    search,
    span,
    whole,
)
from analytics.questions.watched import issue_events
from analytics.questions.watched.series import History
from analytics.statistics import escalation
from events.models import Transition

TITLE = "Issue"
SAYS = "Tells you of single issues: new, back again, escalating, or more frequent than a number."
METRIC = issue_events.CHANGES
IS_PROMPT = True
GONE = Judged(Verdict.CLEAR, words="nothing of it any more")
TRIGGERS = {
    "new": "is new",
    "regressed": "comes back after it was resolved",
    "unignored": "is no longer ignored",
    "escalating": "escalates: far more events an hour than in the week before",
    "events": "has more events than the number",
    "users": "happens to more people than the number",
}
CHANGES = {
    "new": Transition.Kind.NEW, "regressed": Transition.Kind.REGRESSION, "unignored": Transition.Kind.UNIGNORED,
}  # fmt: skip
_SAID = {"new": "new", "regressed": "back again", "unignored": "no longer ignored"}
HOUR = timedelta(hours=1)
FIELDS = (
    Field("trigger", "When an issue", "new", tuple(TRIGGERS.items())),
    Field("more_than", "the number", "100", help="Of events or people; the others need none."),
    Field("window", "within minutes", "60"),
    Field(
        "query", "Only issues that match", "is:unresolved", longest=500,
        help="As on the issues page: level:error tags[browser]:Firefox “KeyError”. Tags: of any event in the window.",
    ),
)  # fmt: skip


def clean(given: Mapping[str, Any]) -> dict[str, Any]:
    trigger = choice(given, "trigger", tuple(TRIGGERS))
    cleaned: dict[str, Any] = {
        "trigger": trigger,
        "window": minutes({"window": 60, **given}, "window"),
        "query": query(given, "query"),
    }
    if trigger in ("events", "users"):
        cleaned["more_than"] = whole(given, "more_than", least=0)
    return cleaned


def check(config: Mapping[str, Any], where: Mapping[str, Sequence[str]], group_by: Sequence[str]) -> None:
    allowed = ("environment",) if config["trigger"] == "escalating" else issue_events.COLUMNS
    cut(allowed, where, (), "Issues")
    cut((), (), group_by, "A rule of issues alerts for each issue and")


def names(group_by: Sequence[str]) -> tuple[str, ...]:
    return ("issue",)


def needs(config: Mapping[str, Any]) -> timedelta:
    if config["trigger"] == "escalating":
        return escalation.WEEK + 2 * HOUR
    return timedelta(minutes=config["window"])


def read(asked: Asked) -> list[History]:
    trigger, wanted = asked.config["trigger"], search(asked.config, "query", now=asked.now)
    if trigger in CHANGES:
        return issue_events.changes(
            asked.project, [CHANGES[trigger]], search=wanted, where=asked.where, period=asked.period, now=asked.now
        )
    if trigger == "escalating":
        since = asked.period.start if asked.is_past else asked.period.end - 2 * HOUR
        environments = asked.where.get("environment", ())
        return issue_events.hours(
            asked.project, search=wanted, environments=environments, period=asked.period, since=since, now=asked.now
        )
    return issue_events.frequency(
        asked.project, of_users=trigger == "users", search=wanted, where=asked.where, period=asked.period,
        step=asked.step, now=asked.now,
    )  # fmt: skip


def judge(config: Mapping[str, Any], history: History, *, at: datetime) -> Judged:
    trigger = config["trigger"]
    if trigger == "escalating":
        return _escalating(history, at=at)
    found = history.over(at - timedelta(minutes=config["window"]), at)
    count = found.value or 0.0
    if trigger in CHANGES:
        verdict = Verdict.BREACH if count else Verdict.CLEAR
        return Judged(verdict, count, None, f"{_SAID[trigger]}: {history.about}", found.samples)
    limit = float(config["more_than"])
    words = (
        f"{count:,.0f} {history.metric.unit} within {span(config['window'])}, more than {limit:,.0f} alert: "
        f"{history.about}"
    )
    return Judged(Verdict.BREACH if count > limit else Verdict.CLEAR, count, limit, words, found.samples)


def says(config: Mapping[str, Any]) -> str:
    only = f", of those that match {config['query']}" if config["query"] else ""
    number = f" {config['more_than']:,}" if "more_than" in config else ""
    return f"An issue that {TRIGGERS[config['trigger']].replace(' the number', number)}{only}"


def is_news(config: Mapping[str, Any]) -> bool:
    """Whether it is told of and never of its end, since it is a change and no state."""
    return config["trigger"] in CHANGES


def _escalating(history: History, *, at: datetime) -> Judged:
    hour = at.replace(minute=0, second=0, microsecond=0)
    present, previous = history.over(hour, at).samples, history.over(hour - HOUR, hour).samples
    first = max(history.at[0], hour - HOUR - escalation.WEEK) if history.at else hour
    before = [one.samples for _, one in history.along(first, hour - HOUR, HOUR)]
    found = escalation.judge(max(present, previous), before)
    if found is None:
        return Judged(Verdict.NO_DATA, None, None, f"younger than a day: {history.about}", present)
    most = max(present, previous)
    words = f"{most:,} events within an hour, more than {found:,.0f} is unusual after the week before: {history.about}"
    return Judged(Verdict.BREACH if most > found else Verdict.CLEAR, float(most), found, words, most)
