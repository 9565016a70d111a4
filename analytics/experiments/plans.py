"""What an experiment counts and how many people it needs, as people set it up. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, get_args

from django.core.exceptions import ValidationError

from analytics.questions.variants.experiments import Kind, Measure
from analytics.statistics import sizes

KINDS: dict[str, str] = {
    "conversion": "share of people who did it",
    "mean": "times a person, or the sum of a property",
    "ratio": "one sum by another",
    "errors": "share of people who met an error",
    "slow": "share of page loads with a slow LCP",
}
NEEDS_EVENT = ("conversion", "mean", "ratio")
MOST_METRICS = 12
MOST_HOURS = 90 * 24
# A guardrail holds where what it may have lost is less than this part of the control's mean.
MARGIN = 0.1
_TEXTS = ("event", "property", "over_event", "over_property")
assert set(KINDS) == set(get_args(Kind))


@dataclass(frozen=True, slots=True)
class Metric:
    """One thing that is counted. `margin` is of guardrails alone."""

    name: str
    measure: Measure
    more_is_better: bool = True
    is_guardrail: bool = False
    margin: float = MARGIN

    @property
    def is_share(self) -> bool:
        return self.measure.kind in ("conversion", "errors")

    @property
    def is_percent(self) -> bool:
        """Whether it is shown in percent: a share of people, or of page loads."""
        return self.is_share or self.measure.kind == "slow"

    @property
    def is_ratio(self) -> bool:
        return self.measure.kind in ("ratio", "slow")


def metrics_of(stored: Sequence[Mapping[str, Any]]) -> list[Metric]:
    """The metrics as they are stored, those that decide before those that guard."""
    found = [
        Metric(
            one["name"],
            Measure(one["kind"], timedelta(hours=one["hours"]), *(one[name] for name in _TEXTS)),
            one["more_is_better"],
            one["is_guardrail"],
            one["margin"],
        )
        for one in stored
    ]
    return sorted(found, key=lambda metric: metric.is_guardrail)


def checked(sent: Any) -> list[dict[str, Any]]:
    """Metrics as they are stored, of such as were typed or sent. Raises ValidationError."""
    if not isinstance(sent, list) or not all(isinstance(one, dict) for one in sent):
        raise ValidationError({"metrics": "Metrics are a list of objects."})
    if len(sent) > MOST_METRICS:
        raise ValidationError({"metrics": f"An experiment has at most {MOST_METRICS} metrics."})
    found = [_metric(one) for one in sent]
    names = [one["name"] for one in found]
    if len(set(names)) < len(names):
        raise ValidationError({"metrics": "Two metrics have the same name."})
    if all(one["is_guardrail"] for one in found):
        raise ValidationError({"metrics": "Name at least one metric that decides: a guardrail only warns."})
    return found


def _metric(sent: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(sent.get("kind", ""))
    texts = {name: str(sent.get(name) or "").strip()[:200] for name in _TEXTS}
    name = str(sent.get("name") or "").strip()[:80] or texts["event"] or KINDS.get(kind, "")
    if kind not in KINDS:
        raise ValidationError({"metrics": f"{name or 'A metric'}: its kind is one of {', '.join(KINDS)}."})
    if kind in NEEDS_EVENT and not texts["event"]:
        raise ValidationError({"metrics": f"{name}: which event, or which page?"})
    if kind == "ratio" and not texts["over_event"]:
        raise ValidationError({"metrics": f"{name}: by which event is it divided?"})
    used = {"conversion": 1, "mean": 2, "ratio": 4}.get(kind, 0)
    return {
        "name": name, "kind": kind,
        **{field: texts[field] if place < used else "" for place, field in enumerate(_TEXTS)},
        "hours": number(sent.get("hours", 168), "metrics", f"{name}: hours", 1, MOST_HOURS),
        "margin": number(sent.get("margin", MARGIN), "metrics", f"{name}: what may be lost", 0, 1),
        "more_is_better": bool(sent.get("more_is_better", True)) and kind not in ("errors", "slow"),
        "is_guardrail": bool(sent.get("is_guardrail")),
    }  # fmt: skip


def number(sent: Any, field: str, name: str, least: float, most: float) -> float:
    """A number within its bounds. Raises ValidationError of the field."""
    try:
        found = float(sent)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if isinstance(sent, bool) or not least <= found <= most:
        raise ValidationError({field: f"{name} is a number from {least:g} to {most:g}."})
    return found


@dataclass(frozen=True, slots=True)
class Required:
    """People that each variant needs, and the days until they came; None where nobody comes."""

    size: int
    days: float | None


def required(
    *,
    mean: float,
    variance: float,
    is_share: bool,
    effect: float,
    method: str,
    level: float,
    power: float,
    variants: int,
    people_per_day: float,
) -> Required | None:
    """What it takes to see a change by `effect` of the mean; None where the mean says nothing of it."""
    difference = mean * effect
    if not difference or variance <= 0 or (is_share and not 0 < mean + difference < 1):
        return None
    about = {"level": level, "power": power}
    if method == "sequential":
        size = sizes.sequential(variance, difference, **about)
    elif is_share:
        size = sizes.of_proportion(mean, difference, **about)
    else:
        size = sizes.of_mean(variance, difference, **about)
    whole = math.ceil(size)
    return Required(whole, sizes.days(whole, variants, people_per_day))
