"""What a person types to add or change a channel; stored secrets are never shown again, an empty field keeps them."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from alerts.delivery import channel_setup
from alerts.delivery.channel_setup import Conduct
from alerts.delivery.channels import KINDS, standard, webhook
from alerts.forms import parts
from alerts.models import Channel, Notification
from events.models import Project, Transition

_TYPED = ("routing_key", "url", "secret", "addresses")
_SECRETS = {"webhook": webhook.new_secret, "standard": standard.new_secret, "": standard.new_secret}
_QUIET = ("quiet_from", "quiet_until", "quiet_days", "quiet_zone")
_DAYS = [(str(n), name) for n, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))]


class ChannelForm(forms.ModelForm):
    """One channel; with `kind` given, only what that kind asks for."""

    url = forms.CharField(label="URL", max_length=2000, required=False)
    secret = forms.CharField(
        max_length=200, required=False, help_text="Signs each message; note it for the receiver, it is not shown again."
    )
    routing_key = forms.CharField(label="Integration key", max_length=64, required=False)
    addresses = forms.CharField(max_length=2000, required=False, help_text="E-mail addresses, separated by commas.")
    transitions = forms.MultipleChoiceField(
        label="Send",
        choices=[(kind, Notification.Kind(kind).label) for kind in Transition.PROBLEMS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: all problems, those of alerts and monitors too.",
    )
    environments = forms.CharField(max_length=500, required=False, help_text="Separated by commas. Empty: all.")
    fallback = forms.ModelChoiceField(
        label="If it cannot be delivered, send to",
        queryset=Channel.objects.none(),
        required=False,
        empty_label="nobody",
    )
    quiet_from = forms.TimeField(
        label="Quiet from", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="What comes while it is quiet is told as one message at its end. What is critical comes at once.",
    )  # fmt: skip
    quiet_until = forms.TimeField(
        label="Quiet until", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    quiet_days = forms.TypedMultipleChoiceField(
        label="Quiet on", choices=_DAYS, coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
        help_text="The days on which it begins. None chosen: every day.",
    )  # fmt: skip
    quiet_zone = forms.CharField(
        label="Time zone", max_length=64, required=False, help_text="Europe/Berlin. Empty: UTC."
    )
    is_house = forms.BooleanField(
        label="Send trouble of this server too", required=False,
        help_text="Nothing arrives, messages wait, alerts are judged late, a channel is off.",
    )  # fmt: skip

    by_superuser = True  # the admin says so of the class it makes

    class Meta:
        model = Channel
        fields = ["name", "kind", "min_level"]
        labels = {"min_level": "From this level on"}

    field_order = [
        "project", "name", "kind", *_TYPED, "transitions", "min_level", "environments", "fallback", *_QUIET, "is_house",
    ]  # fmt: skip

    def __init__(
        self,
        *args: Any,
        kind: str = "",
        project: Project | None = None,
        is_superuser: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.by_superuser = self.by_superuser if is_superuser is None else is_superuser
        if not self.by_superuser:
            del self.fields["is_house"]
        if project is not None:
            self.instance.project = project
        self.label_suffix = ""
        channel = self.instance
        kind = channel.kind or kind
        if channel.pk:
            self.initial["transitions"] = channel.transitions
            self.initial["environments"] = ", ".join(channel.environments)
            self.initial.update({name: getattr(channel, name) for name in (*_QUIET, "fallback", "is_house")})
            for name in _TYPED:
                self.fields[name].widget.attrs["placeholder"] = (
                    channel.masked if name in ("url", "addresses") else "unchanged"
                )
        elif kind in _SECRETS:
            self.initial["secret"] = _SECRETS[kind]()
        for name in _TYPED:
            self.fields[name].widget.attrs["autocomplete"] = "off"
            if kind and name not in KINDS[kind].FIELDS:
                del self.fields[name]
        if kind:
            channel.kind = kind
            self.fields.pop("kind", None)
            if KINDS[kind].TAKES_EACH:
                for name in _QUIET:
                    del self.fields[name]
        others = Channel.objects.filter(project_id=channel.project_id)  # none, while the project is not known
        self.fields["fallback"].queryset = others.exclude(pk=channel.pk).defer("config")  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        name = self.cleaned_data["name"].strip()
        if self.instance.project_id and channel_setup.is_name_taken(self.instance, name):
            raise ValidationError(channel_setup.TAKEN)
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.instance.kind = self.instance.kind or cleaned.get("kind", "")
        if self.instance.kind == Channel.Kind.APPRISE and not self.by_superuser:
            self.add_error(None, "Only a superuser may add or change a channel of Apprise.")
            return cleaned
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
            "conduct": Conduct(
                fallback=data["fallback"],
                quiet_from=data.get("quiet_from"),
                quiet_until=data.get("quiet_until"),
                quiet_days=data.get("quiet_days") or (),
                quiet_zone=data.get("quiet_zone", "").strip(),
                is_house=data.get("is_house", self.instance.is_house),
            ),
            "actor": actor,
            "now": now,
        }
        try:
            if self.instance.pk:
                stored = Channel.objects.select_related("project").defer("config").get(pk=self.instance.pk)
                return channel_setup.update(stored, **values)
            return channel_setup.create(project, kind=self.instance.kind, **values)
        except ValidationError as error:
            parts.put_errors(self, error)
            return None

    def _typed(self, cleaned: dict[str, Any]) -> dict[str, str]:
        return {name: cleaned[name] for name in _TYPED if cleaned.get(name)}
