"""The read API of performance, vitals, queries, logs, traces, hosts and security events."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema, inline_serializer
from rest_framework import exceptions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.engine import EngineError
from analytics.periods import Period
from analytics.questions.hosts import hosts
from analytics.questions.logs import log_lines, log_volume
from analytics.questions.logs.log_lines import Position
from analytics.questions.performance import endpoint_detail, endpoints, request_rates, slow_queries
from analytics.questions.security import security_events
from analytics.questions.traces import trace
from analytics.questions.vitals import vitals
from analytics.statistics import baselines
from dashboard.api import forms, shapes
from dashboard.api.base import ApiView
from dashboard.charts import evidence_rows
from dashboard.frame import filters
from dashboard.frame.vital_formatting import PERCENTILES
from events.facts.schema import SPANS
from events.issues import search
from events.models import Project
from events.values.vitals import THRESHOLDS

LONGEST = timedelta(days=400)
REFUSALS = {
    **forms.BAD,
    **forms.REFUSALS,
    503: OpenApiResponse(forms.Problem, "The question took too long or too much; ask for less."),
}


class TooMuch(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE


class Line(serializers.CharField):
    """One line of text that every part of the way can hold."""

    def __init__(self, *, max_length: int = 200, **options: Any) -> None:
        super().__init__(required=False, allow_blank=True, default="", max_length=max_length, **options)


class PeriodQuery(serializers.Serializer):
    environment = Line(max_length=64)
    start = forms.Moment(required=False, help_text="At or after; a day before the end when not said.")
    end = forms.Moment(required=False, help_text="Before; now when not said.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        now = timezone.now()
        end: datetime = attrs.pop("end", now)
        start: datetime = attrs.pop("start", end - timedelta(days=1))
        if not timedelta() < end - start <= LONGEST:
            raise serializers.ValidationError({"start": f"start lies before end, by {LONGEST.days} days at most."})
        return {**attrs, "period": Period(start, end)}


class ComparedQuery(PeriodQuery):
    compare = serializers.ChoiceField(
        choices=["previous", "release"], default="previous",
        help_text="With the period before, or with as long before the last release as it is out.",
    )  # fmt: skip


class RequestFilters(serializers.Serializer):
    """What the pages of requests are narrowed by, under the same names."""

    release = Line()
    route = Line(max_length=300)
    host = Line()
    service = Line()
    country = Line(max_length=40)
    device = Line(max_length=40)
    method = Line(max_length=40)


class RequestsQuery(RequestFilters, ComparedQuery):
    pass


class EndpointsQuery(RequestsQuery):
    sort = serializers.ChoiceField(choices=endpoints.SORTS, default="time")
    most = serializers.IntegerField(min_value=1, max_value=500, default=100)


class EndpointQuery(RequestFilters, PeriodQuery):
    route = serializers.CharField(max_length=300)


class QueriesQuery(ComparedQuery):
    sort = serializers.ChoiceField(choices=slow_queries.SORTS, default="time")
    most = serializers.IntegerField(min_value=1, max_value=200, default=50)


class VitalsQuery(ComparedQuery):
    metric = serializers.ChoiceField(choices=list(THRESHOLDS), default="LCP", help_text="Of the routes and countries.")
    percentile = serializers.ChoiceField(choices=list(PERCENTILES), default="p75")
    route = Line(max_length=300)
    device = Line(max_length=40)
    release = Line()
    browser = Line(max_length=80)
    country = Line(max_length=40)
    connection = Line(max_length=40)


class LogsQuery(PeriodQuery):
    query = Line(max_length=2000, help_text="As on the logs page: level:error service:web")
    before = Line(help_text="From `next` of the page before.")


class HostsQuery(PeriodQuery):
    host = Line()


class SecurityQuery(ComparedQuery):
    kind = Line(max_length=40)


class QuestionView(ApiView):
    """An address that asks questions of facts."""

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(TooMuch(str(exc)) if isinstance(exc, EngineError) else exc)

    def asked(self, form: type[serializers.Serializer]) -> dict[str, Any]:
        """What the query string asks, and when."""
        return {**self.parameters(form), "now": timezone.now()}

    def compared(self, form: type[ComparedQuery], project: Project) -> dict[str, Any]:
        """What the query string asks, when, and what to compare with."""
        asked = self.asked(form)
        baseline = baselines.previous(asked["period"])
        if asked.pop("compare") == "release":
            found = baselines.last_release(project, period=asked["period"], environment=asked["environment"])
            if found is None:
                raise exceptions.ValidationError({"compare": "No release is known before the end of the period."})
            baseline = found
        return {**asked, "baseline": baseline}


class Performance(QuestionView):
    actions: ClassVar = {"GET": "performance.view"}

    @extend_schema(
        operation_id="performance",
        parameters=[RequestsQuery],
        responses={200: shapes.of(request_rates.RequestRates), **REFUSALS},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Rate, errors and duration of requests over time, compared with the period before or the last release."""
        project = self.open_project(slug)
        asked = _narrowed(self.compared(RequestsQuery, project), filters.REQUESTS, request_rates.counted_by)
        found = request_rates.request_rates(project, **asked)
        return Response(shapes.of(request_rates.RequestRates)(found).data)


class Endpoints(QuestionView):
    actions: ClassVar = {"GET": "performance.view"}

    @extend_schema(
        operation_id="endpoints",
        parameters=[EndpointsQuery],
        responses={
            200: inline_serializer("Endpoints", {"results": shapes.of(endpoints.Endpoint)(many=True)}),
            **REFUSALS,
        },
    )
    def get(self, request: Request, slug: str) -> Response:
        """The endpoints by their share of all time, their duration, their requests or their errors."""
        project = self.open_project(slug)
        asked = _narrowed(self.compared(EndpointsQuery, project), filters.REQUESTS, request_rates.counted_by)
        found = endpoints.endpoints(project, **asked)
        return Response({"results": shapes.of(endpoints.Endpoint)(found, many=True).data})


class Endpoint(QuestionView):
    actions: ClassVar = {"GET": "endpoint.view"}

    @extend_schema(
        operation_id="endpoint",
        parameters=[EndpointQuery],
        responses={200: shapes.of(endpoint_detail.EndpointDetail), **REFUSALS},
    )
    def get(self, request: Request, slug: str) -> Response:
        """One endpoint: histogram, slow requests, queries, errors, releases."""
        project = self.open_project(slug)
        asked = _narrowed(self.asked(EndpointQuery), filters.REQUESTS, request_rates.counted_by)
        found = endpoint_detail.endpoint_detail(project, **asked)
        return Response(shapes.of(endpoint_detail.EndpointDetail)(found).data)


class Queries(QuestionView):
    actions: ClassVar = {"GET": "queries.list"}

    @extend_schema(
        operation_id="queries",
        parameters=[QueriesQuery],
        responses={
            200: inline_serializer(
                "Queries",
                {
                    "results": shapes.of(slow_queries.SlowQuery)(many=True),
                    "loops": shapes.of(slow_queries.Loop)(many=True),
                },
            ),
            **REFUSALS,
        },
    )
    def get(self, request: Request, slug: str) -> Response:
        """The statements of the period, and those that ran in a loop (N+1)."""
        project = self.open_project(slug)
        asked = self.compared(QueriesQuery, project)
        found = slow_queries.slow_queries(project, **asked)
        loops = slow_queries.loops(
            project, period=asked["period"], environment=asked["environment"], most=asked["most"]
        )
        return Response(
            {
                "results": shapes.of(slow_queries.SlowQuery)(found, many=True).data,
                "loops": shapes.of(slow_queries.Loop)(loops, many=True).data,
            }
        )


class Vitals(QuestionView):
    actions: ClassVar = {"GET": "vitals.view"}

    @extend_schema(
        operation_id="vitals",
        parameters=[VitalsQuery],
        responses={
            200: inline_serializer(
                "WebVitals",
                {
                    "vitals": shapes.of(vitals.Vitals)(),
                    "routes": shapes.of(vitals.RouteVital)(many=True),
                    "countries": shapes.of(vitals.CountryVital)(many=True),
                },
            ),
            **REFUSALS,
        },
    )
    def get(self, request: Request, slug: str) -> Response:
        """The web vitals with their shares and score, and the routes and countries of one metric."""
        project = self.open_project(slug)
        asked = self.compared(VitalsQuery, project)
        metric, asked["q"] = asked.pop("metric"), PERCENTILES[asked.pop("percentile")]
        where = {name: asked[name] for name in ("environment", *filters.VITALS)}
        of_facts = {"period": asked["period"], "q": asked["q"], "where": where}
        asked = _narrowed(asked, filters.VITALS, vitals.counted_by)
        return Response(
            {
                "vitals": shapes.of(vitals.Vitals)(vitals.vitals(project, **asked)).data,
                "routes": shapes.of(vitals.RouteVital)(
                    vitals.route_vitals(project, metric=metric, **asked), many=True
                ).data,
                "countries": shapes.of(vitals.CountryVital)(
                    vitals.countries(project, metric=metric, **of_facts), many=True
                ).data,
            }
        )


class Logs(QuestionView):
    actions: ClassVar = {"GET": "logs.list"}

    @extend_schema(
        operation_id="logs",
        parameters=[LogsQuery],
        responses={
            200: inline_serializer(
                "Logs",
                {
                    "results": shapes.of(log_lines.LogLine)(many=True),
                    "next": serializers.CharField(allow_null=True, help_text="`before` of the next page."),
                    "volume": shapes.of(log_volume.LogVolume)(),
                },
            ),
            **REFUSALS,
        },
    )
    def get(self, request: Request, slug: str) -> Response:
        """The log lines that a search finds, newest first, and how many there were over time."""
        project, asked = self.open_project(slug), self.asked(LogsQuery)
        before, text = _position(asked.pop("before")), asked.pop("query")
        try:
            asked["search"] = search.parse(text, now=asked["now"])
            volume = log_volume.log_volume(project, **asked)
        except search.SearchError as error:
            raise exceptions.ValidationError({"detail": error.message, "position": error.position}) from error
        asked.pop("now")
        page = log_lines.log_lines(project, before=before, **asked)
        return Response(
            {
                "results": shapes.of(log_lines.LogLine)(page.lines, many=True).data,
                "next": f"{page.older.at.isoformat()}~{page.older.log_id}" if page.older else None,
                "volume": shapes.of(log_volume.LogVolume)(volume).data,
            }
        )


class Trace(QuestionView):
    actions: ClassVar = {"GET": "trace.view"}

    @extend_schema(operation_id="trace", responses={200: shapes.of(trace.Trace), **REFUSALS})
    def get(self, request: Request, slug: str, trace_id: str) -> Response:
        """The spans, errors and log lines of one trace."""
        project, now = self.open_project(slug), timezone.now()
        if not evidence_rows.is_trace_id(trace_id):
            raise Http404("A trace's id is hex digits.")
        period = Period(now - timedelta(days=SPANS.retention_days + 1), now + timedelta(days=1))
        found = trace.trace(project, trace_id=trace_id, period=period)
        if not (found.spans or found.errors or found.logs):
            raise Http404("Nothing is kept of this trace.")
        return Response(shapes.of(trace.Trace)(found).data)


class Hosts(QuestionView):
    actions: ClassVar = {"GET": "resources.view"}

    @extend_schema(operation_id="hosts", parameters=[HostsQuery], responses={200: shapes.of(hosts.Hosts), **REFUSALS})
    def get(self, request: Request, slug: str) -> Response:
        """The readings of hosts and processes over time."""
        found = hosts.hosts(self.open_project(slug), **self.asked(HostsQuery))
        return Response(shapes.of(hosts.Hosts)(found).data)


class Security(QuestionView):
    actions: ClassVar = {"GET": "security.view"}

    @extend_schema(
        operation_id="security",
        parameters=[SecurityQuery],
        responses={200: shapes.of(security_events.SecurityEvents), **REFUSALS},
    )
    def get(self, request: Request, slug: str) -> Response:
        """What was refused, reported or limited."""
        project = self.open_project(slug)
        found = security_events.security_events(project, **self.compared(SecurityQuery, project))
        return Response(shapes.of(security_events.SecurityEvents)(found).data)


def _narrowed(
    asked: dict[str, Any], names: Collection[str], counted_by: Callable[[Mapping[str, str]], dict[str, Any]]
) -> dict[str, Any]:
    """What was asked, with its filters as the questions take them."""
    rest = {name: value for name, value in asked.items() if name not in names}
    return {**rest, **counted_by(filters.chosen(asked, names))}


def _position(text: str) -> Position | None:
    if not text:
        return None
    at, _, log_id = text.partition("~")
    moment = evidence_rows.moment(at)
    if moment is None:
        raise exceptions.ValidationError({"detail": "before: not from `next` of a page."})
    return Position(moment, log_id)
