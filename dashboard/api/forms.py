"""What the API reads and what it answers, as serializers: they check, and they make the OpenAPI document."""

from datetime import UTC, datetime
from typing import Any

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.request import Request

from analytics.questions.errors import issue_list
from events.models import Issue, Project, Release

_EARLIEST, _LATEST = datetime(1971, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
BIGGEST_ID = 2**63 - 1


class Moment(serializers.DateTimeField):
    """A time that every part of the way can hold."""

    def to_internal_value(self, value: Any) -> datetime:
        moment = super().to_internal_value(value)
        if not _EARLIEST <= moment <= _LATEST:
            raise serializers.ValidationError("The time is out of range.")
        return moment


class Cursor(serializers.Serializer):
    cursor = serializers.IntegerField(
        required=False, min_value=1, max_value=BIGGEST_ID, help_text="From `next` of the page before."
    )
    limit = serializers.IntegerField(required=False, min_value=1, max_value=100, help_text="Rows of a page.")


class IssueQuery(Cursor):
    limit = None  # its pages are numbered
    query = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=2000, help_text="As on the issues page: is:unresolved"
    )
    environment = serializers.CharField(required=False, allow_blank=True, default="", max_length=64)
    sort = serializers.ChoiceField(choices=list(issue_list.SORTS), default="last_seen")
    start = Moment(required=False, help_text="Seen at or after.")
    end = Moment(required=False, help_text="First seen before.")


class IssueChange(serializers.Serializer):
    """One change: a status with its conditions, or an assignee."""

    status = serializers.ChoiceField(choices=Issue.Status.choices, required=False)
    in_release = serializers.CharField(required=False, max_length=200, help_text="With resolved.")
    in_next = serializers.BooleanField(required=False, help_text="With resolved: in whatever release comes next.")
    until = Moment(required=False, help_text="With ignored.")
    events = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="With ignored.")
    users = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="With ignored.")
    window_minutes = serializers.IntegerField(required=False, min_value=1, max_value=525_600, help_text="With ignored.")
    assigned_to = serializers.CharField(
        required=False, allow_null=True, max_length=150, help_text="A username, or null."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        status = attrs.get("status")
        allowed = {"resolved": {"in_release", "in_next"}, "ignored": {"until", "events", "users", "window_minutes"}}
        if ("assigned_to" in attrs) == (status is not None):
            raise serializers.ValidationError({"detail": "Send a status or assigned_to, one at a time."})
        extra = set(attrs) - {"status", "assigned_to"} - allowed.get(str(status), set())
        if extra:
            raise serializers.ValidationError({"detail": f"{min(extra)} does not go with this change."})
        return attrs


class ProjectOut(serializers.ModelSerializer):
    class Meta:
        model = Project
        fields = ["slug", "name", "platform", "created_at", "first_event_at"]


class IssueOut(serializers.ModelSerializer):
    assigned_to = serializers.CharField(source="assigned_to.username", allow_null=True, default=None)

    class Meta:
        model = Issue
        fields = [
            "id", "title", "type", "value", "culprit", "level", "platform", "kind", "status", "is_regressed",
            "first_seen_at", "last_seen_at", "event_count", "user_count", "first_release", "last_release",
            "assigned_to", "resolved_at", "resolved_in_release", "resolved_in_next", "ignored_at", "ignored_until",
            "ignored_until_events", "ignored_until_users", "ignored_window_minutes", "ignored_rate_events",
        ]  # fmt: skip


class EventLine(serializers.Serializer):
    event_id = serializers.CharField(help_text="32 hex digits.")
    at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    environment = serializers.CharField()
    release = serializers.CharField()
    issue_id = serializers.IntegerField(source="group.issue_id")
    ordinal = serializers.IntegerField(help_text="1 for the group's first event.")

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {**super().to_representation(instance), "event_id": instance.event_id.hex}


class EventOut(EventLine):
    event = serializers.JSONField(help_text="The event as sent, scrubbed.")


class ReleaseOut(serializers.ModelSerializer):
    class Meta:
        model = Release
        fields = [
            "version", "ref", "url", "created_at", "started_at", "released_at", "first_event_at", "last_event_at",
            "new_issue_count",
        ]  # fmt: skip


class AccountingOut(serializers.Serializer):
    received = serializers.IntegerField()
    stored = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    rate_limited = serializers.IntegerField()
    invalid = serializers.IntegerField()
    in_inbox = serializers.IntegerField()
    in_spool = serializers.IntegerField()
    dead_letter = serializers.IntegerField()
    filtered = serializers.DictField(child=serializers.IntegerField(), help_text="By reason.")
    filtered_total = serializers.IntegerField()
    difference = serializers.IntegerField(help_text="0 at every instant.")


class Problem(serializers.Serializer):
    detail = serializers.CharField()


# How every address of the API refuses, and what those answer that take parameters.
REFUSALS = {
    401: OpenApiResponse(Problem, "No token, or one that is unknown, revoked or expired."),
    403: OpenApiResponse(Problem, "The token lacks the scope, or its owner the role."),
    404: OpenApiResponse(Problem, "No such thing, or not for this token's owner."),
    429: OpenApiResponse(Problem, "Too many calls; Retry-After says how long to wait."),
}
BAD = {400: OpenApiResponse(Problem, "A parameter is wrong; `detail` says which and why.")}
GONE = {204: OpenApiResponse(description="It is deleted.")}


def read(form: type[serializers.Serializer], request: Request, *, is_partial: bool = False) -> dict[str, Any]:
    """What was sent, as `form` reads it. Raises a 400 that names each wrong field."""
    given = form(data=request.data, partial=is_partial)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
