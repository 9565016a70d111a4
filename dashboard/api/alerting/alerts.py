"""Alerts with their evidence, who looks after them, and what is silenced."""

from typing import ClassVar

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.models import Alert, Silence
from alerts.rules import rule_setup
from dashboard.api import forms
from dashboard.api.alerting.forms import AlertDetailOut, AlertOut, AlertQuery, SilenceIn, SilenceOut
from dashboard.api.alerting.rules import REFUSALS
from dashboard.api.base import ApiView
from dashboard.api.paging import keyset, page_of
from events.accounts import access, tokens
from events.models import Project


class Alerts(ApiView):
    actions: ClassVar = {"GET": "alert.list"}

    @extend_schema(
        operation_id="alerts", parameters=[AlertQuery],
        responses={200: page_of(AlertOut, "AlertPage"), **forms.BAD, **forms.REFUSALS},
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        """What is not well, or all that ever was, the newest first."""
        alerts = _alerts(self.open_project(slug)).order_by("-pk")
        asked = self.parameters(AlertQuery)
        if asked["state"] == "on":
            alerts = alerts.exclude(state=Alert.State.OK)
        rows, following = keyset(alerts, asked, "pk__lt")
        return Response({"results": AlertOut(rows, many=True).data, "next": following})


class AlertDetail(ApiView):
    actions: ClassVar = {"GET": "alert.view"}

    @extend_schema(operation_id="alert", responses={200: AlertDetailOut, **forms.REFUSALS})
    def get(self, request: Request, slug: str, alert_id: int) -> Response:
        """One alert with its last 50 changes of standing and their evidence, the latest first."""
        return Response(AlertDetailOut(_alert(self.open_project(slug), alert_id)).data)


class AlertAcknowledge(ApiView):
    actions: ClassVar = {"POST": "alert.acknowledge"}
    scopes: ClassVar = {"POST": tokens.ADMIN}

    @extend_schema(operation_id="acknowledge_alert", request=None, responses={200: AlertOut, **forms.REFUSALS})
    def post(self, request: Request, slug: str, alert_id: int) -> Response:
        """The token's owner looks after it, unless somebody does already; needs the scope admin and the role editor."""
        alert = _alert(self.open_project(slug, access.EDITOR), alert_id)
        rule_setup.acknowledge(alert, actor=request.user, now=timezone.now())
        return Response(AlertOut(alert).data)


class Silences(ApiView):
    actions: ClassVar = {"GET": "silence.list", "POST": "silence.create"}
    scopes: ClassVar = {"POST": tokens.ADMIN}

    @extend_schema(
        operation_id="silences", parameters=[forms.Cursor],
        responses={200: page_of(SilenceOut, "SilencePage"), **forms.BAD, **forms.REFUSALS},
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        """What is, was and will be silenced, the newest first."""
        silences = self.open_project(slug).silences.select_related("created_by").order_by("-pk")
        rows, following = keyset(silences, self.parameters(forms.Cursor), "pk__lt")
        return Response({"results": SilenceOut(rows, many=True).data, "next": following})

    @extend_schema(operation_id="create_silence", request=SilenceIn, responses={201: SilenceOut, **REFUSALS})
    def post(self, request: Request, slug: str) -> Response:
        """Tells nobody of alerts with these labels for a time; needs the scope admin and the role editor."""
        project = self.open_project(slug, access.EDITOR)
        made = rule_setup.silence(project, **forms.read(SilenceIn, request), actor=request.user, now=timezone.now())
        return Response(SilenceOut(made).data, status=status.HTTP_201_CREATED)


class SilenceEnd(ApiView):
    actions: ClassVar = {"POST": "silence.end"}
    scopes: ClassVar = {"POST": tokens.ADMIN}

    @extend_schema(operation_id="end_silence", request=None, responses={200: SilenceOut, **forms.REFUSALS})
    def post(self, request: Request, slug: str, silence_id: int) -> Response:
        """Ends it now; needs the scope admin and the role editor."""
        silence = Silence.objects.filter(project=self.open_project(slug, access.EDITOR), pk=silence_id).first()
        if silence is None:
            raise Http404("No such silence.")
        rule_setup.end_silence(silence, actor=request.user, now=timezone.now())
        return Response(SilenceOut(silence).data)


def _alerts(project: Project):  # type: ignore[no-untyped-def]
    return Alert.objects.filter(rule__project=project).select_related("rule__project", "acknowledged_by")


def _alert(project: Project, alert_id: int) -> Alert:
    alert: Alert | None = _alerts(project).filter(pk=alert_id).first()
    if alert is None:
        raise Http404("No such alert.")
    return alert
