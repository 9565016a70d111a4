"""What a person types to add or change an objective."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from alerts.forms import parts
from alerts.models import Objective
from alerts.slos import setup
from alerts.slos.setup import Promise
from events.models import Project

BEGINNING = {"target": "99.9", "days": 30, "min_total": 100, "min_bad": 10}


class ObjectiveForm(forms.Form):
    """One objective; numbers are checked where they are stored."""

    name = forms.CharField(max_length=60)
    indicator = forms.ChoiceField(label="Good are", choices=Objective.Indicator.choices)
    threshold_ms = forms.CharField(
        label="In time is, in milliseconds", max_length=20, required=False,
        help_text="Of requests and visits. Counted from the nearest edge of the stored histograms, at most 1 % away.",
    )  # fmt: skip
    target = forms.CharField(
        label="Good events, percent", max_length=20, help_text="From 50 to 99.999. The rest is the budget."
    )
    days = forms.ChoiceField(label="Over the last", choices=Objective.Days.choices)
    where = parts.where_field()
    min_total = forms.CharField(
        label="Judged with at least so many events", max_length=20,
        help_text="Fewer in a long window say nothing: the page says “not enough traffic”.",
    )  # fmt: skip
    min_bad = forms.CharField(
        label="Alerts with at least so many bad ones", max_length=20,
        help_text="In the long window. One failure of ten requests is a burn of 100 at a target of 99.9.",
    )  # fmt: skip
    channels = parts.channels_field()

    def __init__(self, *args: Any, project: Project, objective: Objective | None = None, **kwargs: Any) -> None:
        self.project, self.objective = project, objective
        if objective is None:
            kwargs["initial"] = {**BEGINNING, **kwargs.get("initial", {})}
        else:
            kwargs["initial"] = _stored(objective)
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        parts.offer_channels(self, project.pk)

    def clean_where(self) -> dict[str, list[str]]:
        return parts.cut(self.cleaned_data["where"])

    def promise(self) -> Promise:
        """What a valid form asks for."""
        data = self.cleaned_data
        return Promise(**{name: data[name] for name in Promise.__dataclass_fields__})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                setup.put(self.objective or Objective(project=self.project), self.promise())
            except ValidationError as error:
                parts.put_errors(self, error)
        return cleaned

    def store(self, *, actor: Any, now: datetime) -> Objective | None:
        """The objective of a valid form, made or changed; None when it was refused, with the reason in `errors`."""
        channels = list(self.cleaned_data["channels"])
        try:
            if self.objective is None:
                return setup.create(self.project, self.promise(), channels=channels, actor=actor, now=now)
            return setup.update(self.objective, self.promise(), channels=channels, actor=actor, now=now)
        except ValidationError as error:
            parts.put_errors(self, error)
            return None


def _stored(objective: Objective) -> dict[str, Any]:
    return {
        "name": objective.name,
        "indicator": objective.indicator,
        "threshold_ms": "" if objective.threshold_ms is None else f"{objective.threshold_ms:.10g}",
        "target": f"{objective.target:.10g}",
        "days": objective.days,
        "where": parts.cut_text(objective.where),
        "min_total": objective.min_total,
        "min_bad": objective.min_bad,
        "channels": objective.channels.all(),
    }
