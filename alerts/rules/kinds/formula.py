"""A formula over up to four metrics, above or below a number. What it cannot work out is no data, and says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alerts.rules.contract import Asked, Field, InvalidRule, Judged, Verdict
from alerts.rules.kinds import threshold
from analytics.questions.watched import formulas, series
from analytics.questions.watched.formulas import LETTERS, FormulaError
from analytics.questions.watched.metrics import Metric, UnknownMetric, metric_of, title_of
from analytics.questions.watched.series import History

TITLE = "Formula"
SAYS = "Tells you when a formula over up to four metrics is above or below a number."
METRIC = Metric("formula", "Formula", "", "formula")
IS_PROMPT = False
GONE = Judged(Verdict.NO_DATA, words="its group does not occur any more")
FIELDS = (
    *(Field(letter, f"{letter} is", is_metric=True, longest=60) for letter in LETTERS),
    Field(
        "formula", "Watch", "100 * a / b", longest=formulas.LONGEST,
        help="Letters, numbers, + - * / and brackets. A division by zero is no data.",
    ),
    Field("unit", "in", help="%, ms, €: said beside the number.", longest=12),
    *threshold.FIELDS[:4],
)  # fmt: skip


def clean(given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        node = formulas.parse(str(given.get("formula", "")))
    except FormulaError as error:
        raise InvalidRule("formula", str(error)) from None
    chosen = {letter: str(given.get(letter) or "").strip() for letter in LETTERS}
    for letter in sorted(node.letters()):
        if not chosen[letter]:
            raise InvalidRule(letter, f"The formula uses {letter}: choose its metric.")
        try:
            metric_of(chosen[letter])
        except UnknownMetric as error:
            raise InvalidRule(letter, str(error)) from None
    return {
        **{letter: name for letter, name in chosen.items() if letter in node.letters()},
        "formula": str(given["formula"]).strip(),
        "unit": str(given.get("unit") or "").strip()[:12],
        **{name: value for name, value in threshold.clean(given).items() if name != "min_samples"},
    }


def check(config: Mapping[str, Any], where: Mapping[str, Sequence[str]], group_by: Sequence[str]) -> None:
    for name in _metrics(config).values():
        try:
            metric_of(name).cut(where, group_by)
        except UnknownMetric as error:
            raise InvalidRule("where", str(error)) from None


def names(group_by: Sequence[str]) -> tuple[str, ...]:
    return tuple(group_by)


def needs(config: Mapping[str, Any]) -> timedelta:
    return threshold.needs(config)


def read(asked: Asked) -> list[History]:
    metrics = {letter: metric_of(name) for letter, name in _metrics(asked.config).items()}
    parts = {
        letter: series.histories(
            asked.project.pk, metric, period=asked.period, now=asked.now, where=asked.where, group_by=asked.group_by,
            step=asked.step, shared=asked.shared,
        )
        for letter, metric in metrics.items()
    }  # fmt: skip
    said = replace(METRIC, unit=asked.config["unit"])
    return formulas.combined(formulas.parse(asked.config["formula"]), said, metrics, parts, step=asked.step)


def judge(config: Mapping[str, Any], history: History, *, at: datetime) -> Judged:
    found = history.over(at - needs(config), at)
    if found.value is None:
        return Judged(Verdict.NO_DATA, None, config["threshold"], f"no data: {found.why}"[:300], found.samples)
    return threshold.judge({**config, "min_samples": 0}, history, at=at)


def says(config: Mapping[str, Any]) -> str:
    where = ", ".join(f"{letter}: {title_of(name)}" for letter, name in _metrics(config).items())
    return f"{config['formula']} ({where})"


def _metrics(config: Mapping[str, Any]) -> dict[str, str]:
    return {letter: config[letter] for letter in LETTERS if config.get(letter)}
