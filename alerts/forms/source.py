"""What a person types to take in the alerts of others."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from alerts.foreign import setup
from alerts.forms import parts
from alerts.models import ForeignSource, Monitor
from events.models import Project


class SourceForm(forms.ModelForm):
    """A name, and the monitor that its watchdog reports to."""

    watchdog = forms.ModelChoiceField(
        label="Its Watchdog reports to", queryset=Monitor.objects.none(), required=False,
        empty_label="a monitor that is made when it is first heard",
        help_text="The alert that always fires; when it is not heard any more, the monitor is down.",
    )  # fmt: skip

    class Meta:
        model = ForeignSource
        fields = ("name", "watchdog")

    def __init__(self, *args: Any, project: Project | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        if project is not None:
            self.instance.project = project
        monitors = Monitor.objects.filter(project_id=self.instance.project_id)
        self.fields["watchdog"].queryset = monitors  # type: ignore[attr-defined]

    def store(self, project: Project, *, actor: Any, now: datetime) -> tuple[ForeignSource, str] | None:
        """The source, and its token where it is new; None when it was refused, with why in `errors`."""
        given: dict[str, Any] = {name: self.cleaned_data[name] for name in ("name", "watchdog")}
        try:
            if self.instance.pk:
                source = ForeignSource.objects.select_related("project").get(pk=self.instance.pk)
                return setup.update(source, **given, actor=actor, now=now), ""
            return setup.create(project, **given, actor=actor, now=now)
        except ValidationError as error:
            parts.put_errors(self, error)
            return None
