"""Alert rules: what there is, and the editor with its preview."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from alerts.forms import RuleForm
from alerts.models import Rule
from alerts.rules import noise, rule_setup
from alerts.rules.backtest import backtest
from alerts.rules.kinds import KINDS
from alerts.rules.watching import unit_of
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.frame import layout
from dashboard.pages.alerts import presenting
from events.accounts import access
from events.models import Project

PREFILLED = ("metric", "where", "group_by", "name", "query")


@compressed
@page("rule.list")
def rule_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The rules, those that fire first."""
    now = timezone.now()
    noises = noise.of_project(project, now=now)
    found = [(rule, presenting.about(rule), noises.get(rule.pk)) for rule in presenting.rules(project, now=now)]
    context = {"rules": found, "kinds": KINDS, "now": now}
    return layout.draw(request, "dashboard/alerts/rule_list.html", context, project=project, section="alerts")


@page("rule.new", role=access.EDITOR)
def rule_new(request: HttpRequest, project: Project, rule_kind: str) -> HttpResponseBase:
    """The form of one kind, prefilled from the address: `?metric=…&where=…&name=…`, `?query=…`."""
    if rule_kind not in KINDS:
        raise Http404("No such kind of rule.")
    given = {name: request.GET[name][:500] for name in PREFILLED if name in request.GET}
    return _form(request, project, RuleForm(request.POST or None, project=project, kind=rule_kind, initial=given))


@page("rule.edit", role=access.EDITOR, obj="rule_id")
def rule_edit(request: HttpRequest, project: Project, rule_id: int) -> HttpResponseBase:
    """The form of one rule."""
    rule = _rule(project, rule_id)
    return _form(request, project, RuleForm(request.POST or None, project=project, kind=rule.kind, instance=rule))


@require_POST
@page("rule.switch", role=access.EDITOR, obj="rule_id")
def rule_switch(request: HttpRequest, project: Project, rule_id: int) -> HttpResponseBase:
    rule = _rule(project, rule_id)
    rule_setup.switch(rule, on=not rule.is_enabled, actor=request.user, now=timezone.now())
    messages.success(request, f"{rule.name} is {'on' if rule.is_enabled else 'off'}.")
    return redirect("dashboard:rule-list", project.slug)


@require_POST
@page("rule.delete", role=access.EDITOR, obj="rule_id")
def rule_delete(request: HttpRequest, project: Project, rule_id: int) -> HttpResponseBase:
    rule = _rule(project, rule_id)
    rule_setup.delete(rule, actor=request.user, now=timezone.now())
    messages.success(request, f"{rule.name} is deleted.")
    return redirect("dashboard:rule-list", project.slug)


def _rule(project: Project, rule_id: int) -> Rule:
    return get_object_or_404(Rule.objects.select_related("project"), project=project, pk=rule_id)


def _form(request: HttpRequest, project: Project, form: RuleForm) -> HttpResponseBase:
    now, preview = timezone.now(), None
    if request.method == "POST" and form.is_valid():
        if "preview" in request.POST:
            preview = backtest(form.instance, now=now)
        else:
            rule = form.store(actor=request.user, now=now)
            if rule is not None:
                messages.success(request, f"{rule.name} is stored and judged from now on.")
                return redirect("dashboard:rule-list", project.slug)
    config = form.instance.config
    threshold = config.get("threshold", config.get("more_than")) if preview else None
    unit = unit_of(form.instance) if preview else ""
    context = {
        "form": form,
        "rule": form.instance,
        "kind": KINDS[form.kind],
        "preview": preview,
        "noise": noise.of_project(project, now=now).get(form.instance.pk) if form.instance.pk else None,
        "drawing": presenting.of_backtest(preview, threshold, unit) if preview else None,
    }
    status = 422 if form.errors else 200
    template = "dashboard/alerts/rule_form.html"
    return layout.draw(request, template, context, project=project, section="alerts", status=status)
