"""Log lines that match a search: more of them within a window than a number, which may be none at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from alerts.rules.contract import (
    ANY_MOMENT,
    Asked,
    Field,
    InvalidRule,
    Judged,
    Verdict,
    cut,
    minutes,
    query,
    search,
    span,
    whole,
)
from analytics.engine.log_search import condition
from analytics.questions.watched import log_matches
from analytics.questions.watched.series import History
from events.issues.search import SearchError

TITLE = "Logs"
SAYS = "Tells you when log lines match a search: any, or more than a number."
METRIC = log_matches.METRIC
IS_PROMPT = False
GONE = Judged(Verdict.CLEAR, words="no such line any more")
FIELDS = (
    Field(
        "query", "When lines that match", longest=500,
        help="As on the logs page: level:error logger:db.* order.id:77 “timed out”. !healthz leaves out.",
    ),
    Field("more_than", "are more than", "0", help="0: any line."),
    Field("window", "within minutes", "5"),
)  # fmt: skip


def clean(given: Mapping[str, Any]) -> dict[str, Any]:
    cleaned = {
        "query": query(given, "query"),
        "more_than": whole({"more_than": 0, **given}, "more_than", least=0),
        "window": minutes(given, "window", most=1440),
    }
    if not cleaned["query"]:
        raise InvalidRule("query", "Say what lines to look for; all lines are a threshold of “Log lines”.")
    try:
        condition(search(cleaned, "query", now=ANY_MOMENT))
    except SearchError as error:
        raise InvalidRule("query", error.message) from None
    return cleaned


def check(config: Mapping[str, Any], where: Mapping[str, Sequence[str]], group_by: Sequence[str]) -> None:
    cut(log_matches.COLUMNS, where, group_by, "Log lines")


def names(group_by: Sequence[str]) -> tuple[str, ...]:
    return tuple(group_by)


def needs(config: Mapping[str, Any]) -> timedelta:
    return timedelta(minutes=config["window"])


def read(asked: Asked) -> list[History]:
    wanted = search(asked.config, "query", now=asked.now)
    return log_matches.matching(
        asked.project.pk, wanted, period=asked.period, step=asked.step, where=asked.where, group_by=asked.group_by
    )


def judge(config: Mapping[str, Any], history: History, *, at: datetime) -> Judged:
    found = history.over(at - needs(config), at)
    limit = config["more_than"]
    words = f"{found.samples:,} lines within {span(config['window'])}, more than {limit:,} alert: {config['query']}"
    verdict = Verdict.BREACH if found.samples > limit else Verdict.CLEAR
    return Judged(verdict, float(found.samples), float(limit), words, found.samples)


def says(config: Mapping[str, Any]) -> str:
    return f"Log lines that match {config['query']}"
