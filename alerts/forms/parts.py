"""What the forms of alerts share: whom to tell, how a metric is cut, and errors of storing at their fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from alerts import schedule
from alerts.models import Channel, EscalationStep
from alerts.routing.setup import Step
from alerts.schedule import InvalidSchedule


class InTwo(forms.BaseForm):
    """A form whose `SELDOM` fields, which have a good value already or which few ask for, come when they are called."""

    SELDOM: ClassVar[Set[str]] = frozenset()
    instance: Any

    @property
    def often(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in self.SELDOM]

    @property
    def seldom(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name in self.SELDOM]

    @property
    def shows_seldom(self) -> bool:
        """What exists shows all it has; what was typed among them stays in sight, and so does what is wrong there."""
        typed = set(self.changed_data) if self.is_bound else set()
        return bool(self.instance.pk or typed & self.SELDOM or any(field.errors for field in self.seldom))


def channels_field() -> forms.ModelMultipleChoiceField:
    """Whom to tell; `offer_channels` says which there are."""
    return forms.ModelMultipleChoiceField(
        label="Tell", queryset=Channel.objects.none(), required=False, widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: every channel of the project whose own filter lets it through.",
    )  # fmt: skip


def where_field() -> forms.CharField:
    return forms.CharField(
        label="Only where", max_length=1000, required=False,
        help_text="environment=production, route=GET /checkout. Several values of one: release=1.0|1.1. Empty: all.",
    )  # fmt: skip


def escalation_field() -> forms.CharField:
    """Who is told when nobody acknowledges; `steps` reads it."""
    return forms.CharField(
        label="If nobody looks after it", max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}), help_text="A step a line: 15 min: On-call, Managers",
    )  # fmt: skip


def offer_channels(form: forms.BaseForm, project_id: int) -> None:
    channels = Channel.objects.filter(project_id=project_id).defer("config")
    form.fields["channels"].queryset = channels  # type: ignore[attr-defined]


def put_errors(form: forms.BaseForm, error: ValidationError, *, fields: Mapping[str, str] | None = None) -> None:
    """Each error at its field, at the one that `fields` names for it, or at the form where there is none."""
    for name, reasons in error.message_dict.items():
        field = (fields or {}).get(name, name)
        form.add_error(field if field in form.fields else None, reasons)


def pairs(text: str) -> dict[str, str]:
    """`a=b, c=d` as a dict. Raises ValidationError for a part without a name or a value."""
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not (name and equals and value):
            raise ValidationError(f"{part!r} is no name=value.")
        found[name] = value
    return found


def cut(text: str) -> dict[str, list[str]]:
    """`route=GET /a, release=1.0|1.1` as the values of each dimension. Raises ValidationError."""
    return {name: value.split("|") for name, value in pairs(text).items()}


def cut_text(where: Mapping[str, Sequence[str]]) -> str:
    """The values of each dimension as they are typed."""
    return ", ".join(f"{name}={'|'.join(values)}" for name, values in where.items())


def names(text: str) -> list[str]:
    """`team, environment` as a list."""
    return [name.strip() for name in text.split(",") if name.strip()]


def seconds(text: str) -> int:
    """A length of time as people type it. Raises ValidationError."""
    try:
        return schedule.length(text)
    except InvalidSchedule as error:
        raise ValidationError(str(error)) from None


def steps(text: str, project_id: int) -> list[Step]:
    """`15 min: On-call, Managers`, a step a line. Raises ValidationError for what is no step, and unknown channels."""
    channels = {channel.name: channel for channel in Channel.objects.filter(project_id=project_id).defer("config")}
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        after, colon, named = line.partition(":")
        wanted = names(named)
        try:
            minutes = schedule.length(after) // 60
        except InvalidSchedule as error:
            raise ValidationError({"steps": str(error)}) from None
        if not (colon and wanted):
            raise ValidationError({"steps": f"{line[:60]!r} is no step: 15 min: On-call."})
        if unknown := [name for name in wanted if name not in channels]:
            known = ", ".join(channels) or "none"
            raise ValidationError({"steps": f"There is no channel {unknown[0][:60]!r}; there are: {known[:300]}."})
        found.append(Step(minutes, [channels[name] for name in wanted]))
    return found


def escalation_text(steps: Iterable[EscalationStep]) -> str:
    """The steps as they are typed."""
    return "\n".join(
        f"{schedule.spoken(step.after_minutes * 60)}: {', '.join(channel.name for channel in step.channels.all())}"
        for step in steps
    )
