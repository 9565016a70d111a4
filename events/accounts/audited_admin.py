"""What every admin page of a table has in common: changes are audited, projects of strangers are not listed."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from events.accounts import access, audit
from events.models import Project


class AuditedAdmin(admin.ModelAdmin):
    """Writes one audit entry for each change, unless the function that made it already did."""

    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if request.user.is_superuser or not any(field.name == "project" for field in self.model._meta.fields):
            return rows
        return rows.filter(project__in=access.visible_projects(request.user))

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        _record(request, "create", obj, {})
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        fields = [
            name for part in message if isinstance(part, dict) for name in part.get("changed", {}).get("fields", ())
        ]
        _record(request, "change", obj, {"fields": fields} if fields else {})
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        rows = list(queryset)
        if rows:
            _record(request, "delete", rows[0], {"ids": [str(row.pk) for row in rows][:500]})
        return super().log_deletions(request, queryset)


class ReadOnlyAdmin(AuditedAdmin):
    """Rows to look at; nobody adds, changes or deletes them here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _record(request: HttpRequest, verb: str, obj: Model, detail: dict[str, Any]) -> None:
    if audit.is_told():
        return
    project = obj if isinstance(obj, Project) else getattr(obj, "project", None)
    action = f"{obj._meta.model_name}.{verb}"
    audit.record(action, actor=request.user, project=project, obj=obj, detail=detail, now=timezone.now())
