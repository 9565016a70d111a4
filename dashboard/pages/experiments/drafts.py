"""An experiment between the form and the store: plain fields, shares in percent, two empty rows for more metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics.experiments import plans
from analytics.models import Experiment

TEXTS = ("key", "name", "hypothesis", "flag", "control", "method", "correction")
PERCENTS = ("level", "power", "planned_effect", "expected_share")
ROW_TEXTS = ("name", "kind", "event", "property", "over_event", "over_property", "hours")
EMPTY = {"kind": "conversion", "hours": "168", "margin": "10", "more_is_better": True}
_SPARE = 2


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form: `rows` are metrics, as they are typed."""

    texts: Mapping[str, Any]
    rows: tuple[Mapping[str, Any], ...] = ()

    @property
    def with_spare_rows(self) -> list[Mapping[str, Any]]:
        return [*self.rows, *[EMPTY] * _SPARE][: plans.MOST_METRICS]


NEW = Draft(
    {"method": "sequential", "correction": "holm", "level": "5", "power": "80", "planned_effect": "10",
     "is_adjusted": True}
)  # fmt: skip


def of_post(sent: Mapping[str, str]) -> Draft:
    """What was typed; rows without any name or event are left out."""

    def text(name: str) -> str:
        return str(sent.get(name, "")).replace("\0", "").strip()[:2000]

    rows = []
    for number in range(plans.MOST_METRICS):
        row: dict[str, Any] = {name: text(f"m-{number}-{name}") for name in (*ROW_TEXTS, "margin")}
        row |= {"more_is_better": text(f"m-{number}-goal") != "less", "is_guardrail": bool(text(f"m-{number}-guard"))}
        if row["name"] or row["event"] or row["kind"] in ("errors", "slow"):
            rows.append(row)
    texts: dict[str, Any] = {name: text(name) for name in (*TEXTS, *PERCENTS, "expected_people")}
    return Draft({**texts, "is_adjusted": bool(text("is_adjusted"))}, tuple(rows))


def of_experiment(experiment: Experiment) -> Draft:
    """The form of an experiment as it is."""
    texts = {name: getattr(experiment, name) for name in ("key", *TEXTS[1:3], *TEXTS[4:], "is_adjusted")}
    texts |= {name: _percent(getattr(experiment, name)) for name in PERCENTS}
    texts |= {"flag": str(experiment.flag_id), "expected_people": _plain(experiment.expected_people)}
    rows = [{**one, "hours": _plain(one["hours"]), "margin": _percent(one["margin"])} for one in experiment.metrics]
    return Draft(texts, tuple(rows))


def sent(draft: Draft) -> dict[str, Any]:
    """The draft in the words of the store; what is no number goes there as it is, to be refused by its field."""
    found = {name: draft.texts.get(name, "") for name in ("name", "hypothesis", "control", "method", "correction")}
    shares = {name: _share(draft.texts.get(name, "")) for name in PERCENTS}
    metrics = [{**row, "margin": _share(row["margin"])} for row in draft.rows]
    people = draft.texts.get("expected_people") or None
    return {
        **found, **shares, "expected_share": shares["expected_share"] or None, "expected_people": people,
        "is_adjusted": draft.texts.get("is_adjusted", False), "metrics": metrics,
    }  # fmt: skip


def _share(typed: str) -> Any:
    try:
        return float(typed.replace(",", ".")) / 100
    except ValueError:
        return typed


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.10g}"


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"
