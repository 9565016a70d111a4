"""Monitors for staff; each change is a call to the function the pages call."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone

from alerts.forms import MonitorForm
from alerts.models import Monitor
from alerts.monitors import monitor_setup
from events.accounts import access
from events.accounts.audited_admin import AuditedAdmin, OwnProjects


@admin.register(Monitor)
class MonitorAdmin(AuditedAdmin):
    """Monitors; their secret addresses stand on the pages alone."""

    project_path = "project"
    role_to_change = access.EDITOR
    form = MonitorForm
    list_display = ["name", "project", "slug", "kind", "schedule", "zone", "is_enabled", "is_muted", "problem"]
    list_filter = ["kind", "source", "is_enabled", ("project", OwnProjects)]
    list_select_related = ["project"]
    search_fields = ["name", "slug"]
    actions = ["pause", "resume"]
    readonly_fields = ["slug", "source", "is_enabled", "problem", "created_at"]

    def get_fields(self, request: HttpRequest, obj: Monitor | None = None) -> Any:
        typed = [name for name in MonitorForm.field_order if obj is not None or name != "channels"]
        return typed if obj is None else [*typed, *self.readonly_fields]

    def get_readonly_fields(self, request: HttpRequest, obj: Monitor | None = None) -> Any:
        return [] if obj is None else [*self.readonly_fields, "project"]

    def save_model(self, request: HttpRequest, obj: Monitor, form: ModelForm, change: bool) -> None:
        assert isinstance(form, MonitorForm)
        stored = form.store(obj.project, actor=request.user, now=timezone.now())
        if stored is None:  # taken by somebody else after the form was validated
            raise ValidationError(form.errors.as_data())
        obj.pk = stored.pk

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The monitors alone: their runs go with them."""
        return [str(monitor) for monitor in objs], {"monitors": len(objs)}, set(), []

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Django's own log only: the function that deletes a monitor writes its audit entry."""
        return admin.ModelAdmin.log_deletions(self, request, queryset)

    def delete_model(self, request: HttpRequest, obj: Monitor) -> None:
        monitor_setup.delete(obj, actor=request.user, now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Monitor]) -> None:
        for monitor in queryset.select_related("project"):
            monitor_setup.delete(monitor, actor=request.user, now=timezone.now())

    @admin.action(description="Pause", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Monitor]) -> None:
        for monitor in queryset.select_related("project"):
            monitor_setup.pause(monitor, actor=request.user, now=timezone.now())

    @admin.action(description="Resume", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Monitor]) -> None:
        for monitor in queryset.select_related("project"):
            monitor_setup.resume(monitor, actor=request.user, now=timezone.now())
