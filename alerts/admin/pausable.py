"""What is watched until somebody pauses it, for staff; each change is a call to the function the pages call."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone

from events.accounts import access
from events.accounts.audited_admin import AuditedAdmin


class PausableAdmin(AuditedAdmin):
    """`setup` is the module with create, update, delete, pause and resume; the form's `store` calls the first two."""

    setup: Any
    form: Any
    project_path = "project"
    role_to_change = access.EDITOR
    actions = ["pause", "resume"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        typed = [name for name in self.form.field_order if obj is not None or name != "channels"]
        return typed if obj is None else [*typed, *self.readonly_fields]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [] if obj is None else [*self.readonly_fields, "project"]

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        assert isinstance(form, self.form)
        stored = form.store(obj.project, actor=request.user, now=timezone.now())
        if stored is None:  # taken by somebody else after the form was validated
            raise ValidationError(form.errors.as_data())
        obj.pk = stored.pk

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The rows alone: what was kept of them goes with them."""
        return [str(one) for one in objs], {str(self.opts.verbose_name_plural): len(objs)}, set(), []

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Django's own log only: the function that deletes writes the audit entry."""
        return admin.ModelAdmin.log_deletions(self, request, queryset)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.setup.delete(obj, actor=request.user, now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for one in queryset.select_related("project"):
            self.setup.delete(one, actor=request.user, now=timezone.now())

    @admin.action(description="Pause", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for one in queryset.select_related("project"):
            self.setup.pause(one, actor=request.user, now=timezone.now())

    @admin.action(description="Resume", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for one in queryset.select_related("project"):
            self.setup.resume(one, actor=request.user, now=timezone.now())
