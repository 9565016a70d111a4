"""What people type to say who is told of what, and what holds what back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from alerts import schedule
from alerts.forms import parts
from alerts.models import Inhibition, Route
from alerts.routing import setup
from alerts.routing.setup import WantedInhibition, WantedRoute
from events.models import Project

_MATCHERS = 'team=web, environment!=dev, route=~"GET /a.*", region in (eu, us).'
_TYPED = {"steps": "escalation", "wait_seconds": "wait", "interval_seconds": "interval", "repeat_minutes": "repeat"}


class RouteForm(forms.ModelForm):
    """One route: which labels, which channels, how they are grouped, and who comes next."""

    matchers = forms.CharField(
        label="What has the labels", max_length=1000, required=False,
        help_text=f"{_MATCHERS} All of them must match; empty: everything.",
    )  # fmt: skip
    channels = parts.channels_field()
    group_by = forms.CharField(
        label="A message for each", max_length=500, required=False,
        help_text="Labels: team, environment. What has the same values is told in one message. Empty: all in one.",
    )  # fmt: skip
    wait = forms.CharField(
        label="Waits for more", max_length=40, initial="30 s",
        help_text="After the first of a group; with 0 here and below each is told at once.",
    )  # fmt: skip
    interval = forms.CharField(label="Speaks again after", max_length=40, initial="5 min")
    repeat = forms.CharField(label="Repeats after", max_length=40, initial="4 h", help_text="0: never.")
    escalation = parts.escalation_field()

    class Meta:
        model = Route
        fields = ("name", "position", "tells_nobody", "goes_on")
        labels = {"tells_nobody": "Tell nobody", "goes_on": "Try the routes after it, too", "position": "Place"}

    field_order = [
        "project", "name", "matchers", "channels", "tells_nobody", "goes_on", "group_by", "wait", "interval", "repeat",
        "escalation", "position",
    ]  # fmt: skip

    def __init__(self, *args: Any, project: Project | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        route = self.instance
        if project is not None:
            route.project = project
        if route.project_id:
            parts.offer_channels(self, route.project_id)
        if route.pk:
            self.initial = {
                **self.initial,
                "matchers": route.matchers,
                "channels": route.channels.all(),
                "group_by": ", ".join(route.group_by),
                "wait": schedule.spoken(route.wait_seconds),
                "interval": schedule.spoken(route.interval_seconds),
                "repeat": schedule.spoken(route.repeat_minutes * 60),
                "escalation": parts.escalation_text(route.steps.all()),
            }
        elif route.project_id:
            self.initial = {"position": Route.objects.filter(project=route.project_id).count() + 1, **self.initial}

    def clean_group_by(self) -> list[str]:
        return parts.names(self.cleaned_data["group_by"])

    def clean_wait(self) -> int:
        return parts.seconds(self.cleaned_data["wait"])

    def clean_interval(self) -> int:
        return parts.seconds(self.cleaned_data["interval"])

    def clean_repeat(self) -> int:
        return parts.seconds(self.cleaned_data["repeat"]) // 60

    def store(self, project: Project, *, actor: Any, now: datetime) -> Route | None:
        """The route that a valid form asks for, made or changed; None when it was refused, with why in `errors`."""
        data = self.cleaned_data
        names = ("name", "matchers", "position", "tells_nobody", "goes_on", "group_by")
        wanted = WantedRoute(
            **{name: data[name] for name in names},
            wait_seconds=data["wait"], interval_seconds=data["interval"], repeat_minutes=data["repeat"],
        )  # fmt: skip
        route = Route.objects.get(pk=self.instance.pk) if self.instance.pk else Route(project=project)
        channels = list(data.get("channels", ()))
        try:
            steps = parts.steps(data.get("escalation", ""), project.pk)
            return setup.store_route(route, wanted, channels=channels, steps=steps, actor=actor, now=now)
        except ValidationError as error:
            parts.put_errors(self, error, fields=_TYPED)
            return None


class InhibitionForm(forms.ModelForm):
    """What holds back what."""

    source = forms.CharField(label="While this is on", max_length=1000, help_text=_MATCHERS)
    target = forms.CharField(label="Nobody is told of", max_length=1000, help_text="severity in (warning, info).")
    equal = forms.CharField(
        label="If these labels are the same", max_length=500, required=False, help_text="environment, team"
    )

    class Meta:
        model = Inhibition
        fields = ("name",)

    field_order = ["project", "name", "source", "target", "equal"]

    def __init__(self, *args: Any, project: Project | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        made = self.instance
        if project is not None:
            made.project = project
        if made.pk:
            typed = {"source": made.source, "target": made.target, "equal": ", ".join(made.equal)}
            self.initial = {**self.initial, **typed}

    def clean_equal(self) -> list[str]:
        return parts.names(self.cleaned_data["equal"])

    def store(self, project: Project, *, actor: Any, now: datetime) -> Inhibition | None:
        """The inhibition that a valid form asks for; None when it was refused, with why in `errors`."""
        wanted = WantedInhibition(**{name: self.cleaned_data[name] for name in ("name", "source", "target", "equal")})
        made = Inhibition.objects.get(pk=self.instance.pk) if self.instance.pk else Inhibition(project=project)
        try:
            return setup.store_inhibition(made, wanted, actor=actor, now=now)
        except ValidationError as error:
            parts.put_errors(self, error)
            return None
