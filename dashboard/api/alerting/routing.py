"""Who is told of what: routes, what holds news back, maintenance, and what is on."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.models import Channel, EscalationStep, Inhibition, Maintenance, Notice, Route
from alerts.routing import setup
from alerts.routing.setup import Step, WantedInhibition, WantedMaintenance, WantedRoute
from dashboard.api import forms
from dashboard.api.base import ApiView
from events.accounts import access, tokens
from events.models import Project

_REFUSALS = {**forms.BAD, **forms.REFUSALS}
MOST = 500


class StepData(serializers.Serializer):
    after_minutes = serializers.IntegerField(min_value=1)
    channels = serializers.ListField(child=serializers.IntegerField(), help_text="Ids of channels.")

    def to_representation(self, instance: EscalationStep) -> dict[str, Any]:
        channels = [channel.pk for channel in instance.channels.all()]
        return {"after_minutes": instance.after_minutes, "channels": channels}


class RouteData(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=60)
    position = serializers.IntegerField(min_value=1, max_value=1000, default=1)
    matchers = serializers.CharField(max_length=1000, allow_blank=True, default="")
    channels = serializers.ListField(child=serializers.IntegerField(), default=list, help_text="Empty: all.")
    tells_nobody = serializers.BooleanField(default=False)
    goes_on = serializers.BooleanField(default=False)
    group_by = serializers.ListField(child=serializers.CharField(max_length=200), default=list)
    wait_seconds = serializers.IntegerField(default=30)
    interval_seconds = serializers.IntegerField(default=300)
    repeat_minutes = serializers.IntegerField(default=240)
    steps = StepData(many=True, default=list)

    def to_representation(self, instance: Route) -> dict[str, Any]:
        names = [name for name in self.fields if name not in ("channels", "steps")]
        steps = StepData(instance.steps.prefetch_related("channels"), many=True).data
        channels = list(instance.channels.values_list("pk", flat=True))
        return {**{name: getattr(instance, name) for name in names}, "channels": channels, "steps": steps}


class InhibitionData(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=60)
    source = serializers.CharField(max_length=1000)
    target = serializers.CharField(max_length=1000)
    equal = serializers.ListField(child=serializers.CharField(max_length=200), default=list)


class MaintenanceData(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=100)
    matchers = serializers.CharField(max_length=1000)
    starts_at = forms.Moment()
    ends_at = forms.Moment(allow_null=True, default=None)
    cron = serializers.CharField(max_length=200, allow_blank=True, default="", help_text="Empty: once.")
    minutes = serializers.IntegerField(default=0, help_text="How long each of what repeats lasts.")
    zone = serializers.CharField(max_length=64, default="UTC")


class NoticeOut(serializers.ModelSerializer):
    title = serializers.CharField(source="__str__")
    acknowledged_by = serializers.CharField(source="acknowledged_by.username", allow_null=True, default=None)

    class Meta:
        model = Notice
        fields = ["key", "source", "title", "labels", "began_at", "is_flapping", "acknowledged_at", "acknowledged_by",
                  "escalates_at"]  # fmt: skip


class _Rows(ApiView):
    """Rows of one kind: all of a project, and one more."""

    scopes: ClassVar = {"POST": tokens.ADMIN}
    model: ClassVar[type[Model]]
    data: ClassVar[type[serializers.Serializer]]
    store: ClassVar[Callable[..., Any]]

    def list_rows(self, slug: str) -> Response:
        project = self.open_project(slug)
        rows = self.model._default_manager.filter(project=project)[:MOST]
        return Response(self.data(rows, many=True).data)

    def make_row(self, request: Request, slug: str) -> Response:
        project = self.open_project(slug, access.EDITOR)
        row = type(self).store(self.model(project=project), project, forms.read(self.data, request), request.user)
        return Response(self.data(row).data, status=201)


class _Row(_Rows):
    """One row: as it is, changed, deleted."""

    scopes: ClassVar = {"PUT": tokens.ADMIN, "DELETE": tokens.ADMIN, "POST": tokens.ADMIN}
    remove: ClassVar[Callable[..., None]]

    def show(self, slug: str, pk: int) -> Response:
        return Response(self.data(self.find(self.open_project(slug), pk)).data)

    def change(self, request: Request, slug: str, pk: int) -> Response:
        project = self.open_project(slug, access.EDITOR)
        row = self.find(project, pk)
        return Response(self.data(type(self).store(row, project, forms.read(self.data, request), request.user)).data)

    def destroy(self, request: Request, slug: str, pk: int) -> Response:
        row = self.find(self.open_project(slug, access.EDITOR), pk)
        type(self).remove(row, actor=request.user, now=timezone.now())
        return Response(status=204)

    def find(self, project: Project, pk: int) -> Any:
        return get_object_or_404(self.model._default_manager.select_related("project"), project=project, pk=pk)


def _store_route(row: Route, project: Project, sent: dict[str, Any], actor: Any) -> Route:
    channels, steps = sent.pop("channels"), sent.pop("steps")
    known = {channel.pk: channel for channel in Channel.objects.filter(project=project).defer("config")}
    if unknown := {*channels, *(pk for step in steps for pk in step["channels"])} - set(known):
        raise ValidationError({"channels": f"There is no channel {min(unknown)}."})
    wanted = [Step(step["after_minutes"], [known[pk] for pk in step["channels"]]) for step in steps]
    return setup.store_route(
        row, WantedRoute(**sent), channels=[known[pk] for pk in channels], steps=wanted, actor=actor, now=timezone.now()
    )


def _store_inhibition(row: Inhibition, project: Project, sent: dict[str, Any], actor: Any) -> Inhibition:
    return setup.store_inhibition(row, WantedInhibition(**sent), actor=actor, now=timezone.now())


def _store_maintenance(row: Maintenance, project: Project, sent: dict[str, Any], actor: Any) -> Maintenance:
    return setup.store_maintenance(row, WantedMaintenance(**sent), actor=actor, now=timezone.now())


class Routes(_Rows):
    actions: ClassVar = {"GET": "route.list", "POST": "route.create"}
    model, data, store = Route, RouteData, _store_route

    @extend_schema(operation_id="routes", responses={200: RouteData(many=True), **_REFUSALS})
    def get(self, request: Request, slug: str) -> Response:
        """The routes, in the order in which they are tried."""
        return self.list_rows(slug)

    @extend_schema(operation_id="create_route", request=RouteData, responses={201: RouteData, **_REFUSALS})
    def post(self, request: Request, slug: str) -> Response:
        """Adds a route; needs the scope admin and the role editor."""
        return self.make_row(request, slug)


class RouteDetail(_Row):
    actions: ClassVar = {"GET": "route.view", "PUT": "route.update", "DELETE": "route.delete"}
    model, data, store, remove = Route, RouteData, _store_route, setup.delete_route

    @extend_schema(operation_id="route", responses={200: RouteData, **_REFUSALS})
    def get(self, request: Request, slug: str, route_id: int) -> Response:
        """One route."""
        return self.show(slug, route_id)

    @extend_schema(operation_id="update_route", request=RouteData, responses={200: RouteData, **_REFUSALS})
    def put(self, request: Request, slug: str, route_id: int) -> Response:
        """Changes all of a route; needs the scope admin and the role editor."""
        return self.change(request, slug, route_id)

    @extend_schema(operation_id="delete_route", responses={204: None, **_REFUSALS})
    def delete(self, request: Request, slug: str, route_id: int) -> Response:
        """Deletes a route; needs the scope admin and the role editor."""
        return self.destroy(request, slug, route_id)


class Inhibitions(_Rows):
    actions: ClassVar = {"GET": "inhibition.list", "POST": "inhibition.create"}
    model, data, store = Inhibition, InhibitionData, _store_inhibition

    @extend_schema(operation_id="inhibitions", responses={200: InhibitionData(many=True), **_REFUSALS})
    def get(self, request: Request, slug: str) -> Response:
        """What holds what back."""
        return self.list_rows(slug)

    @extend_schema(
        operation_id="create_inhibition", request=InhibitionData, responses={201: InhibitionData, **_REFUSALS}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Adds an inhibition; needs the scope admin and the role editor."""
        return self.make_row(request, slug)


class InhibitionDetail(_Row):
    actions: ClassVar = {"GET": "inhibition.view", "PUT": "inhibition.update", "DELETE": "inhibition.delete"}
    model, data, store, remove = Inhibition, InhibitionData, _store_inhibition, setup.delete_inhibition

    @extend_schema(operation_id="inhibition", responses={200: InhibitionData, **_REFUSALS})
    def get(self, request: Request, slug: str, inhibition_id: int) -> Response:
        """One inhibition."""
        return self.show(slug, inhibition_id)

    @extend_schema(
        operation_id="update_inhibition", request=InhibitionData, responses={200: InhibitionData, **_REFUSALS}
    )
    def put(self, request: Request, slug: str, inhibition_id: int) -> Response:
        """Changes all of an inhibition; needs the scope admin and the role editor."""
        return self.change(request, slug, inhibition_id)

    @extend_schema(operation_id="delete_inhibition", responses={204: None, **_REFUSALS})
    def delete(self, request: Request, slug: str, inhibition_id: int) -> Response:
        """Deletes an inhibition; needs the scope admin and the role editor."""
        return self.destroy(request, slug, inhibition_id)


class Maintenances(_Rows):
    actions: ClassVar = {"GET": "maintenance.list", "POST": "maintenance.create"}
    model, data, store = Maintenance, MaintenanceData, _store_maintenance

    @extend_schema(operation_id="maintenances", responses={200: MaintenanceData(many=True), **_REFUSALS})
    def get(self, request: Request, slug: str) -> Response:
        """Maintenance that is planned, goes on, or is over."""
        return self.list_rows(slug)

    @extend_schema(
        operation_id="create_maintenance", request=MaintenanceData, responses={201: MaintenanceData, **_REFUSALS}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Plans maintenance; needs the scope admin and the role editor."""
        return self.make_row(request, slug)


class MaintenanceDetail(_Row):
    actions: ClassVar = {
        "GET": "maintenance.view", "PUT": "maintenance.update", "DELETE": "maintenance.delete",
        "POST": "maintenance.end",
    }  # fmt: skip
    model, data, store, remove = Maintenance, MaintenanceData, _store_maintenance, setup.delete_maintenance

    @extend_schema(operation_id="maintenance", responses={200: MaintenanceData, **_REFUSALS})
    def get(self, request: Request, slug: str, maintenance_id: int) -> Response:
        """One maintenance."""
        return self.show(slug, maintenance_id)

    @extend_schema(
        operation_id="update_maintenance", request=MaintenanceData, responses={200: MaintenanceData, **_REFUSALS}
    )
    def put(self, request: Request, slug: str, maintenance_id: int) -> Response:
        """Changes all of a maintenance; needs the scope admin and the role editor."""
        return self.change(request, slug, maintenance_id)

    @extend_schema(operation_id="end_maintenance", request=None, responses={200: MaintenanceData, **_REFUSALS})
    def post(self, request: Request, slug: str, maintenance_id: int) -> Response:
        """Ends what goes on of it now; needs the scope admin and the role editor."""
        row = self.find(self.open_project(slug, access.EDITOR), maintenance_id)
        setup.end_maintenance(row, actor=request.user, now=timezone.now())
        return Response(self.data(row).data)

    @extend_schema(operation_id="delete_maintenance", responses={204: None, **_REFUSALS})
    def delete(self, request: Request, slug: str, maintenance_id: int) -> Response:
        """Deletes a maintenance; needs the scope admin and the role editor."""
        return self.destroy(request, slug, maintenance_id)


class Firing(ApiView):
    actions: ClassVar = {"GET": "alert.list"}

    @extend_schema(operation_id="firing", responses={200: NoticeOut(many=True), **_REFUSALS})
    def get(self, request: Request, slug: str) -> Response:
        """What is on now: alerts of rules, monitors, probes and others, the latest first."""
        project = self.open_project(slug)
        rows = Notice.objects.filter(project=project, is_on=True).select_related("acknowledged_by")
        return Response(NoticeOut(rows[:MOST], many=True).data)
