"""Incidents and status pages for staff: to look at. They are changed on their pages; a subscriber may be removed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from alerts.models import Incident, IncidentAlert, IncidentEvent, StatusNotice, StatusPage, StatusSubscriber
from events.accounts import access
from events.accounts.audited_admin import AuditedAdmin, OwnProjects, ReadOnlyAdmin


class AlertInline(admin.TabularInline):
    model = IncidentAlert
    fields = ["source", "title", "severity", "words", "began_at", "ended_at", "times"]
    can_delete = False
    extra = 0


class EventInline(admin.TabularInline):
    model = IncidentEvent
    fields = ["at", "kind", "actor", "text"]
    can_delete = False
    extra = 0


@admin.register(Incident)
class IncidentAdmin(ReadOnlyAdmin):
    """Incidents with their alerts and what people did."""

    project_path = "project"
    page = "dashboard:incident"
    list_display = ["began_at", "title", "project", "severity", "state", "commander", "resolved_at"]
    list_filter = ["state", "severity", ("project", OwnProjects)]
    list_select_related = ["project", "commander"]
    date_hierarchy = "began_at"
    search_fields = ["title"]
    exclude = ["frozen", "suspects", "moved"]
    inlines = [AlertInline, EventInline]


@admin.register(StatusPage)
class StatusPageAdmin(ReadOnlyAdmin):
    """Status pages; they are set up on their own page."""

    project_path = "project"
    page = "dashboard:status-page"
    page_is_of_all = True
    list_display = ["title", "slug", "project", "zone", "is_published", "takes_subscribers"]
    list_filter = ["is_published", ("project", OwnProjects)]
    list_select_related = ["project"]
    search_fields = ["title", "slug"]


@admin.register(StatusNotice)
class StatusNoticeAdmin(ReadOnlyAdmin):
    """What was published."""

    project_path = "page__project"
    list_display = ["started_at", "title", "page", "kind", "impact", "status", "ended_at"]
    list_filter = ["kind", "status", ("page__project", OwnProjects)]
    list_select_related = ["page"]
    search_fields = ["title"]


@admin.register(StatusSubscriber)
class StatusSubscriberAdmin(AuditedAdmin):
    """Who is told by mail, without their addresses; to be removed at their request."""

    project_path = "page__project"
    role_to_change = access.EDITOR
    list_display = ["pk", "page", "created_at", "confirmed_at"]
    list_filter = [("page__project", OwnProjects)]
    list_select_related = ["page"]
    fields = ["page", "created_at", "confirmed_at"]
    readonly_fields = ["page", "created_at", "confirmed_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The subscribers alone: their mails go with them."""
        return [str(one) for one in objs], {"subscribers": len(objs)}, set(), []
