"""Experiments as people run them: planned, started, stopped, decided; each change with its audit entry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from analytics.experiments import plans, results
from analytics.models import Experiment
from events.accounts import audit

MOST_EXPERIMENTS = 500
FIELDS = (
    "name", "hypothesis", "control", "metrics", "method", "correction", "level", "power", "is_adjusted",
    "planned_effect", "expected_share", "expected_people",
)  # fmt: skip


@transaction.atomic
def put(experiment: Experiment, sent: Mapping[str, Any], *, actor: Any, now: datetime) -> Experiment:
    """A new experiment, or one that did not start yet, as it is sent. Raises ValidationError, by field."""
    is_new = experiment.pk is None
    if experiment.started_at:
        raise ValidationError("It started: what counts and how is fixed. Stop it, and plan another one.")
    project = experiment.project
    if is_new and project.experiments.count() >= MOST_EXPERIMENTS:
        raise ValidationError(f"A project has at most {MOST_EXPERIMENTS} experiments.")
    for name in FIELDS:
        if name in sent:
            setattr(experiment, name, sent[name])
    experiment.metrics = plans.checked(experiment.metrics)
    experiment.level = plans.number(experiment.level, "level", "The level", 0.0001, 0.5)
    experiment.power = plans.number(experiment.power, "power", "The power", 0.5, 0.999)
    experiment.planned_effect = plans.number(experiment.planned_effect, "planned_effect", "The change", -0.99, 10)
    if experiment.expected_share is not None:
        experiment.expected_share = plans.number(experiment.expected_share, "expected_share", "The share", 0, 1)
    if experiment.expected_people is not None:
        experiment.expected_people = plans.number(experiment.expected_people, "expected_people", "People a day", 0, 1e9)
    if not experiment.planned_effect:
        raise ValidationError({"planned_effect": "A change of nothing cannot be seen."})
    _check_flag(experiment)
    experiment.full_clean(exclude=["metrics", "shares", "evidence"])
    experiment.save()
    _record("experiment.create" if is_new else "experiment.update", experiment, actor=actor, now=now)
    return experiment


@transaction.atomic
def start(experiment: Experiment, *, actor: Any, now: datetime) -> Experiment:
    """From now on people are counted; the shares of the variants are those of the flag. Raises ValidationError."""
    experiment = _locked(experiment)
    if experiment.started_at:
        raise ValidationError("It started already.")
    _check_flag(experiment)
    if not experiment.flag.is_active:
        raise ValidationError(f"The flag {experiment.flag.key} is off: nobody would get a variant.")
    experiment.shares = [list(one) for one in results.variants_of(experiment.flag)]
    experiment.started_at = now
    experiment.save(update_fields=["shares", "started_at"])
    _record("experiment.start", experiment, actor=actor, now=now)
    return experiment


@transaction.atomic
def stop(experiment: Experiment, *, actor: Any, now: datetime) -> Experiment:
    """Nobody exposed from now on counts; who was goes on to. Raises ValidationError."""
    experiment = _locked(experiment)
    if experiment.state != "running":
        raise ValidationError("It does not run.")
    experiment.ended_at = now
    experiment.save(update_fields=["ended_at"])
    _record("experiment.stop", experiment, actor=actor, now=now)
    return experiment


def decide(experiment: Experiment, decision: str, reason: str, *, actor: Any, now: datetime) -> Experiment:
    """What was decided and why, with the results as they are; stops it where it runs. Raises ValidationError.

    The flag stays as it is: whoever decides changes it there.
    """
    if experiment.started_at is None:
        raise ValidationError("It did not start: there is nothing to decide by.")
    variants = [name for name, _ in experiment.shares]
    if decision not in variants:
        raise ValidationError({"decision": f"Which variant do people get: {', '.join(variants)}?"})
    if not reason.strip():
        raise ValidationError({"reason": "Say why: whoever reads this in a year was not there."})
    evidence = results.frozen(results.of(experiment, now=now))
    with transaction.atomic():
        experiment = _locked(experiment)
        if experiment.decided_at:
            raise ValidationError("It was decided already.")
        experiment.ended_at = experiment.ended_at or now
        experiment.decision, experiment.reason = decision, reason.strip()[:2000]
        experiment.decided_at, experiment.decided_by_id = now, getattr(actor, "pk", None)
        experiment.evidence = evidence
        experiment.save()
        _record("experiment.decide", experiment, actor=actor, now=now, decision=decision)
    return experiment


@transaction.atomic
def delete(experiment: Experiment, *, actor: Any, now: datetime) -> None:
    """The experiment with its decision; the facts stay."""
    _record("experiment.delete", experiment, actor=actor, now=now)
    experiment.delete()


def _check_flag(experiment: Experiment) -> None:
    flag = experiment.flag
    if flag.project_id != experiment.project_id or flag.archived_at:
        raise ValidationError({"flag": "Name a flag of this project that is in use."})
    variants = [name for name, _ in results.variants_of(flag)]
    if len(variants) < 2:
        raise ValidationError({"flag": f"{flag.key} has no variants; an experiment compares at least two."})
    if experiment.control not in variants:
        raise ValidationError({"control": f"The control is one of {', '.join(variants)}."})


def _locked(experiment: Experiment) -> Experiment:
    rows = Experiment.objects.select_for_update(of=("self",)).select_related("project", "flag")
    return rows.get(pk=experiment.pk)


def _record(action: str, experiment: Experiment, *, actor: Any, now: datetime, **detail: Any) -> None:
    detail = {"key": experiment.key, "state": experiment.state, **detail}
    audit.record(action, actor=actor, project=experiment.project, obj=experiment, detail=detail, now=now)
