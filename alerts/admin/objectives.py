"""Objectives for staff; they are made and changed on their pages, with the rules that belong to them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from alerts.models import Objective
from alerts.slos import setup
from events.accounts import access
from events.accounts.audited_admin import AuditedAdmin, OwnProjects


@admin.register(Objective)
class ObjectiveAdmin(AuditedAdmin):
    """Objectives, with what is promised; deleted by the function that the page calls."""

    project_path = "project"
    role_to_change = access.EDITOR
    page = "dashboard:slo"
    list_display = ["name", "project", "indicator", "target", "days", "created_at"]
    list_filter = ["indicator", "days", ("project", OwnProjects)]
    list_select_related = ["project"]
    search_fields = ["name"]
    fields = [
        "project", "name", "indicator", "threshold_ms", "where", "target", "days", "min_total", "min_bad", "created_at",
    ]  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Objective | None = None) -> bool:
        return False

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The objectives alone: their rules and alerts go with them."""
        return [str(objective) for objective in objs], {"objectives": len(objs)}, set(), []

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Django's own log only: the function that deletes an objective writes its audit entry."""
        return admin.ModelAdmin.log_deletions(self, request, queryset)

    def delete_model(self, request: HttpRequest, obj: Objective) -> None:
        setup.delete(obj, actor=request.user, now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Objective]) -> None:
        for objective in queryset.select_related("project"):
            setup.delete(objective, actor=request.user, now=timezone.now())
