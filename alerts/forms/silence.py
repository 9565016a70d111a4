"""What a person types to silence alerts for a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from alerts.forms import parts
from alerts.models import Silence
from alerts.rules import rule_setup
from events.models import Project

LENGTHS = (("30", "30 minutes"), ("60", "1 hour"), ("240", "4 hours"), ("1440", "1 day"), ("10080", "1 week"))


class SilenceForm(forms.Form):
    """Which alerts, for how long from now, and why."""

    matchers = forms.CharField(
        label="Alerts with", max_length=500, help_text="rule=Too many failures, route=GET /a: all of them must match."
    )
    minutes = forms.ChoiceField(label="For", choices=LENGTHS, initial="60")
    reason = forms.CharField(label="Because", max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""

    def clean_matchers(self) -> dict[str, str]:
        return parts.pairs(self.cleaned_data["matchers"])

    def store(self, project: Project, *, actor: Any, now: datetime) -> Silence | None:
        """The silence that a valid form asks for; None when it was refused, with the reason in `errors`."""
        data = self.cleaned_data
        ends_at = now + timedelta(minutes=int(data["minutes"]))
        try:
            return rule_setup.silence(
                project, data["matchers"], starts_at=now, ends_at=ends_at, reason=data["reason"], actor=actor, now=now
            )
        except ValidationError as error:
            parts.put_errors(self, error)
            return None
