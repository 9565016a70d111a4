"""What a person types to set a status page up, and to publish on it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from alerts.forms import parts
from alerts.incidents.status import notices, setup
from alerts.incidents.status.states import WORDS, State
from alerts.models import Incident, StatusComponent, StatusNotice, StatusPage
from events.models import Project


class StatusPageForm(forms.Form):
    """The page itself."""

    title = forms.CharField(max_length=100, help_text="As customers know it.")
    slug = forms.SlugField(max_length=64, label="Address", help_text="It stands at /status/<address>/.")
    description = forms.CharField(max_length=500, required=False)
    zone = forms.CharField(max_length=64, label="Time zone", help_text="In which its days begin: Europe/Vienna, say.")
    is_published = forms.BooleanField(required=False, label="Published: anybody may see it")
    is_indexed = forms.BooleanField(required=False, label="Search engines may list it")
    takes_subscribers = forms.BooleanField(required=False, label="Visitors may ask for mails")

    def __init__(self, *args: Any, project: Project, page: StatusPage | None, **kwargs: Any) -> None:
        initial = {"title": project.name, "slug": project.slug, "zone": "UTC"}
        if page is not None:
            initial = {name: getattr(page, name) for name in self.base_fields}
        super().__init__(*args, **{"initial": initial, **kwargs})
        self.label_suffix, self.project = "", project

    def store(self, *, actor: Any, now: datetime) -> StatusPage | None:
        """The page that a valid form asks for; None when it was refused, with the reason in `errors`."""
        try:
            return setup.store_page(self.project, self.cleaned_data, actor=actor, now=now)
        except ValidationError as error:
            parts.put_errors(self, error)
            return None


class StatusComponentForm(forms.Form):
    """One component of a page."""

    name = forms.CharField(max_length=80, help_text="As customers know it: Checkout, say.")
    description = forms.CharField(max_length=200, required=False)
    sources = forms.MultipleChoiceField(
        required=False, label="Is as good as", widget=forms.CheckboxSelectMultiple,
        help_text="A monitor that is down is an outage; a rule that fires is as bad as it is grave. None: what you "
        "publish says how it is.",
    )  # fmt: skip
    position = forms.IntegerField(min_value=0, max_value=1000, initial=0)

    def __init__(self, *args: Any, page: StatusPage, component: StatusComponent | None = None, **kwargs: Any) -> None:
        initial: dict[str, Any] = {"position": page.components.count()}
        if component is not None:
            initial = {name: getattr(component, name) for name in ("name", "description", "position")}
            initial["sources"] = [f"{kind}:{number}" for kind, number in component.sources]
        super().__init__(*args, **{"initial": initial, **kwargs})
        self.label_suffix, self.page, self.component = "", page, component
        self.fields["sources"].choices = setup.offered(page.project)  # type: ignore[attr-defined]

    def store(self, *, actor: Any, now: datetime) -> StatusComponent | None:
        """The component that a valid form asks for; None when it was refused, with the reason in `errors`."""
        try:
            return setup.store_component(self.page, self.component, **self.cleaned_data, actor=actor, now=now)
        except ValidationError as error:
            parts.put_errors(self, error)
            return None


class _OfComponents(forms.Form):
    """A state for each component of a page, beside what else a form asks."""

    page: StatusPage
    prefix_of = "component_"

    def put_components(self, given: dict[str, str], *, is_planned: bool) -> None:
        choices: list[tuple[str, str]] = [("", "As it is")]
        choices += (
            [(State.MAINTENANCE.value, "Under maintenance")]
            if is_planned
            else [(state.value, WORDS[state]) for state in State if state is not State.MAINTENANCE]
        )
        for one in self.page.components.all():
            self.fields[f"{self.prefix_of}{one.public_id}"] = forms.ChoiceField(
                choices=choices, required=False, label=one.name, initial=given.get(one.public_id, "")
            )

    def components(self) -> dict[str, str]:
        length = len(self.prefix_of)
        return {
            name[length:]: state for name, state in self.cleaned_data.items()
            if name.startswith(self.prefix_of) and state
        }  # fmt: skip


class NoticeForm(_OfComponents):
    """A notice to publish: an incident, or with a beginning planned maintenance."""

    title = forms.CharField(max_length=200)
    body = forms.CharField(max_length=notices.LONGEST_BODY, label="What customers should know", widget=forms.Textarea)

    def __init__(
        self, *args: Any, page: StatusPage, is_planned: bool = False, incident: Incident | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix, self.page, self.incident, self.is_planned = "", page, incident, is_planned
        if is_planned:
            widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
            for name, label in (("scheduled_for", "From (UTC)"), ("scheduled_until", "Until (UTC)")):
                self.fields[name] = forms.DateTimeField(label=label, widget=widget, input_formats=["%Y-%m-%dT%H:%M"])
        else:
            of_incident = [(one.value, one.label) for one in notices.OF_INCIDENT]
            impacts = [choice for choice in StatusNotice.Impact.choices if choice[0] != "maintenance"]
            self.fields["status"] = forms.ChoiceField(choices=of_incident)
            self.fields["impact"] = forms.ChoiceField(choices=impacts, initial=StatusNotice.Impact.MINOR)
        self.put_components({}, is_planned=is_planned)

    def store(self, *, actor: Any, now: datetime) -> StatusNotice | None:
        """The notice that a valid form asks for; None when it was refused, with the reason in `errors`."""
        data = {name: value for name, value in self.cleaned_data.items() if not name.startswith(self.prefix_of)}
        for name in ("scheduled_for", "scheduled_until"):
            if name in data:
                data[name] = data[name].replace(tzinfo=UTC)
        wanted = notices.Wanted(**data, components=self.components(), incident=self.incident)
        try:
            return notices.publish(self.page, wanted, actor=actor, now=now)
        except ValidationError as error:
            parts.put_errors(self, error)
            return None


class UpdateForm(_OfComponents):
    """One more message of a notice."""

    status = forms.ChoiceField()
    body = forms.CharField(max_length=notices.LONGEST_BODY, label="What customers should know", widget=forms.Textarea)

    def __init__(self, *args: Any, notice: StatusNotice, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"status": notice.status}, **kwargs})
        self.label_suffix, self.page, self.notice = "", notice.page, notice
        is_planned = notice.kind == StatusNotice.Kind.MAINTENANCE
        allowed = notices.OF_MAINTENANCE if is_planned else notices.OF_INCIDENT
        self.fields["status"].choices = [(one.value, one.label) for one in allowed]  # type: ignore[attr-defined]
        self.put_components(notice.components, is_planned=is_planned)

    def store(self, *, actor: Any, now: datetime) -> bool:
        """Whether it was stored; the reason why not is in `errors`."""
        data = self.cleaned_data
        try:
            notices.update(
                self.notice, status=data["status"], body=data["body"], components=self.components(), actor=actor,
                now=now,
            )  # fmt: skip
        except ValidationError as error:
            parts.put_errors(self, error)
            return False
        return True
