"""Rules, what became of them and what is silenced, for staff; each change is a call to the function the pages call."""

import json
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone

from alerts.forms import RuleForm
from alerts.models import Alert, AlertTransition, Rule, Silence
from alerts.rules import rule_setup
from alerts.rules.kinds import watched
from events.accounts import access
from events.accounts.audited_admin import AuditedAdmin, OwnProjects, ReadOnlyAdmin


@admin.register(Rule)
class RuleAdmin(AuditedAdmin):
    """Rules. They are made on their pages, where each kind has its form; those of an objective change with it."""

    project_path = "project"
    role_to_change = access.EDITOR
    page = "dashboard:rule"
    list_display = ["name", "project", "kind", "watches", "severity", "is_enabled", "last_eval_at", "last_error"]
    list_filter = ["kind", "severity", "is_enabled", ("project", OwnProjects)]
    list_select_related = ["project"]
    search_fields = ["name"]
    actions = ["enable", "disable"]
    readonly_fields = ["project", "kind", "objective", "is_enabled", "last_eval_at", "next_eval_at", "last_error"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Rule | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.objective_id)

    def has_delete_permission(self, request: HttpRequest, obj: Rule | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.objective_id)

    def get_form(self, request: HttpRequest, obj: Rule | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form of the rule's kind, whose fields no factory knows."""
        return RuleForm if self.has_change_permission(request, obj) else super().get_form(request, obj, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Rule | None = None) -> Any:
        if obj is None or not self.has_change_permission(request, obj):
            return [*self.readonly_fields, "name", "metric", "where", "group_by", "config", "labels", "severity"]
        return [*RuleForm(instance=obj).fields, *self.readonly_fields]

    def save_model(self, request: HttpRequest, obj: Rule, form: ModelForm, change: bool) -> None:
        assert isinstance(form, RuleForm)
        if form.store(actor=request.user, now=timezone.now()) is None:  # taken by somebody else meanwhile
            raise ValidationError(form.errors.as_data())

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The rules alone: their alerts and history go with them."""
        return [str(rule) for rule in objs], {"rules": len(objs)}, set(), []

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Django's own log only: the function that deletes a rule writes its audit entry."""
        return admin.ModelAdmin.log_deletions(self, request, queryset)

    def delete_model(self, request: HttpRequest, obj: Rule) -> None:
        rule_setup.delete(obj, actor=request.user, now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Rule]) -> None:
        for rule in queryset.filter(objective=None).select_related("project"):
            rule_setup.delete(rule, actor=request.user, now=timezone.now())

    @admin.display(description="watches")
    def watches(self, rule: Rule) -> str:
        return watched(rule.kind, rule.metric, rule.config)

    @admin.action(description="Turn on", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Rule]) -> None:
        for rule in queryset.select_related("project"):
            rule_setup.switch(rule, on=True, actor=request.user, now=timezone.now())

    @admin.action(description="Turn off", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Rule]) -> None:
        for rule in queryset.select_related("project"):
            rule_setup.switch(rule, on=False, actor=request.user, now=timezone.now())


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """Where the alerts of each rule stand."""

    project_path = "rule__project"
    page = "dashboard:alert"
    list_display = ["rule", "labels", "state", "since", "value", "words", "fired_at", "acknowledged_by"]
    list_filter = ["state", "is_flapping", "is_without_data", ("rule__project", OwnProjects)]
    list_select_related = ["rule", "acknowledged_by"]
    search_fields = ["rule__name", "fingerprint"]


@admin.register(AlertTransition)
class AlertTransitionAdmin(ReadOnlyAdmin):
    """Every change of standing with what was known then."""

    project_path = "alert__rule__project"
    list_display = ["at", "alert", "before", "after", "value", "words"]
    list_filter = ["after", ("alert__rule__project", OwnProjects)]
    list_select_related = ["alert__rule"]
    date_hierarchy = "at"
    fields = ["alert", "at", "before", "after", "value", "words", "known"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AlertTransition]:
        return super().get_queryset(request).select_related("alert__rule")

    @admin.display(description="evidence")
    def known(self, transition: AlertTransition) -> str:
        return json.dumps(transition.evidence, indent=2, ensure_ascii=False)


@admin.register(Silence)
class SilenceAdmin(ReadOnlyAdmin):
    """What is silenced; it is made on its page and ended here or there."""

    project_path = "project"
    role_to_change = access.EDITOR
    page = "dashboard:silence-list"
    page_is_of_all = True
    list_display = ["reason", "project", "matchers", "starts_at", "ends_at", "created_by"]
    list_filter = [("project", OwnProjects)]
    list_select_related = ["project", "created_by"]
    search_fields = ["reason"]
    actions = ["end"]

    def has_end_permission(self, request: HttpRequest) -> bool:
        return AuditedAdmin.has_change_permission(self, request)

    @admin.action(description="End now", permissions=["end"])
    def end(self, request: HttpRequest, queryset: QuerySet[Silence]) -> None:
        for silence in queryset.select_related("project"):
            rule_setup.end_silence(silence, actor=request.user, now=timezone.now())
