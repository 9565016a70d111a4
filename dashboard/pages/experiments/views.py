"""Experiments: the list, the form with the people it needs, one with its results, and the decision."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from analytics.experiments import changing, plans, results
from analytics.models import Experiment, Flag
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.exports import csv_tables
from dashboard.frame import changes, layout, query_errors
from dashboard.pages.experiments import drafts, presenting
from dashboard.pages.experiments.drafts import Draft
from events.accounts import access
from events.models import Project
from events.values.texts import short_form

PAGE = 25


@compressed
@page("experiment.list")
def experiment_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The experiments, the newest first."""
    found = Paginator(project.experiments.select_related("flag"), PAGE).get_page(request.GET.get("page"))
    context = {"lines": presenting.lines(list(found.object_list)), "listed": found, "has_flags": bool(_flags(project))}
    return layout.draw(request, "dashboard/experiments/list.html", context, project=project, section="experiments")


@compressed
@page("experiment.view", obj="experiment_id")
@query_errors.said
def experiment_detail(request: HttpRequest, project: Project, experiment_id: int) -> HttpResponseBase:
    """One experiment: before it starts what it needs, afterwards its results."""
    experiment, now = _experiment(project, experiment_id), timezone.now()
    found = results.of(experiment, now=now) if experiment.started_at else None
    context = {
        "experiment": experiment,
        "tone": presenting.TONES[experiment.state],
        "metrics": [(one, presenting.about(one)) for one in plans.metrics_of(experiment.metrics)],
        "needed": presenting.needed(*results.needed(experiment, now=now)),
        "found": found,
        "tables": presenting.tables(found, level=experiment.level) if found else [],
        "variants": [name for name, _ in experiment.shares],
    }
    return layout.draw(request, "dashboard/experiments/page.html", context, project=project, section="experiments")


@page("experiment.export", obj="experiment_id")
@query_errors.said
def results_csv(request: HttpRequest, project: Project, experiment_id: int) -> HttpResponseBase:
    """The results, a line for each metric and variant; none before it starts."""
    experiment = _experiment(project, experiment_id)
    rows = presenting.exported(results.of(experiment, now=timezone.now())) if experiment.started_at else []
    body = csv_tables.csv_text(presenting.COLUMNS, rows)
    response = HttpResponse(body, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{project.slug}-{experiment.key}.csv"'
    return response


@page("experiment.new", role=access.EDITOR)
def experiment_new(request: HttpRequest, project: Project) -> HttpResponseBase:
    return _form(request, Experiment(project=project, created_at=timezone.now()))


@page("experiment.edit", role=access.EDITOR, obj="experiment_id")
def experiment_edit(request: HttpRequest, project: Project, experiment_id: int) -> HttpResponseBase:
    return _form(request, _experiment(project, experiment_id))


@require_POST
@page("experiment.start", role=access.EDITOR, obj="experiment_id")
def experiment_start(request: HttpRequest, project: Project, experiment_id: int) -> HttpResponseBase:
    """From now on people are counted."""
    experiment = _experiment(project, experiment_id)

    def change() -> str:
        changing.start(experiment, actor=request.user, now=timezone.now())
        return f"{experiment.name} runs: whoever is exposed from now on counts."

    return _changed(request, experiment, change)


@require_POST
@page("experiment.stop", role=access.EDITOR, obj="experiment_id")
def experiment_stop(request: HttpRequest, project: Project, experiment_id: int) -> HttpResponseBase:
    """Nobody exposed from now on counts."""
    experiment = _experiment(project, experiment_id)

    def change() -> str:
        changing.stop(experiment, actor=request.user, now=timezone.now())
        return f"{experiment.name} ended; what was exposed goes on to count until its windows end."

    return _changed(request, experiment, change)


@require_POST
@page("experiment.decide", role=access.EDITOR, obj="experiment_id")
@query_errors.said
def experiment_decide(request: HttpRequest, project: Project, experiment_id: int) -> HttpResponseBase:
    """What was decided and why, with the results as they are now."""
    experiment = _experiment(project, experiment_id)
    decision, reason = (request.POST.get(name, "").replace("\0", "")[:2000] for name in ("decision", "reason"))

    def change() -> str:
        changing.decide(experiment, decision, reason, actor=request.user, now=timezone.now())
        return f"Decided: {decision}. The results are kept with it; the flag stays as it is until you change it."

    return _changed(request, experiment, change)


@require_POST
@page("experiment.delete", role=access.OWNER, obj="experiment_id")
def experiment_delete(request: HttpRequest, project: Project, experiment_id: int) -> HttpResponseBase:
    experiment = _experiment(project, experiment_id)
    changing.delete(experiment, actor=request.user, now=timezone.now())
    messages.success(request, f"{experiment.name} is deleted.")
    return redirect("dashboard:experiment-list", project.slug)


def _experiment(project: Project, experiment_id: int) -> Experiment:
    rows = Experiment.objects.select_related("project", "flag", "decided_by")
    return get_object_or_404(rows, project=project, pk=experiment_id)


def _flags(project: Project) -> list[tuple[Flag, list[str]]]:
    """The flags that an experiment may be about, with their variants."""
    found = [(flag, [name for name, _ in results.variants_of(flag)]) for flag in project.flags.filter(archived_at=None)]
    return [(flag, names) for flag, names in found if len(names) > 1]


def _changed(request: HttpRequest, experiment: Experiment, change: Callable[[], str]) -> HttpResponseBase:
    """Change something, and say on the experiment's page how that went."""
    changes.told(request, change)
    return redirect("dashboard:experiment", experiment.project.slug, experiment.pk)


def _form(request: HttpRequest, experiment: Experiment) -> HttpResponseBase:
    project, is_post = experiment.project, request.method == "POST"
    flags = _flags(project)
    draft = (
        drafts.of_post(request.POST.dict()) if is_post
        else drafts.of_experiment(experiment) if experiment.pk else drafts.NEW
    )  # fmt: skip
    errors: list[str] = []
    if is_post:
        try:
            stored = _store(request, experiment, draft, [flag for flag, _ in flags])
        except ValidationError as error:
            errors = error.messages
        else:
            messages.success(request, f"{stored.name} is stored.")
            return redirect("dashboard:experiment", project.slug, stored.pk)
    context: dict[str, Any] = {
        "experiment": experiment if experiment.pk else None, "draft": draft, "errors": errors, "flags": flags,
        "kinds": plans.KINDS, "methods": Experiment.Method.choices, "corrections": Experiment.Correction.choices,
        "controls": sorted({name for _, names in flags for name in names}),
    }  # fmt: skip
    template, status = "dashboard/experiments/form.html", 422 if errors else 200
    return layout.draw(request, template, context, project=project, section="experiments", status=status)


def _store(request: HttpRequest, experiment: Experiment, draft: Draft, flags: list[Flag]) -> Experiment:
    flag = next((flag for flag in flags if str(flag.pk) == draft.texts["flag"]), None)
    if flag is None:
        raise ValidationError({"flag": "Choose a flag with variants."})
    experiment.flag = flag
    if not experiment.pk:
        experiment.key = draft.texts["key"].strip() or short_form(draft.texts["name"], most=80)
    return changing.put(experiment, drafts.sent(draft), actor=request.user, now=timezone.now())
