"""What a person types to plan maintenance: once, on days of the week, or by a cron line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from alerts import schedule
from alerts.forms import parts
from alerts.models import Maintenance
from alerts.routing import setup
from alerts.routing.setup import WantedMaintenance
from alerts.schedule import InvalidSchedule
from events.models import Project

DAYS = (("1", "Mon"), ("2", "Tue"), ("3", "Wed"), ("4", "Thu"), ("5", "Fri"), ("6", "Sat"), ("0", "Sun"))
_TYPED = {"starts_at": "starts", "ends_at": "ends", "minutes": "lasts"}
_LOCAL = "%Y-%m-%dT%H:%M"


def _moment(label: str, *, required: bool, help_text: str = "") -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_LOCAL)
    return forms.DateTimeField(label=label, required=required, widget=widget, help_text=help_text)


class MaintenanceForm(forms.ModelForm):
    """One maintenance; all that is typed is in its own time zone."""

    matchers = forms.CharField(
        label="Nobody is told of", max_length=1000, help_text="environment=production, monitor=~backup.*"
    )
    zone = forms.CharField(label="Time zone", max_length=64, initial="UTC", help_text="Europe/Vienna")
    repeats = forms.ChoiceField(
        label="It happens",
        choices=[("once", "once"), ("weekly", "on days of the week"), ("cron", "by a cron line")],
    )
    starts = _moment("From", required=True)
    ends = _moment("To", required=False, help_text="Of what repeats: no longer after; empty: for ever.")
    days = forms.MultipleChoiceField(
        label="On days of the week", choices=DAYS, required=False, widget=forms.CheckboxSelectMultiple
    )
    clock = forms.TimeField(
        label="Begins at", required=False, help_text="02:00, on each of these days",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )  # fmt: skip
    cron = forms.CharField(label="By a cron line", max_length=200, required=False, help_text="0 2 1 * *")
    lasts = forms.CharField(label="Lasts", max_length=40, required=False, help_text="2 h, of what repeats")

    class Meta:
        model = Maintenance
        fields = ("name",)

    field_order = [
        "project", "name", "matchers", "zone", "repeats", "starts", "ends", "days", "clock", "cron", "lasts",
    ]  # fmt: skip

    def __init__(self, *args: Any, project: Project | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        made = self.instance
        if project is not None:
            made.project = project
        if made.pk:
            zone = schedule.zone_of(made.zone)
            self.initial = {
                **self.initial,
                "matchers": made.matchers,
                "zone": made.zone,
                "repeats": "cron" if made.cron else "once",
                "starts": made.starts_at.astimezone(zone).replace(tzinfo=None),
                "ends": made.ends_at.astimezone(zone).replace(tzinfo=None) if made.ends_at else None,
                "cron": made.cron,
                "lasts": schedule.spoken(made.minutes * 60) if made.minutes else "",
            }

    def clean_lasts(self) -> int:
        typed = self.cleaned_data["lasts"]
        return parts.seconds(typed) // 60 if typed else 0

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            zone = schedule.zone_of(cleaned.get("zone", ""))
        except InvalidSchedule as error:
            self.add_error("zone", str(error))
            return cleaned
        for name in ("starts", "ends"):
            if cleaned.get(name) is not None:
                cleaned[name] = cleaned[name].replace(tzinfo=zone).astimezone(UTC)
        if cleaned.get("repeats") == "weekly":
            if not cleaned.get("days"):
                self.add_error("days", "Choose at least one day.")
            if cleaned.get("clock") is None:
                self.add_error("clock", "Say when it begins.")
        elif cleaned.get("repeats") == "cron" and not cleaned.get("cron"):
            self.add_error("cron", "Write a cron line: 0 2 1 * * begins at 02:00 on the first of each month.")
        return cleaned

    def store(self, project: Project, *, actor: Any, now: datetime) -> Maintenance | None:
        """The maintenance that a valid form asks for; None when it was refused, with why in `errors`."""
        data = self.cleaned_data
        wanted = WantedMaintenance(
            name=data["name"], matchers=data["matchers"], zone=data["zone"], starts_at=data["starts"],
            ends_at=data["ends"], cron=self._cron(), minutes=data["lasts"],
        )  # fmt: skip
        made = Maintenance.objects.get(pk=self.instance.pk) if self.instance.pk else Maintenance(project=project)
        try:
            return setup.store_maintenance(made, wanted, actor=actor, now=now)
        except ValidationError as error:
            parts.put_errors(self, error, fields=_TYPED)
            return None

    def _cron(self) -> str:
        data = self.cleaned_data
        if data["repeats"] == "weekly":
            return f"{data['clock'].minute} {data['clock'].hour} * * {','.join(data['days'])}"
        return str(data["cron"]) if data["repeats"] == "cron" else ""
