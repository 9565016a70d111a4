"""Incidents: read, opened, changed and commented as on their pages."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.incidents import acting, timeline
from alerts.models import Incident, IncidentAlert
from alerts.models.incident import Severity
from dashboard.api import forms
from dashboard.api.base import ApiView
from dashboard.api.paging import keyset, page_of
from events.accounts import access, tokens
from events.models import Project

ACTIONS = ("acknowledge", "resolve", "reopen", "comment")


class IncidentQuery(forms.Cursor):
    state = serializers.ChoiceField(choices=Incident.State.choices, required=False)
    severity = serializers.ChoiceField(choices=Severity.choices, required=False)


class NewIncident(serializers.Serializer):
    title = serializers.CharField(max_length=200)
    severity = serializers.ChoiceField(choices=Severity.choices, default=Severity.ERROR)
    text = serializers.CharField(required=False, allow_blank=True, default="", max_length=acting.LONGEST_COMMENT)
    began_at = forms.Moment(required=False, help_text="Now, where it is left out.")


class IncidentChange(serializers.Serializer):
    """What to do; `text` is the comment, or what is said with a resolution."""

    action = serializers.ChoiceField(choices=ACTIONS)
    text = serializers.CharField(required=False, allow_blank=True, default="", max_length=acting.LONGEST_COMMENT)


class IncidentAlertOut(serializers.ModelSerializer):
    class Meta:
        model = IncidentAlert
        fields = [
            "source", "source_id", "title", "severity", "labels", "words", "link", "began_at", "ended_at", "times",
            "evidence",
        ]  # fmt: skip


class IncidentLine(serializers.ModelSerializer):
    commander = serializers.CharField(source="commander.username", allow_null=True, default=None)
    acknowledged_by = serializers.CharField(source="acknowledged_by.username", allow_null=True, default=None)

    class Meta:
        model = Incident
        fields = [
            "id", "title", "severity", "state", "environment", "labels", "began_at", "first_acknowledged_at",
            "acknowledged_at", "acknowledged_by", "resolved_at", "commander", "is_held", "was_told",
        ]  # fmt: skip


class TimelineEntry(serializers.Serializer):
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    text = serializers.CharField()
    actor = serializers.CharField()
    link = serializers.CharField()


class IncidentOut(IncidentLine):
    alerts = IncidentAlertOut(many=True)
    timeline = serializers.SerializerMethodField()

    class Meta(IncidentLine.Meta):
        fields = [*IncidentLine.Meta.fields, "summary", "suspects", "moved", "alerts", "timeline"]

    @extend_schema(responses=TimelineEntry(many=True))
    def get_timeline(self, incident: Incident) -> list[dict[str, Any]]:
        return list(TimelineEntry(timeline.of(incident, now=timezone.now()), many=True).data)


class Incidents(ApiView):
    actions: ClassVar = {"GET": "incident.list", "POST": "incident.open"}
    scopes: ClassVar = {"POST": tokens.ADMIN}

    @extend_schema(
        operation_id="incidents", parameters=[IncidentQuery],
        responses={200: page_of(IncidentLine, "IncidentPage"), **forms.BAD, **forms.REFUSALS},
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        """The incidents of a project, the latest opened first."""
        project = self.open_project(slug)
        asked = self.parameters(IncidentQuery)
        wanted = {name: asked[name] for name in ("state", "severity") if name in asked}
        found = Incident.objects.filter(project=project, **wanted).select_related("commander", "acknowledged_by")
        rows, following = keyset(found.order_by("-pk"), asked, "pk__lt")
        return Response({"results": IncidentLine(rows, many=True).data, "next": following})

    @extend_schema(
        operation_id="open_incident",
        request=NewIncident,
        responses={201: IncidentOut, **forms.BAD, **forms.REFUSALS},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Opens an incident by hand; needs the scope admin and the role editor."""
        project = self.open_project(slug, access.EDITOR)
        made = acting.open_by_hand(project, **forms.read(NewIncident, request), actor=request.user, now=timezone.now())
        return Response(IncidentOut(made).data, status=201)


class IncidentDetail(ApiView):
    actions: ClassVar = {"GET": "incident.view", "POST": "incident.change"}
    scopes: ClassVar = {"POST": tokens.ADMIN}

    @extend_schema(operation_id="incident", responses={200: IncidentOut, **forms.REFUSALS})
    def get(self, request: Request, slug: str, incident_id: int) -> Response:
        """One incident with its alerts, their evidence, and the timeline."""
        return Response(IncidentOut(_incident(self.open_project(slug), incident_id)).data)

    @extend_schema(
        operation_id="change_incident",
        request=IncidentChange,
        responses={200: IncidentOut, **forms.BAD, **forms.REFUSALS},
    )
    def post(self, request: Request, slug: str, incident_id: int) -> Response:
        """Acknowledges, resolves, reopens or comments it; needs the scope admin and the role editor."""
        incident = _incident(self.open_project(slug, access.EDITOR), incident_id)
        sent = forms.read(IncidentChange, request)
        action, text = sent["action"], sent["text"]
        by: dict[str, Any] = {"actor": request.user, "now": timezone.now()}
        if action == "comment":
            acting.comment(incident, text, **by)
        elif text and action != "resolve":
            raise ValidationError("A text goes with a comment or a resolution.")
        elif action == "resolve":
            acting.resolve(incident, text=text, **by)
        else:
            {"acknowledge": acting.acknowledge, "reopen": acting.reopen}[action](incident, **by)
        return Response(IncidentOut(_incident(incident.project, incident_id)).data)


def _incident(project: Project, number: int) -> Incident:
    found = Incident.objects.select_related("project", "commander", "acknowledged_by").prefetch_related("alerts")
    return get_object_or_404(found, project=project, pk=number)
