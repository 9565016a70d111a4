"""What staff see of analytics in the admin: flags, experiments, goals, actions to look at; their pages change them."""

from django.contrib import admin

from analytics.models import Action, Audience, Experiment, Flag, FlagVersion, Goal
from events.accounts.audited_admin import OwnProjects, ReadOnlyAdmin


@admin.register(Flag)
class FlagAdmin(ReadOnlyAdmin):
    project_path = "project"
    page = "dashboard:flag"
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
    page = "dashboard:audience-list"
    page_is_of_all = True
    list_display = ["name", "project", "created_at"]
    list_filter = [("project", OwnProjects)]
    list_select_related = ["project"]
    search_fields = ["name"]


@admin.register(Experiment)
class ExperimentAdmin(ReadOnlyAdmin):
    project_path = "project"
    page = "dashboard:experiment"
    list_display = ["name", "project", "flag", "method", "started_at", "ended_at", "decision"]
    list_filter = ["method", ("project", OwnProjects)]
    list_select_related = ["project", "flag"]
    search_fields = ["key", "name"]


@admin.register(Goal)
class GoalAdmin(ReadOnlyAdmin):
    project_path = "project"
    page = "dashboard:insights-goals"
    page_is_of_all = True
    list_display = ["name", "project", "event", "measure", "direction", "target", "per", "created_at"]
    list_filter = ["measure", "per", ("project", OwnProjects)]
    list_select_related = ["project"]
    search_fields = ["name", "event"]


@admin.register(Action)
class ActionAdmin(ReadOnlyAdmin):
    project_path = "project"
    page = "dashboard:insights-actions"
    page_is_of_all = True
    list_display = ["name", "project", "created_at"]
    list_filter = [("project", OwnProjects)]
    list_select_related = ["project"]
    search_fields = ["name"]
