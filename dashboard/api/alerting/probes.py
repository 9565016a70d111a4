"""Probes: read, made, changed, paused, tried and looked at as on their pages."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.models import Channel, Probe, ProbeLook
from alerts.probes import checks, probe_setup
from alerts.probes.checks import METHODS, RECORDS, InvalidCheck
from alerts.probes.probe_setup import Wanted
from dashboard.api import forms
from dashboard.api.base import ApiView
from dashboard.api.paging import keyset, page_of
from events.accounts import access, tokens
from events.models import Project

_REFUSALS = {**forms.BAD, **forms.REFUSALS}
_LONG = {"max_length": checks.LONGEST_TEXT, "required": False, "allow_blank": True, "trim_whitespace": False}


class CheckIn(serializers.Serializer):
    """What a good answer is; fields of other kinds are left out."""

    method = serializers.ChoiceField(choices=METHODS, required=False)
    expected_status = serializers.CharField(max_length=200, required=False, help_text="200-299,301")
    match = serializers.CharField(**_LONG, help_text="Text that the answer has, of http and tcp.")
    is_pattern = serializers.BooleanField(required=False, help_text="It is a pattern of re2.")
    is_negated = serializers.BooleanField(required=False, help_text="It must not be there.")
    json_path = serializers.CharField(**_LONG, help_text="checks.db.0.status")
    json_value = serializers.CharField(**_LONG, help_text="ok|warn")
    max_redirects = serializers.IntegerField(required=False, min_value=0, max_value=checks.MOST_REDIRECTS)
    send = serializers.CharField(**_LONG, help_text="Of tcp: what is said first.")
    warn_days = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=365), required=False, max_length=10
    )
    fail_days = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=365)
    record = serializers.ChoiceField(choices=RECORDS, required=False)
    expected = serializers.ListField(child=serializers.CharField(max_length=1000), required=False, max_length=50)
    is_exact = serializers.BooleanField(required=False)
    resolver = serializers.CharField(max_length=260, required=False, allow_blank=True)


class ProbeIn(serializers.Serializer):
    name = serializers.CharField(max_length=100)
    kind = serializers.CharField(max_length=4, help_text="http, tcp, tls or dns.")
    target = serializers.CharField(max_length=500, help_text="A URL; host:port; or a name for dns.")
    interval_seconds = serializers.IntegerField(default=60, min_value=30, max_value=86_400)
    timeout_seconds = serializers.IntegerField(default=10, min_value=1, max_value=probe_setup.LONGEST_TIMEOUT)
    failure_threshold = serializers.IntegerField(default=3, min_value=2, max_value=100)
    recovery_threshold = serializers.IntegerField(default=2, min_value=1, max_value=100)
    is_muted = serializers.BooleanField(default=False)
    check_ = CheckIn(required=False)
    headers = serializers.DictField(
        child=serializers.CharField(max_length=4000, allow_blank=True), required=False, write_only=True,
        help_text="Secret: stored encrypted and never answered. Left out: as they are stored.",
    )  # fmt: skip
    body = serializers.CharField(
        max_length=checks.LONGEST_SECRET, required=False, allow_blank=True, write_only=True, trim_whitespace=False
    )
    forgets_secrets = serializers.BooleanField(default=False, write_only=True)
    channels = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=forms.BIGGEST_ID), default=list, max_length=100,
        help_text="Numbers of channels; empty: all.",
    )  # fmt: skip

    def get_fields(self) -> dict[str, serializers.Field]:
        """`check` is a name that Django's checks take: the field bears it outside alone."""
        return {("check" if name == "check_" else name): field for name, field in super().get_fields().items()}


class ProbeSwitch(serializers.Serializer):
    is_enabled = serializers.BooleanField(help_text="False pauses it.")


class ProbeOut(serializers.ModelSerializer):
    kind = serializers.CharField(help_text="http, tcp, tls or dns.")
    check_ = serializers.JSONField(source="config")
    channels = serializers.PrimaryKeyRelatedField(many=True, read_only=True)
    status = serializers.CharField(source="state.status", help_text="new, up, down or paused.")
    since = serializers.DateTimeField(source="state.since")
    words = serializers.CharField(source="state.words", help_text="What the last look found wrong.")
    last_at = serializers.DateTimeField(source="state.last_at")
    next_at = serializers.DateTimeField(source="state.next_at")
    certificate_ends_at = serializers.DateTimeField(source="state.certificate_ends_at")

    class Meta:
        model = Probe
        fields = [
            "id", "slug", "name", "kind", "target", "interval_seconds", "timeout_seconds", "failure_threshold",
            "recovery_threshold", "is_muted", "is_enabled", "check_", "header_names", "channels", "status", "since",
            "words", "last_at", "next_at", "certificate_ends_at", "created_at",
        ]  # fmt: skip

    def get_fields(self) -> dict[str, serializers.Field]:
        return {("check" if name == "check_" else name): field for name, field in super().get_fields().items()}


class LookOut(serializers.ModelSerializer):
    status = serializers.CharField(help_text="up, down or unknown.")

    class Meta:
        model = ProbeLook
        fields = [
            "at", "status", "is_retry", "words", "http_status", "redirects", "dns_ms", "connect_ms", "tls_ms",
            "first_byte_ms", "total_ms",
        ]  # fmt: skip


class FoundOut(serializers.Serializer):
    is_ok = serializers.BooleanField()
    words = serializers.CharField()
    http_status = serializers.IntegerField(allow_null=True)
    redirects = serializers.IntegerField()
    total_ms = serializers.FloatField(allow_null=True)


class Probes(ApiView):
    actions: ClassVar = {"GET": "probe.list", "POST": "probe.create"}
    scopes: ClassVar = {"POST": tokens.ADMIN}

    @extend_schema(
        operation_id="probes", parameters=[forms.Cursor], responses={200: page_of(ProbeOut, "ProbePage"), **_REFUSALS}
    )
    def get(self, request: Request, slug: str) -> Response:
        """The probes of a project and where they stand."""
        rows = _probes(self.open_project(slug)).order_by("pk")
        found, following = keyset(rows, self.parameters(forms.Cursor), "pk__gt")
        return Response({"results": ProbeOut(found, many=True).data, "next": following})

    @extend_schema(operation_id="create_probe", request=ProbeIn, responses={201: ProbeOut, **_REFUSALS})
    def post(self, request: Request, slug: str) -> Response:
        """A new probe, looked at at once; needs the scope admin and the role editor."""
        project = self.open_project(slug, access.EDITOR)
        wanted, channels = _wanted(request, project)
        made = probe_setup.create(project, wanted, channels=channels, actor=request.user, now=timezone.now())
        return Response(ProbeOut(_probe(project, made.pk)).data, status=201)


class ProbeTrial(ApiView):
    actions: ClassVar = {"POST": "probe.try"}
    scopes: ClassVar = {"POST": tokens.ADMIN}

    @extend_schema(operation_id="try_probe", request=ProbeIn, responses={200: FoundOut, **_REFUSALS})
    def post(self, request: Request, slug: str) -> Response:
        """What one look finds, nothing stored; needs the scope admin and the role editor."""
        project = self.open_project(slug, access.EDITOR)
        wanted, _ = _wanted(request, project)
        found = probe_setup.try_out(Probe(project=project), wanted, actor=request.user, now=timezone.now())
        return Response(FoundOut(found).data)


class ProbeDetail(ApiView):
    actions: ClassVar = {
        "GET": "probe.view", "PUT": "probe.update", "PATCH": "probe.switch", "DELETE": "probe.delete",
    }  # fmt: skip
    scopes: ClassVar = dict.fromkeys(("PUT", "PATCH", "DELETE"), tokens.ADMIN)

    @extend_schema(operation_id="probe", responses={200: ProbeOut, **forms.REFUSALS})
    def get(self, request: Request, slug: str, probe_id: int) -> Response:
        """One probe and where it stands."""
        return Response(ProbeOut(_probe(self.open_project(slug), probe_id)).data)

    @extend_schema(operation_id="change_probe", request=ProbeIn, responses={200: ProbeOut, **_REFUSALS})
    def put(self, request: Request, slug: str, probe_id: int) -> Response:
        """The probe as it is sent, but for headers and body that are left out; needs the scope admin and the role
        editor."""
        project = self.open_project(slug, access.EDITOR)
        probe = _probe(project, probe_id)
        wanted, channels = _wanted(request, project)
        probe_setup.update(probe, wanted, channels=channels, actor=request.user, now=timezone.now())
        return Response(ProbeOut(_probe(project, probe_id)).data)

    @extend_schema(operation_id="switch_probe", request=ProbeSwitch, responses={200: ProbeOut, **_REFUSALS})
    def patch(self, request: Request, slug: str, probe_id: int) -> Response:
        """Pauses or resumes the probe; needs the scope admin and the role editor."""
        project = self.open_project(slug, access.EDITOR)
        probe, sent = _probe(project, probe_id), forms.read(ProbeSwitch, request)
        change = probe_setup.resume if sent["is_enabled"] else probe_setup.pause
        change(probe, actor=request.user, now=timezone.now())
        return Response(ProbeOut(_probe(project, probe_id)).data)

    @extend_schema(operation_id="delete_probe", responses={204: None, **forms.REFUSALS})
    def delete(self, request: Request, slug: str, probe_id: int) -> Response:
        """Deletes the probe with its looks; needs the scope admin and the role editor."""
        project = self.open_project(slug, access.EDITOR)
        probe_setup.delete(_probe(project, probe_id), actor=request.user, now=timezone.now())
        return Response(status=204)


class ProbeLooks(ApiView):
    actions: ClassVar = {"GET": "probe.looks", "POST": "probe.look"}
    scopes: ClassVar = {"POST": tokens.ADMIN}

    @extend_schema(
        operation_id="probe_looks",
        parameters=[forms.Cursor],
        responses={200: page_of(LookOut, "LookPage"), **_REFUSALS},
    )
    def get(self, request: Request, slug: str, probe_id: int) -> Response:
        """The looks that are kept, as they were written down, newest first."""
        probe = _probe(self.open_project(slug), probe_id)
        rows, following = keyset(probe.looks.order_by("-pk"), self.parameters(forms.Cursor), "pk__lt")
        return Response({"results": LookOut(rows, many=True).data, "next": following})

    @extend_schema(operation_id="look_at_probe", request=None, responses={200: ProbeOut, **forms.REFUSALS})
    def post(self, request: Request, slug: str, probe_id: int) -> Response:
        """Looks once at once; a paused probe is not looked at. Needs the scope admin and the role editor."""
        project = self.open_project(slug, access.EDITOR)
        probe_setup.look_now(_probe(project, probe_id), actor=request.user, now=timezone.now())
        return Response(ProbeOut(_probe(project, probe_id)).data)


def _probes(project: Project) -> Any:
    return Probe.objects.filter(project=project).select_related("project", "state").defer("secrets")


def _probe(project: Project, probe_id: int) -> Probe:
    found = _probes(project).filter(pk=probe_id).first() if probe_id <= forms.BIGGEST_ID else None
    if found is None:
        raise Http404("No such probe.")
    return found


def _wanted(request: Request, project: Project) -> tuple[Wanted, list[Channel]]:
    """What is asked for, and whom to tell. Raises a 400 that names each wrong field."""
    sent = forms.read(ProbeIn, request)
    channels = list(Channel.objects.filter(project=project, pk__in=sent["channels"]).defer("config"))
    if len(channels) != len(set(sent.pop("channels"))):
        raise exceptions.ValidationError({"channels": "No such channel in this project."})
    check = {**sent.pop("check", {}), "headers": _headers(sent.pop("headers", {})), "body": sent.pop("body", "")}
    for name in ("warn_days", "expected"):
        if name in check:
            check[name] = tuple(check[name])
    return Wanted(check=check, **sent), channels


def _headers(sent: Mapping[str, str]) -> dict[str, str]:
    """As the form reads them, so that none holds a second line."""
    if any("\n" in part or "\r" in part for pair in sent.items() for part in pair):
        raise exceptions.ValidationError({"headers": "A header has one line."})
    try:
        return checks.headers("\n".join(f"{name}: {value}" for name, value in sent.items()))
    except InvalidCheck as error:
        raise exceptions.ValidationError({error.field: error.reason}) from None
