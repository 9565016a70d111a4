"""Experiments to read: their plans, their results as they are now, and what was decided by which evidence."""

from typing import Any, ClassVar

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.experiments import results
from analytics.models import Experiment
from dashboard.api import forms
from dashboard.api.base import ApiView
from dashboard.api.paging import keyset, page_of
from dashboard.api.performance import REFUSALS, QuestionView


class ExperimentOut(serializers.ModelSerializer):
    flag = serializers.CharField(source="flag.key", help_text="The key of the flag whose variants are compared.")
    state = serializers.CharField(help_text="draft, running, ended or decided.")
    method = serializers.CharField(help_text="sequential, fixed or bayesian.")
    correction = serializers.CharField(help_text="holm, bh or none.")
    shares = serializers.JSONField(help_text="[variant, percent] of each, as the flag had them at the start.")
    metrics = serializers.JSONField(help_text="What is counted; `hours` is the window after the exposure.")
    decided_by = serializers.CharField(source="decided_by.username", default="", help_text="Empty for who is gone.")

    class Meta:
        model = Experiment
        fields = (
            "id", "key", "name", "hypothesis", "flag", "state", "control", "shares", "metrics", "method", "correction",
            "level", "power", "is_adjusted", "planned_effect", "created_at", "started_at", "ended_at", "decision",
            "reason", "decided_at", "decided_by",
        )  # fmt: skip
        read_only_fields = fields


class DecisionOut(serializers.Serializer):
    evidence = serializers.JSONField(help_text="The results as they were when it was decided; null before.")


class ExperimentDetailOut(ExperimentOut, DecisionOut):
    """An experiment with the evidence of its decision."""

    class Meta:
        model = Experiment
        fields: ClassVar = [*ExperimentOut.Meta.fields, "evidence"]
        read_only_fields = fields


class SplitOut(serializers.Serializer):
    p = serializers.FloatField(allow_null=True, help_text="How often chance splits people so; null for too few.")
    is_wrong = serializers.BooleanField(help_text="Below 0.001: nothing is a verdict then.")
    variants = serializers.JSONField(help_text="`variant`, `people` and how many were `expected`, of each.")


class ResultsOut(serializers.Serializer):
    at = serializers.DateTimeField()
    people = serializers.IntegerField()
    several = serializers.IntegerField(help_text="Who saw more than one variant, and is left out.")
    split = SplitOut()
    metrics = serializers.JSONField(
        help_text="Of each metric the control and the `variants` beside it: `effect`, `lift`, `p`, `standing`."
    )


class Experiments(ApiView):
    actions: ClassVar = {"GET": "experiment.list"}

    @extend_schema(
        operation_id="experiments", parameters=[forms.Cursor],
        responses={200: page_of(ExperimentOut, "ExperimentPage"), **forms.BAD, **forms.REFUSALS},
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        """The experiments by number, 100 at a time; `next` is the cursor of more."""
        rows = self.open_project(slug).experiments.select_related("flag", "decided_by").order_by("pk")
        found, following = keyset(rows, self.parameters(forms.Cursor), "pk__gt")
        return Response({"results": ExperimentOut(found, many=True).data, "next": following})


class ExperimentDetail(ApiView):
    actions: ClassVar = {"GET": "experiment.view"}

    @extend_schema(operation_id="experiment", responses={200: ExperimentDetailOut, **forms.REFUSALS})
    def get(self, request: Request, slug: str, experiment_id: int) -> Response:
        """One experiment, with the evidence of its decision."""
        return Response(ExperimentDetailOut(_experiment(self, slug, experiment_id)).data)


class ExperimentResults(QuestionView):
    actions: ClassVar = {"GET": "experiment.results"}

    @extend_schema(operation_id="experiment_results", responses={200: ResultsOut, **REFUSALS})
    def get(self, request: Request, slug: str, experiment_id: int) -> Response:
        """The results as they are now; a 400 for an experiment that did not start."""
        experiment = _experiment(self, slug, experiment_id)
        if experiment.started_at is None:
            raise serializers.ValidationError({"detail": "The experiment did not start yet."})
        return Response(results.frozen(results.of(experiment, now=timezone.now())))


def _experiment(view: ApiView, slug: str, experiment_id: int) -> Any:
    rows = view.open_project(slug).experiments.select_related("project", "flag", "decided_by")
    return get_object_or_404(rows, pk=experiment_id)
