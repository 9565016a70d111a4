"""What a person types about an incident, and when a project's alerts open one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from alerts.forms import parts
from alerts.incidents import acting, following
from alerts.models import Incident, IncidentPolicy
from alerts.models.incident import Severity
from events.models import Project


class NewIncidentForm(forms.Form):
    """One opened by hand."""

    title = forms.CharField(max_length=200, label="What goes wrong")
    severity = forms.ChoiceField(choices=Severity.choices, initial=Severity.ERROR)
    text = forms.CharField(
        max_length=acting.LONGEST_COMMENT, required=False, label="What is known", widget=forms.Textarea
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""

    def store(self, project: Project, *, actor: Any, now: datetime) -> Incident | None:
        """The incident that a valid form asks for; None when it was refused, with the reason in `errors`."""
        try:
            return acting.open_by_hand(project, **self.cleaned_data, actor=actor, now=now)
        except ValidationError as error:
            parts.put_errors(self, error)
            return None


class IncidentForm(forms.Form):
    """What may be changed of one."""

    title = forms.CharField(max_length=200)
    severity = forms.ChoiceField(choices=Severity.choices)
    commander: Any = forms.ModelChoiceField(queryset=None, required=False, empty_label="Nobody", label="Led by")
    is_held = forms.BooleanField(required=False, label="It stays open until a person resolves it")
    summary = forms.CharField(
        max_length=acting.LONGEST_SUMMARY, required=False, widget=forms.Textarea,
        help_text="What happened, why, and what follows: the beginning of the post-mortem. Markdown.",
    )  # fmt: skip

    def __init__(self, *args: Any, incident: Incident, **kwargs: Any) -> None:
        initial = {name: getattr(incident, name) for name in ("title", "severity", "commander", "is_held", "summary")}
        super().__init__(*args, **{"initial": initial, **kwargs})
        self.label_suffix, self.incident = "", incident
        people = get_user_model()._default_manager.filter(is_active=True, memberships__project=incident.project)
        self.fields["commander"].queryset = people.order_by("username")  # type: ignore[attr-defined]

    def store(self, *, actor: Any, now: datetime) -> list[str] | None:
        """What was changed, in words; None when it was refused, with the reason in `errors`."""
        try:
            return acting.change(self.incident, **self.cleaned_data, actor=actor, now=now)
        except ValidationError as error:
            parts.put_errors(self, error)
            return None


class IncidentPolicyForm(forms.Form):
    """When a project's alerts open incidents."""

    opens = forms.ChoiceField(choices=IncidentPolicy.Opens.choices, label="Opened by")
    window_minutes = forms.IntegerField(
        min_value=1, max_value=1440, label="Joined for so many minutes",
        help_text="An alert with something in common joins an incident whose last alert came within that time.",
    )  # fmt: skip
    ends_itself = forms.BooleanField(required=False, label="Resolved when the last of its alerts ends")

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        policy = following.policy_of(project.pk)
        initial = {name: getattr(policy, name) for name in ("opens", "window_minutes", "ends_itself")}
        super().__init__(*args, **{"initial": initial, **kwargs})
        self.label_suffix, self.project = "", project

    def store(self, *, actor: Any, now: datetime) -> IncidentPolicy | None:
        """The policy that a valid form asks for; None when it was refused, with the reason in `errors`."""
        try:
            return acting.set_policy(self.project, **self.cleaned_data, actor=actor, now=now)
        except ValidationError as error:
            parts.put_errors(self, error)
            return None
