"""Routes, inhibitions, maintenance and sources for staff; each change is a call to the function the pages call."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone

from alerts.forms import InhibitionForm, MaintenanceForm, RouteForm
from alerts.models import ForeignSource, Inhibition, Maintenance, Notice, Route
from alerts.routing import setup
from events.accounts import access
from events.accounts.audited_admin import AuditedAdmin, OwnProjects, ReadOnlyAdmin


class StoredAdmin(AuditedAdmin):
    """Rows that their form stores and `remove` deletes, as the pages do."""

    project_path = "project"
    role_to_change = access.EDITOR
    list_filter: ClassVar[Any] = [("project", OwnProjects)]
    list_select_related: ClassVar[Any] = ["project"]
    search_fields: ClassVar[Any] = ["name"]
    needs_project: ClassVar[frozenset[str]] = frozenset()  # fields that mean nothing before the project is known
    remove: ClassVar[Callable[..., None]]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        order = self.form.field_order or ()
        return list(order) if obj is not None else [name for name in order if name not in self.needs_project]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [] if obj is None else ["project"]

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        stored = form.store(obj.project, actor=request.user, now=timezone.now())  # type: ignore[attr-defined]
        if stored is None:  # refused after the form was validated
            raise ValidationError(form.errors.as_data())
        obj.pk = stored.pk

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool) -> None:
        """The function that stored the row stored what belongs to it."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        return [str(row) for row in objs], {str(self.opts.verbose_name_plural): len(objs)}, set(), []

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Django's own log only: the function that deletes a row writes its audit entry."""
        return admin.ModelAdmin.log_deletions(self, request, queryset)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        type(self).remove(obj, actor=request.user, now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset.select_related("project"):
            self.delete_model(request, row)


@admin.register(Route)
class RouteAdmin(StoredAdmin):
    form = RouteForm
    page = "dashboard:route"
    list_display = ["position", "name", "project", "matchers", "tells_nobody", "goes_on", "repeat_minutes"]
    needs_project = frozenset({"channels", "escalation"})
    remove = setup.delete_route


@admin.register(Inhibition)
class InhibitionAdmin(StoredAdmin):
    form = InhibitionForm
    page = "dashboard:inhibition"
    list_display = ["name", "project", "source", "target", "equal"]
    remove = setup.delete_inhibition


@admin.register(Maintenance)
class MaintenanceAdmin(StoredAdmin):
    form = MaintenanceForm
    page = "dashboard:maintenance"
    list_display = ["name", "project", "matchers", "starts_at", "ends_at", "cron", "minutes", "zone", "created_by"]
    remove = setup.delete_maintenance


@admin.register(ForeignSource)
class ForeignSourceAdmin(ReadOnlyAdmin):
    """Who sends alerts here; a token is made on the pages, where it is shown."""

    project_path = "project"
    page = "dashboard:source"
    list_display = ["name", "project", "hint", "is_enabled", "last_at", "last_problem"]
    list_filter = ["is_enabled", ("project", OwnProjects)]
    list_select_related = ["project"]
    fields = ["project", "name", "hint", "watchdog", "is_enabled", "created_at", "last_at", "last_problem"]
    readonly_fields = ["hint"]


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """What people have to hear of, as it stands."""

    project_path = "project"
    list_display = ["__str__", "project", "source", "is_on", "is_flapping", "is_muted", "began_at", "acknowledged_by"]
    list_filter = ["source", "is_on", ("project", OwnProjects)]
    list_select_related = ["project", "acknowledged_by"]
    fields = ["project", "source", "key", "labels", "is_on", "is_flapping", "is_muted", "began_at", "ended_at",
              "acknowledged_at", "acknowledged_by", "escalates_at"]  # fmt: skip
