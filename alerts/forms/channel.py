"""What a person types to add or change a channel; stored secrets are never shown again, an empty field keeps them."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from alerts.delivery import channel_setup
from alerts.delivery.channels import KINDS, webhook
from alerts.forms import parts
from alerts.models import Channel, Notification
from events.models import Project, Transition

_TYPED = ("url", "secret", "addresses")


class ChannelForm(forms.ModelForm):
    """One channel; with `kind` given, only what that kind asks for."""

    url = forms.CharField(label="URL", max_length=2000, required=False)
    secret = forms.CharField(
        max_length=200, required=False, help_text="Signs each message; note it for the receiver, it is not shown again."
    )
    addresses = forms.CharField(max_length=2000, required=False, help_text="E-mail addresses, separated by commas.")
    transitions = forms.MultipleChoiceField(
        label="Tell of",
        choices=[(kind, Notification.Kind(kind).label) for kind in Transition.Kind.values],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: all.",
    )
    environments = forms.CharField(max_length=500, required=False, help_text="Separated by commas. Empty: all.")

    class Meta:
        model = Channel
        fields = ["name", "kind", "min_level"]
        labels = {"min_level": "Lowest level"}

    field_order = ["project", "name", "kind", *_TYPED, "transitions", "min_level", "environments"]

    def __init__(self, *args: Any, kind: str = "", project: Project | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if project is not None:
            self.instance.project = project
        self.label_suffix = ""
        channel = self.instance
        kind = channel.kind or kind
        if channel.pk:
            self.initial["transitions"] = channel.transitions
            self.initial["environments"] = ", ".join(channel.environments)
            for name in _TYPED:
                self.fields[name].widget.attrs["placeholder"] = "unchanged" if name == "secret" else channel.masked
        elif kind in ("", "webhook"):
            self.initial["secret"] = webhook.new_secret()
        for name in _TYPED:
            self.fields[name].widget.attrs["autocomplete"] = "off"
            if kind and name not in KINDS[kind].FIELDS:
                del self.fields[name]
        if kind:
            channel.kind = kind
            self.fields.pop("kind", None)

    def clean_name(self) -> str:
        name = self.cleaned_data["name"].strip()
        if self.instance.project_id and channel_setup.is_name_taken(self.instance, name):
            raise ValidationError("Another channel of this project has this name.")
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.instance.kind = self.instance.kind or cleaned.get("kind", "")
        try:
            channel_setup.check_config(self.instance, self._typed(cleaned))
        except ValidationError as error:
            parts.put_errors(self, error)
        return cleaned

    def store(self, project: Project, *, actor: Any, now: datetime) -> Channel | None:
        """The channel created or changed by a valid form; None when it was refused, with the reason in `errors`."""
        data = self.cleaned_data
        values: dict[str, Any] = {
            "name": data["name"],
            "config": self._typed(data),
            "transitions": data["transitions"],
            "min_level": data["min_level"],
            "environments": data["environments"].split(","),
            "actor": actor,
            "now": now,
        }
        try:
            if self.instance.pk:
                return channel_setup.update(Channel.objects.get(pk=self.instance.pk), **values)
            return channel_setup.create(project, kind=self.instance.kind, **values)
        except ValidationError as error:
            parts.put_errors(self, error)
            return None

    def _typed(self, cleaned: dict[str, Any]) -> dict[str, str]:
        return {name: cleaned[name] for name in _TYPED if cleaned.get(name)}
