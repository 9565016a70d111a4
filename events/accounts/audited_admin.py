"""What every admin page of a table has in common: changes are audited, and staff see and do what their roles allow."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from events.accounts import access, audit
from events.models import Project


class OwnProjects(admin.RelatedFieldListFilter):
    """A filter by project that offers the projects the person may look at."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        visible = access.visible_projects(request.user)
        ordering = self.field_admin_ordering(field, request, model_admin)
        return field.get_choices(
            include_blank=False, ordering=ordering, limit_choices_to={"pk__in": visible.values("pk")}
        )


class AuditedAdmin(admin.ModelAdmin):
    """Writes one audit entry for each change, unless the function that made it already did.

    Django's permissions say which tables a member of staff works with; which rows of them, `project_path` says: the
    way from a row to its project, whose role counts. A table that names none is a superuser's alone.
    """

    list_per_page = 50
    show_full_result_count = False
    view_on_site = False
    project_path: ClassVar[str] = ""
    role_to_change: ClassVar[str] = access.OWNER
    # The name of the product's page of a row, which takes the project's short form and the row's number; or of the page
    # of all of them, which takes the short form alone, where `page_is_of_all`.
    page: ClassVar[str] = ""
    page_is_of_all: ClassVar[bool] = False

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)
        return [*shown, "in_product"] if self.page else shown

    @admin.display(description="Page")
    def in_product(self, obj: Any) -> str:
        """A link to where the product shows the row, for those who may see its project."""
        url = self.page_of(obj)
        return format_html('<a href="{}">Open<span class="visually-hidden"> {}</span></a>', url, obj) if url else "–"

    def page_of(self, obj: Any) -> str:
        """The address of that page; empty for a row of no project that stands."""
        project = obj if isinstance(obj, Project) else self._project(obj)
        if not self.page or not isinstance(project, Project) or project.deleted_at is not None:
            return ""
        rest = () if self.page_is_of_all else (obj.pk,)
        return reverse(self.page, args=[project.slug, *rest])

    def _project(self, obj: Any) -> Any:
        for name in self.project_path.split("__"):
            obj = getattr(obj, name, None)
        return obj

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        found = self.get_queryset(request).filter(pk=object_id).first() if object_id.isdecimal() else None
        page = {"product_url": self.page_of(found)} if found is not None and self.page else {}
        return super().change_view(request, object_id, form_url, {**page, **(extra_context or {})})

    def reachable(self, request: HttpRequest, rows: QuerySet[Any], role: str) -> QuerySet[Any]:
        """Those of `rows` that whoever asks may act upon as `role`."""
        if request.user.is_superuser:
            return rows
        if not self.project_path:
            return rows.none()
        return rows.filter(**{f"{self.project_path}__in": access.projects_as(request.user, role).values("pk")})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.reachable(request, super().get_queryset(request), access.VIEWER)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and self._may(request, None, self.role_to_change)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) and self._may(request, obj, access.VIEWER)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._may(request, obj, self.role_to_change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may(request, obj, self.role_to_change)

    def _may(self, request: HttpRequest, obj: Any, role: str) -> bool:
        if request.user.is_superuser:
            return True
        if obj is None:
            return bool(self.project_path)
        return self.reachable(request, self.model._default_manager.filter(pk=obj.pk), role).exists()

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any) -> Any:
        """An action on those of the chosen rows that the person may change."""
        changeable = self.reachable(request, queryset, self.role_to_change)
        if not request.user.is_superuser and queryset.exclude(pk__in=changeable.values("pk")).exists():
            messages.info(request, "Of what is listed, only what your role lets you change was changed.")
        return super().response_action(request, changeable, *args, **kwargs)

    def get_autocomplete_fields(self, request: HttpRequest) -> Any:
        """Searched in by superusers; others choose among the few that concern them."""
        return super().get_autocomplete_fields(request) if request.user.is_superuser else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if "queryset" not in kwargs and not request.user.is_superuser:
            kwargs["queryset"] = self.choices(request, db_field.remote_field.model, name=db_field.name)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def choices(self, request: HttpRequest, model: type[Model], *, name: str) -> QuerySet[Any]:
        """What the field `name` of a form offers somebody who is no superuser; nothing of a table unknown here."""
        if model is Project:
            return access.projects_as(request.user, self.role_to_change)
        if model is get_user_model():
            return access.colleagues(request.user)
        return model._default_manager.none()

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """Django sends away whoever asks for a row that is not theirs, as if there were none: a refusal, too."""
        detail = {"page": f"{opts.app_label}_{opts.model_name}", "status": 404}
        obj = (opts.model_name, object_id)
        audit.record("access.denied", actor=request.user, obj=obj, detail=detail, now=timezone.now())
        redirect: HttpResponse = super()._get_obj_does_not_exist_redirect(  # type: ignore[misc]
            request, opts, object_id
        )
        return redirect

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Others than superusers filter by what a list shows: a filter answers questions about hidden columns too."""
        if not super().lookup_allowed(lookup, value, request):
            return False
        if request.user.is_superuser:
            return True
        shown = {name for name in self.list_display if isinstance(name, str)} | {"id", "pk", self.date_hierarchy}
        filters = {entry[0] if isinstance(entry, tuple) else entry for entry in self.list_filter}
        return lookup.partition("__")[0] in shown | {str(name).partition("__")[0] for name in filters}

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
