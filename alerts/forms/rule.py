"""What a person types to add or change a rule of one kind."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction

from alerts.forms import parts
from alerts.models import Rule
from alerts.routing import setup
from alerts.rules import rule_setup
from alerts.rules.contract import Field
from alerts.rules.kinds import KINDS, SOURCES
from alerts.rules.rule_setup import Wanted
from analytics.questions.watched.metrics import METRICS, title_of
from events.models import Project

_ABOUT = {
    "errors": "Errors", "requests": "Requests", "vitals": "Web vitals", "sessions": "Sessions", "logs": "Logs",
    "queries": "Queries", "metrics": "Metrics of yours", "security": "Security", "check_ins": "Check-ins",
    "probes": "Probes",
}  # fmt: skip
_OWN = "of_kind_"


def _metrics() -> list[tuple[str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for metric in METRICS.values():
        groups[_ABOUT[metric.rollup]].append((metric.name, metric.title))
    return list(groups.items())


def _field(field: Field) -> forms.Field:
    made: forms.Field
    if field.is_metric:
        made = forms.ChoiceField(choices=lambda: [("", "—"), *_metrics()])
    elif field.choices:
        made = forms.ChoiceField(choices=field.choices)
    else:
        made = forms.CharField(max_length=field.longest)
    made.label, made.help_text, made.required = field.label, field.help, False
    return made


class RuleForm(parts.InTwo, forms.ModelForm):
    """One rule; the fields of its kind stand between what is watched and how long it must last."""

    SELDOM = {
        "group_by", "for_minutes", "keep_minutes", "no_data", "every_minutes", "repeat_minutes", "runbook", "labels",
        "escalation",
    }  # fmt: skip

    metric = forms.ChoiceField(label="Watch", choices=_metrics)
    where = parts.where_field()
    group_by = forms.CharField(
        label="An alert for each", max_length=200, required=False, help_text="environment, release, route … Empty: one."
    )
    labels = forms.CharField(
        max_length=500, required=False, help_text="team=checkout, tier=1: silences and receivers tell alerts by them."
    )
    runbook = forms.URLField(max_length=500, required=False, assume_scheme="https")
    channels = parts.channels_field()
    escalation = parts.escalation_field()

    class Meta:
        model = Rule
        fields = (
            "name", "severity", "for_minutes", "keep_minutes", "no_data", "every_minutes", "repeat_minutes", "runbook",
        )  # fmt: skip
        labels = {
            "for_minutes": "Fires after minutes",
            "keep_minutes": "Ends after minutes of health",
            "no_data": "No data",
            "every_minutes": "Looked at every so many minutes",
            "repeat_minutes": "Told again after minutes",
        }

    def __init__(self, *args: Any, project: Project | None = None, kind: str = "", **kwargs: Any) -> None:
        """A new rule of a project and a kind, or that of `instance`."""
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        rule = self.instance
        self.project = project = project or rule.project
        self.kind = kind = kind or rule.kind
        rule.project, rule.kind = project, kind
        for field in KINDS[kind].FIELDS:
            made = _field(field)
            stored = rule.config.get(field.name) if rule.pk else self.initial.get(field.name, field.default)
            made.initial = "" if stored is None else f"{stored:g}" if isinstance(stored, float) else stored
            self.fields[_OWN + field.name] = made
        parts.offer_channels(self, project.pk)
        if kind in SOURCES:
            del self.fields["metric"]
            if SOURCES[kind].names(()):
                del self.fields["group_by"]
        elif rule.pk and rule.metric not in METRICS:
            own_metric = (rule.metric, title_of(rule.metric))
            self.fields["metric"].choices = [own_metric, *_metrics()]  # type: ignore[attr-defined]
        if rule.pk:
            self.initial = {
                **self.initial,
                "metric": rule.metric,
                "where": parts.cut_text(rule.where),
                "group_by": ", ".join(rule.group_by),
                "labels": ", ".join(f"{name}={value}" for name, value in rule.labels.items()),
                "channels": rule.channels.all(),
                "escalation": parts.escalation_text(rule.steps.all()),
            }
        own = [_OWN + field.name for field in KINDS[kind].FIELDS]
        self.order_fields(["name", "metric", *own, "where", "group_by", "for_minutes", "keep_minutes", "no_data"])

    def clean_where(self) -> dict[str, list[str]]:
        return parts.cut(self.cleaned_data["where"])

    def clean_group_by(self) -> list[str]:
        return [name.strip() for name in self.cleaned_data["group_by"].split(",") if name.strip()]

    def clean_labels(self) -> dict[str, str]:
        return parts.pairs(self.cleaned_data["labels"])

    def wanted(self) -> Wanted:
        """What a valid form asks for."""
        data = self.cleaned_data
        plain = {name: data[name] for name in Wanted.__dataclass_fields__ if name in data}
        config = {field.name: data.get(_OWN + field.name, "") for field in KINDS[self.kind].FIELDS}
        return Wanted(**{"metric": "", **plain, "kind": self.kind, "config": config})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                rule_setup.put(self.instance, self.wanted())
            except ValidationError as error:
                self._put_errors(error)
        return cleaned

    def store(self, *, actor: Any, now: datetime) -> Rule | None:
        """The rule of a valid form, made or changed; None when it was refused, with the reason in `errors`."""
        if self.instance.objective_id:
            self.add_error(None, f"This rule belongs to the objective {self.instance.objective}: change that.")
            return None
        channels = list(self.cleaned_data["channels"])
        try:
            steps = parts.steps(self.cleaned_data["escalation"], self.project.pk)
            with transaction.atomic():
                if self.instance.pk:
                    before = Rule.objects.get(pk=self.instance.pk)
                    rule = rule_setup.update(before, self.wanted(), channels=channels, actor=actor, now=now)
                else:
                    rule = rule_setup.create(self.project, self.wanted(), channels=channels, actor=actor, now=now)
                if steps or rule.steps.exists():
                    setup.store_steps(rule, steps, actor=actor, now=now)
                return rule
        except ValidationError as error:
            self._put_errors(error)
            return None

    def _put_errors(self, error: ValidationError) -> None:
        own = {field.name: _OWN + field.name for field in KINDS[self.kind].FIELDS}
        parts.put_errors(self, error, fields={**own, "steps": "escalation"})
