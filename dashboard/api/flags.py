"""Feature flags: read, made and changed as on their pages."""

from typing import ClassVar

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.flags import changing
from analytics.flags.checking import Wanted
from analytics.models import Flag, FlagVersion
from dashboard.api import forms
from dashboard.api.base import ApiView
from dashboard.api.paging import PAGE, keyset, page_of
from events.accounts import access, tokens

_FIELDS = ("description", "is_active", "filters", "is_by_device", "is_continuous", "runtime", "starts_at", "ends_at")


class FlagOut(serializers.ModelSerializer):
    filters = serializers.JSONField(help_text="Conditions, variants and payloads in PostHog's form.")

    class Meta:
        model = Flag
        fields = ("id", "key", *_FIELDS, "version", "created_at", "changed_at", "archived_at")
        read_only_fields = fields


class FlagIn(serializers.Serializer):
    description = serializers.CharField(required=False, allow_blank=True, max_length=400)
    is_active = serializers.BooleanField(required=False)
    filters = serializers.DictField(required=False, help_text="In PostHog's form: groups, multivariate, payloads …")
    is_by_device = serializers.BooleanField(required=False)
    is_continuous = serializers.BooleanField(required=False)
    runtime = serializers.ChoiceField(required=False, choices=Flag.Runtime.choices)
    starts_at = forms.Moment(required=False, allow_null=True)
    ends_at = forms.Moment(required=False, allow_null=True)
    group_type = serializers.CharField(required=False, allow_blank=True, max_length=60)
    note = serializers.CharField(required=False, allow_blank=True, max_length=200, help_text="Why this change.")
    based_on = serializers.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text="The version that is changed; refused if it moved."
    )


class NewFlagIn(FlagIn):
    key = serializers.CharField(max_length=200)


class FlagVersionOut(serializers.ModelSerializer):
    by = serializers.CharField(source="by.username", default="", help_text="Empty for a program, or who is gone.")
    definition = serializers.JSONField()

    class Meta:
        model = FlagVersion
        fields = ("number", "at", "by", "note", "definition")
        read_only_fields = fields


_HISTORY = inline_serializer("FlagHistory", {"results": FlagVersionOut(many=True)})


class Flags(ApiView):
    actions: ClassVar = {"GET": "flag.list", "POST": "flag.create"}
    scopes: ClassVar = {"POST": tokens.ADMIN}

    @extend_schema(
        operation_id="flags", parameters=[forms.Cursor],
        responses={200: page_of(FlagOut, "FlagPage"), **forms.BAD, **forms.REFUSALS},
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        """The flags by number, archived ones too, 100 at a time; `next` is the cursor of more."""
        rows = self.open_project(slug).flags.order_by("pk")
        found, following = keyset(rows, self.parameters(forms.Cursor), "pk__gt")
        return Response({"results": FlagOut(found, many=True).data, "next": following})

    @extend_schema(
        operation_id="create_flag", request=NewFlagIn, responses={201: FlagOut, **forms.BAD, **forms.REFUSALS}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Makes a flag; needs the scope admin and the role editor."""
        project = self.open_project(slug, access.EDITOR)
        sent = forms.read(NewFlagIn, request)
        key, note = sent.pop("key"), sent.pop("note", "")
        sent.pop("based_on", None)
        wanted = Wanted(**{"filters": {"groups": [{}]}, **sent})
        flag = changing.create(project, key, wanted, note=note, actor=request.user, now=timezone.now())
        return Response(FlagOut(flag).data, status=201)


class FlagDetail(ApiView):
    actions: ClassVar = {"GET": "flag.view", "PATCH": "flag.update"}
    scopes: ClassVar = {"PATCH": tokens.ADMIN}

    @extend_schema(operation_id="flag", responses={200: FlagOut, **forms.REFUSALS})
    def get(self, request: Request, slug: str, flag_id: int) -> Response:
        """One flag."""
        return Response(FlagOut(get_object_or_404(self.open_project(slug).flags, pk=flag_id)).data)

    @extend_schema(operation_id="change_flag", request=FlagIn, responses={200: FlagOut, **forms.BAD, **forms.REFUSALS})
    def patch(self, request: Request, slug: str, flag_id: int) -> Response:
        """Changes what is sent and leaves the rest; needs the scope admin and the role editor."""
        project = self.open_project(slug, access.EDITOR)
        flag = get_object_or_404(project.flags.select_related("project"), pk=flag_id)
        sent = forms.read(FlagIn, request)
        note, based_on = sent.pop("note", ""), sent.pop("based_on", flag.version)
        kept = {name: getattr(flag, name) for name in _FIELDS} | {"group_type": changing.group_type_of(flag)}
        changed = changing.update(
            flag, Wanted(**(kept | sent)), based_on=based_on, note=note, actor=request.user, now=timezone.now()
        )
        return Response(FlagOut(changed).data)


class FlagHistory(ApiView):
    actions: ClassVar = {"GET": "flag.history"}

    @extend_schema(operation_id="flag_history", responses={200: _HISTORY, **forms.REFUSALS})
    def get(self, request: Request, slug: str, flag_id: int) -> Response:
        """The newest 100 versions of a flag."""
        flag = get_object_or_404(self.open_project(slug).flags, pk=flag_id)
        return Response({"results": FlagVersionOut(flag.versions.select_related("by")[:PAGE], many=True).data})
