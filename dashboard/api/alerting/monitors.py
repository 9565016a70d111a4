"""Scheduled jobs and their runs; objectives, what is left of their budgets, and how fast it burns."""

from typing import ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.models import Monitor, MonitorRun, Objective
from alerts.monitors import monitor_requests, monitor_setup
from alerts.slos import reports
from dashboard.api import forms
from dashboard.api.alerting.forms import MonitorIn, MonitorOut, ObjectiveOut, ObjectiveReportOut, RunOut
from dashboard.api.alerting.rules import REFUSALS
from dashboard.api.base import ApiView
from dashboard.api.paging import keyset, page_of
from events.accounts import access, tokens
from events.models import Project


class Monitors(ApiView):
    actions: ClassVar = {"GET": "monitor.list", "POST": "monitor.create"}
    scopes: ClassVar = {"POST": tokens.ADMIN}

    @extend_schema(
        operation_id="monitors", parameters=[forms.Cursor],
        responses={200: page_of(MonitorOut, "MonitorPage"), **forms.BAD, **forms.REFUSALS},
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        """The scheduled jobs of a project, and where each stands in each environment. Their secret addresses stand
        on the pages alone."""
        monitors = _monitors(self.open_project(slug)).order_by("pk")
        rows, following = keyset(monitors, self.parameters(forms.Cursor), "pk__gt")
        return Response({"results": MonitorOut(rows, many=True).data, "next": following})

    @extend_schema(operation_id="create_monitor", request=MonitorIn, responses={201: MonitorOut, **REFUSALS})
    def post(self, request: Request, slug: str) -> Response:
        """Makes a monitor, which waits for its first report; needs the scope admin and the role editor."""
        project = self.open_project(slug, access.EDITOR)
        made = monitor_requests.create(project, forms.read(MonitorIn, request), actor=request.user, now=timezone.now())
        return Response(MonitorOut(made).data, status=status.HTTP_201_CREATED)


class MonitorDetail(ApiView):
    actions: ClassVar = {"GET": "monitor.view", "PATCH": "monitor.update", "DELETE": "monitor.delete"}
    scopes: ClassVar = {"PATCH": tokens.ADMIN, "DELETE": tokens.ADMIN}

    @extend_schema(operation_id="monitor", responses={200: MonitorOut, **forms.REFUSALS})
    def get(self, request: Request, slug: str, monitor_id: int) -> Response:
        """One scheduled job."""
        return Response(MonitorOut(_monitor(self.open_project(slug), monitor_id)).data)

    @extend_schema(operation_id="change_monitor", request=MonitorIn, responses={200: MonitorOut, **REFUSALS})
    def patch(self, request: Request, slug: str, monitor_id: int) -> Response:
        """Changes what is sent, pauses and resumes; needs the scope admin and the role editor."""
        project = self.open_project(slug, access.EDITOR)
        monitor, sent = _monitor(project, monitor_id), forms.read(MonitorIn, request, is_partial=True)
        monitor_requests.change(monitor, sent, actor=request.user, now=timezone.now())
        return Response(MonitorOut(_monitor(project, monitor_id)).data)

    @extend_schema(operation_id="delete_monitor", responses={**forms.GONE, **forms.REFUSALS})
    def delete(self, request: Request, slug: str, monitor_id: int) -> Response:
        """Deletes the monitor with its runs; needs the scope admin and the role editor."""
        monitor = _monitor(self.open_project(slug, access.EDITOR), monitor_id)
        monitor_setup.delete(monitor, actor=request.user, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class MonitorRuns(ApiView):
    actions: ClassVar = {"GET": "monitor.runs"}

    @extend_schema(
        operation_id="monitor_runs", parameters=[forms.Cursor],
        responses={200: page_of(RunOut, "RunPage"), **forms.BAD, **forms.REFUSALS},
    )  # fmt: skip
    def get(self, request: Request, slug: str, monitor_id: int) -> Response:
        """The runs of a job that are kept, as they came in, newest first."""
        monitor = _monitor(self.open_project(slug), monitor_id)
        runs = MonitorRun.objects.filter(state__monitor=monitor).select_related("state").order_by("-pk")
        rows, following = keyset(runs, self.parameters(forms.Cursor), "pk__lt")
        return Response({"results": RunOut(rows, many=True).data, "next": following})


class Objectives(ApiView):
    actions: ClassVar = {"GET": "slo.list"}

    @extend_schema(
        operation_id="objectives", parameters=[forms.Cursor],
        responses={200: page_of(ObjectiveOut, "ObjectivePage"), **forms.BAD, **forms.REFUSALS},
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        """The objectives of a project."""
        objectives = self.open_project(slug).objectives.order_by("pk")
        rows, following = keyset(objectives, self.parameters(forms.Cursor), "pk__gt")
        return Response({"results": ObjectiveOut(rows, many=True).data, "next": following})


class ObjectiveDetail(ApiView):
    actions: ClassVar = {"GET": "slo.view"}

    @extend_schema(operation_id="objective", responses={200: ObjectiveReportOut, **forms.REFUSALS})
    def get(self, request: Request, slug: str, objective_id: int) -> Response:
        """One objective: what is left of its budget, and the burn of each pair of windows."""
        project = self.open_project(slug)
        objective = Objective.objects.filter(project=project, pk=objective_id).first()
        if objective is None:
            raise Http404("No such objective.")
        return Response(ObjectiveReportOut(reports.report(objective, now=timezone.now())).data)


def _monitors(project: Project) -> QuerySet[Monitor]:
    return project.monitors.select_related("project").prefetch_related("channels", "states")


def _monitor(project: Project, monitor_id: int) -> Monitor:
    monitor = _monitors(project).filter(pk=monitor_id).first()
    if monitor is None:
        raise Http404("No such monitor.")
    return monitor
