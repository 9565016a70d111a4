"""What a person types to watch a scheduled job."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from alerts import schedule
from alerts.forms import parts
from alerts.models import Monitor
from alerts.monitors import monitor_setup
from alerts.monitors.monitor_setup import Wanted
from events.models import Project

# Lengths of time are typed in fields of their own.
_TYPED = {"margin_seconds": "margin", "max_runtime_seconds": "max_runtime"}


class MonitorForm(forms.ModelForm):
    """One monitor; lengths of time are typed as people say them."""

    kind = forms.ChoiceField(
        label="Expected",
        choices=[
            ("cron", "at the times of a cron line"),
            ("simple", "within some time of the last report"),
            ("interval", "at an interval of the calendar"),
        ],
    )
    schedule = forms.CharField(
        max_length=200, help_text="A cron line: 0 3 * * *, @daily. Some time: 1 d, 90 min. An interval: 1 month."
    )
    zone = forms.CharField(
        label="Time zone",
        max_length=64,
        initial="UTC",
        help_text="Europe/Vienna: the zone of the machine that runs it.",
    )
    margin = forms.CharField(label="May be late by", max_length=40, initial="5 min")
    max_runtime = forms.CharField(label="May take", max_length=40, initial="30 min")
    channels = parts.channels_field()

    class Meta:
        model = Monitor
        fields = ("name", "failure_threshold", "recovery_threshold", "is_muted")
        labels = {
            "failure_threshold": "Down after failures in a row",
            "recovery_threshold": "Up after good runs in a row",
            "is_muted": "Tell nobody",
        }

    field_order = [
        "project", "name", "kind", "schedule", "zone", "margin", "max_runtime", "failure_threshold",
        "recovery_threshold", "is_muted", "channels",
    ]  # fmt: skip

    def __init__(self, *args: Any, project: Project | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        monitor = self.instance
        if project is not None:
            monitor.project = project
        if monitor.project_id:
            parts.offer_channels(self, monitor.project_id)
        if monitor.pk:
            is_simple = monitor.kind == Monitor.Kind.SIMPLE and monitor.schedule.isdecimal()
            self.initial = {
                **self.initial,
                "kind": monitor.kind,
                "schedule": schedule.spoken(int(monitor.schedule)) if is_simple else monitor.schedule,
                "zone": monitor.zone,
                "margin": schedule.spoken(monitor.margin_seconds),
                "max_runtime": schedule.spoken(monitor.max_runtime_seconds),
                "channels": monitor.channels.all(),
            }

    def clean_margin(self) -> int:
        return parts.seconds(self.cleaned_data["margin"])

    def clean_max_runtime(self) -> int:
        return parts.seconds(self.cleaned_data["max_runtime"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                monitor_setup.check(self.instance, self._wanted())
            except ValidationError as error:
                parts.put_errors(self, error, fields=_TYPED)
        return cleaned

    def store(self, project: Project, *, actor: Any, now: datetime) -> Monitor | None:
        """The monitor that a valid form asks for, made or changed; None when it was refused, with why in `errors`."""
        given: dict[str, Any] = {"channels": list(self.cleaned_data.get("channels", ())), "actor": actor, "now": now}
        try:
            if self.instance.pk:
                before = Monitor.objects.select_related("project").get(pk=self.instance.pk)
                return monitor_setup.update(before, self._wanted(), **given)
            return monitor_setup.create(project, self._wanted(), **given)
        except ValidationError as error:
            parts.put_errors(self, error, fields=_TYPED)
            return None

    def _wanted(self) -> Wanted:
        data = self.cleaned_data
        plain = {name: data[name] for name in Wanted.__dataclass_fields__ if name in data}
        return Wanted(**plain, margin_seconds=data["margin"], max_runtime_seconds=data["max_runtime"])
