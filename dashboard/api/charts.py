"""The read API of charts: which there are, and the table of each as its page has it."""

from typing import ClassVar

from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import forms
from dashboard.api.performance import REFUSALS, QuestionView
from dashboard.charts import cards
from dashboard.charts.registry import CHARTS
from dashboard.frame import state
from events.accounts import access

_PERIOD = ("env", "from", "to", "cmp")
_QUERY = [
    OpenApiParameter(name, OpenApiTypes.STR, description="As in the address of the chart's page.") for name in _PERIOD
]


class ChartLine(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    unit = serializers.CharField()
    definition = serializers.CharField()
    parameters = serializers.ListField(child=serializers.CharField())


class Charts(QuestionView):
    actions: ClassVar = {"GET": "chart.list"}

    @extend_schema(
        operation_id="charts",
        responses={200: inline_serializer("Charts", {"results": ChartLine(many=True)}), **forms.REFUSALS},
    )
    def get(self, request: Request, slug: str) -> Response:
        """The charts there are, with the parameters that each takes besides env, from, to and cmp."""
        self.open_project(slug)
        return Response(
            {
                "results": [
                    {"name": name, "title": chart.title, "unit": chart.unit, "definition": chart.definition,
                     "parameters": list(chart.parameters)}
                    for name, chart in sorted(CHARTS.items())
                ]
            }
        )  # fmt: skip


class ChartTable(QuestionView):
    actions: ClassVar = {"GET": "chart.view"}

    @extend_schema(
        operation_id="chart",
        parameters=_QUERY,
        responses={
            200: inline_serializer(
                "ChartTable",
                {
                    "title": serializers.CharField(),
                    "unit": serializers.CharField(),
                    "sentence": serializers.CharField(),
                    "columns": serializers.ListField(child=serializers.CharField()),
                    "rows": serializers.ListField(child=serializers.ListField()),
                },
            ),
            **REFUSALS,
        },
    )
    def get(self, request: Request, slug: str, name: str) -> Response:
        """The table behind one chart; what its page takes in the address is taken here."""
        project = self.open_project(slug)
        if name not in CHARTS:
            raise Http404("No such chart; charts/ lists them.")
        now, asked = timezone.now(), request.query_params.dict()
        shown = state.seen_by(state.parse(asked, now=now), sees_persons=access.sees_persons(request.user, project))
        figure = cards.figure(project, name, state=shown, parameters=asked, now=now)
        chart = CHARTS[name]
        return Response(
            {
                "title": chart.title, "unit": chart.unit, "sentence": figure.sentence,
                "columns": list(figure.columns), "rows": [list(row) for row in figure.rows],
            }
        )  # fmt: skip
