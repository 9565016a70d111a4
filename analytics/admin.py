"""What staff see of analytics in the admin: flags and audiences to look at; they are changed on their pages."""

from django.contrib import admin

from analytics.models import Audience, Flag, FlagVersion
from events.accounts.audited_admin import OwnProjects, ReadOnlyAdmin


@admin.register(Flag)
class FlagAdmin(ReadOnlyAdmin):
    project_path = "project"
    list_display = ["key", "project", "is_active", "runtime", "version", "changed_at", "archived_at"]
    list_filter = ["is_active", "runtime", ("project", OwnProjects)]
    list_select_related = ["project"]
    search_fields = ["key", "description"]


@admin.register(FlagVersion)
class FlagVersionAdmin(ReadOnlyAdmin):
    project_path = "flag__project"
    list_display = ["flag", "number", "at", "by", "note"]
    list_select_related = ["flag", "by"]


@admin.register(Audience)
class AudienceAdmin(ReadOnlyAdmin):
    project_path = "project"
    list_display = ["name", "project", "created_at"]
    list_filter = [("project", OwnProjects)]
    list_select_related = ["project"]
    search_fields = ["name"]
