"""Channels: made, changed, tried and deleted as on their pages, and what they delivered. Their secrets go in only."""

from typing import Any, ClassVar

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.delivery import channel_requests, channel_setup, delivery_log
from alerts.delivery.channels import email
from alerts.delivery.delivery_log import Narrowed
from alerts.models import Channel, DeliveryAttempt, Notification
from alerts.routing import routes
from dashboard.api import forms
from dashboard.api.alerting.routing import RouteData
from dashboard.api.alerting.rules import REFUSALS
from dashboard.api.base import ApiView
from dashboard.api.paging import PAGE, keyset, page_of
from events.accounts import access, tokens
from events.models import Issue, Project, Transition

PROBLEMS = [(kind.value, kind.label) for kind in Transition.PROBLEMS]


class ChannelIn(serializers.Serializer):
    """A channel; of `url`, `secret`, `routing_key` and `addresses` those that its kind needs."""

    name = serializers.CharField(max_length=60)
    kind = serializers.ChoiceField(choices=Channel.Kind.choices)
    url = serializers.CharField(max_length=2000, required=False, write_only=True, help_text="Secret: never answered.")
    secret = serializers.CharField(
        max_length=200, required=False, write_only=True, help_text="Signs each message; never answered."
    )
    routing_key = serializers.CharField(max_length=64, required=False, write_only=True, help_text="Of PagerDuty.")
    addresses = serializers.ListField(
        child=serializers.CharField(max_length=254), required=False, write_only=True, max_length=email.MAX_ADDRESSES,
        help_text="Of e-mail.",
    )  # fmt: skip
    transitions = serializers.ListField(
        child=serializers.ChoiceField(choices=PROBLEMS), default=list, max_length=10,
        help_text="Empty: all problems, those of alerts and monitors too.",
    )  # fmt: skip
    min_level = serializers.ChoiceField(choices=Issue.Level.choices, default=Issue.Level.DEBUG)
    environments = serializers.ListField(
        child=serializers.CharField(max_length=64), default=list, max_length=50, help_text="Empty: all."
    )
    fallback = serializers.CharField(
        max_length=60, allow_null=True, default=None, help_text="By name: gets what this channel cannot deliver."
    )
    quiet_from = serializers.TimeField(allow_null=True, default=None)
    quiet_until = serializers.TimeField(allow_null=True, default=None)
    quiet_days = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6), default=list, max_length=7,
        help_text="On which it begins, 0 is Monday; empty: all.",
    )  # fmt: skip
    quiet_zone = serializers.CharField(max_length=64, allow_blank=True, default="", help_text="Empty: UTC.")
    is_house = serializers.BooleanField(default=False, help_text="Trouble of this server too; by superusers.")
    is_enabled = serializers.BooleanField(default=True)


class ChannelOut(serializers.ModelSerializer):
    secure_fields = serializers.SerializerMethodField(help_text="The kind's fields, and whether each is set.")
    transitions = serializers.ListField(child=serializers.ChoiceField(choices=PROBLEMS))
    environments = serializers.ListField(child=serializers.CharField())
    fallback = serializers.CharField(source="fallback.name", allow_null=True, default=None)
    quiet_days = serializers.ListField(child=serializers.IntegerField())
    waiting = serializers.IntegerField(help_text="Messages that wait to be sent.")
    dead = serializers.IntegerField(help_text="Messages that were given up.")

    class Meta:
        model = Channel
        fields = [
            "id", "name", "kind", "secure_fields", "transitions", "min_level", "environments", "fallback", "quiet_from",
            "quiet_until", "quiet_days", "quiet_zone", "is_house", "is_enabled", "disabled_reason", "disabled_at",
            "paused_until", "last_sent_at", "waiting", "dead", "created_at",
        ]  # fmt: skip

    def get_secure_fields(self, channel: Any) -> dict[str, bool]:
        return channel_requests.secure_fields(channel.kind, channel.sealed)


class OutcomeOut(serializers.Serializer):
    is_sent = serializers.BooleanField()
    status = serializers.IntegerField(allow_null=True, help_text="HTTP or SMTP status; null: no answer.")
    words = serializers.CharField(help_text="Delivered (200) in 80 ms.")
    latency_ms = serializers.IntegerField(allow_null=True)


class DeliveryQuery(forms.Cursor):
    limit = None  # its pages begin at a moment
    status = serializers.ChoiceField(choices=Notification.Status.choices, required=False, default="")
    kind = serializers.ChoiceField(choices=Notification.Kind.choices, required=False, default="")


class TryOut(serializers.ModelSerializer):
    class Meta:
        model = DeliveryAttempt
        fields = ["at", "status", "error", "latency_ms", "decision"]


class DeliveryOut(serializers.ModelSerializer):
    title = serializers.CharField(source="payload.title", default="")
    tries = TryOut(many=True)

    class Meta:
        model = Notification
        fields = [
            "id", "kind", "title", "status", "attempts", "created_at", "sent_at", "next_attempt_at", "last_status",
            "last_error", "latency_ms", "tries",
        ]  # fmt: skip


class Channels(ApiView):
    actions: ClassVar = {"GET": "channel.list", "POST": "channel.create"}
    scopes: ClassVar = {"POST": tokens.ADMIN}

    @extend_schema(
        operation_id="channels", parameters=[forms.Cursor],
        responses={200: page_of(ChannelOut, "ChannelPage"), **forms.BAD, **forms.REFUSALS},
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        """The channels of a project, whole or broken; of their secrets, which are set."""
        channels = channel_requests.listed(self.open_project(slug)).order_by("pk")
        rows, following = keyset(channels, self.parameters(forms.Cursor), "pk__gt")
        return Response({"results": ChannelOut(rows, many=True).data, "next": following})

    @extend_schema(operation_id="create_channel", request=ChannelIn, responses={201: ChannelOut, **REFUSALS})
    def post(self, request: Request, slug: str) -> Response:
        """Makes a channel, if its address may be reached from here; needs the scope admin and the role editor."""
        project = self.open_project(slug, access.EDITOR)
        made = channel_requests.create(project, forms.read(ChannelIn, request), actor=request.user, now=timezone.now())
        return Response(ChannelOut(_channel(project, made.pk)).data, status=status.HTTP_201_CREATED)


class ChannelDetail(ApiView):
    actions: ClassVar = {"GET": "channel.view", "PATCH": "channel.update", "DELETE": "channel.delete"}
    scopes: ClassVar = {"PATCH": tokens.ADMIN, "DELETE": tokens.ADMIN}

    @extend_schema(operation_id="channel", responses={200: ChannelOut, **forms.REFUSALS})
    def get(self, request: Request, slug: str, channel_id: int) -> Response:
        """One channel; of its secrets, which are set."""
        return Response(ChannelOut(_channel(self.open_project(slug), channel_id)).data)

    @extend_schema(operation_id="change_channel", request=ChannelIn, responses={200: ChannelOut, **REFUSALS})
    def patch(self, request: Request, slug: str, channel_id: int) -> Response:
        """Changes what is sent, and turns it on or off; needs the scope admin and the role editor."""
        project = self.open_project(slug, access.EDITOR)
        channel, sent = _channel(project, channel_id), forms.read(ChannelIn, request, is_partial=True)
        channel_requests.change(channel, sent, actor=request.user, now=timezone.now())
        return Response(ChannelOut(_channel(project, channel_id)).data)

    @extend_schema(operation_id="delete_channel", responses={**forms.GONE, **forms.REFUSALS})
    def delete(self, request: Request, slug: str, channel_id: int) -> Response:
        """Deletes the channel and its delivery log; needs the scope admin and the role editor."""
        channel = _channel(self.open_project(slug, access.EDITOR), channel_id)
        channel_setup.delete(channel, actor=request.user, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ChannelTest(ApiView):
    actions: ClassVar = {"POST": "channel.test"}
    scopes: ClassVar = {"POST": tokens.ADMIN}

    @extend_schema(operation_id="test_channel", request=None, responses={200: OutcomeOut, **forms.REFUSALS})
    def post(self, request: Request, slug: str, channel_id: int) -> Response:
        """Sends a test message now and once, and says what came of it; needs the scope admin and the role editor."""
        channel = _channel(self.open_project(slug, access.EDITOR), channel_id)
        outcome = channel_setup.test(channel, actor=request.user, now=timezone.now())
        return Response(OutcomeOut(outcome).data)


class ChannelDeliveries(ApiView):
    actions: ClassVar = {"GET": "delivery.list"}

    @extend_schema(
        operation_id="channel_deliveries", parameters=[DeliveryQuery],
        responses={200: page_of(DeliveryOut, "DeliveryPage"), **forms.BAD, **forms.REFUSALS},
    )  # fmt: skip
    def get(self, request: Request, slug: str, channel_id: int) -> Response:
        """The messages of a channel with their tries, newest first; what is older than 90 days is gone."""
        project = self.open_project(slug)
        channel, asked = _channel(project, channel_id), self.parameters(DeliveryQuery)
        narrowed = Narrowed(channel.pk, asked["status"], asked["kind"], asked.get("cursor"))
        page = delivery_log.delivery_log(project, narrowed=narrowed, page=PAGE)
        return Response({"results": DeliveryOut(page.notifications, many=True).data, "next": page.older})


class ChannelRoutes(ApiView):
    actions: ClassVar = {"GET": "channel.routes"}

    @extend_schema(operation_id="channel_routes", responses={200: RouteData(many=True), **forms.REFUSALS})
    def get(self, request: Request, slug: str, channel_id: int) -> Response:
        """The routes that name the channel, themselves or in a step, in the order in which they are tried."""
        channel = _channel(self.open_project(slug), channel_id)
        return Response(RouteData(routes.naming(channel), many=True).data)


def _channel(project: Project, channel_id: int) -> Any:
    return get_object_or_404(channel_requests.listed(project), pk=channel_id)
