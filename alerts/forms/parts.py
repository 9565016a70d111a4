"""What the forms of alerts share: whom to tell, how a metric is cut, and errors of storing at their fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django import forms
from django.core.exceptions import ValidationError

from alerts.models import Channel


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
