"""The rules of grouping: read, tried and saved as on their page."""

from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import forms
from dashboard.api.base import ApiView
from events.accounts import access, tokens
from events.issues import project_rules

_REFUSALS = {
    400: OpenApiResponse(
        forms.Problem, "A line is no rule, or another version was saved; `detail` says which and why."
    ),
    **forms.REFUSALS,
}


class GroupingRulesOut(serializers.Serializer):
    version = serializers.IntegerField(help_text="0 before the first.")
    fingerprint_rules = serializers.CharField(source="fingerprints")
    stack_trace_rules = serializers.CharField(source="stacks")


class GroupingRulesIn(serializers.Serializer):
    fingerprint_rules = serializers.CharField(allow_blank=True, max_length=100_000, default="")
    stack_trace_rules = serializers.CharField(allow_blank=True, max_length=100_000, default="")
    based_on = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, allow_null=True, default=None,
        help_text="The version that was changed; where another was saved meanwhile, nothing is.",
    )  # fmt: skip


class GroupingChange(serializers.Serializer):
    kind = serializers.ChoiceField(choices=["merged", "split", "moved"])
    title = serializers.CharField()
    issues = serializers.SerializerMethodField()
    events = serializers.IntegerField(help_text="Of those that were tried.")
    parts = serializers.IntegerField(help_text="How many issues one would become.")

    def get_issues(self, change: project_rules.Change) -> list[int]:
        return [issue.pk for issue in change.issues]


class GroupingTrialOut(serializers.Serializer):
    tried = serializers.IntegerField()
    regrouped = serializers.IntegerField()
    changes = GroupingChange(many=True)
    matched = serializers.DictField(child=serializers.IntegerField(), help_text="Events by the line of their rule.")


class GroupingRules(ApiView):
    actions: ClassVar = {"GET": "grouping_rules.view", "PUT": "grouping_rules.save"}
    scopes: ClassVar = {"PUT": tokens.ADMIN}

    @extend_schema(operation_id="grouping_rules", responses={200: GroupingRulesOut, **_REFUSALS})
    def get(self, request: Request, slug: str) -> Response:
        """The rules in force; needs the role editor."""
        project = self.open_project(slug, access.EDITOR)
        return Response(GroupingRulesOut(project_rules.standing(project.pk)).data)

    @extend_schema(
        operation_id="save_grouping_rules", request=GroupingRulesIn, responses={200: GroupingRulesOut, **_REFUSALS}
    )
    def put(self, request: Request, slug: str) -> Response:
        """Saves a new version of the rules; needs the scope admin and the role owner."""
        project = self.open_project(slug, access.OWNER)
        sent = forms.read(GroupingRulesIn, request)
        standing = project_rules.save(
            project, fingerprints=sent["fingerprint_rules"], stacks=sent["stack_trace_rules"],
            based_on=sent["based_on"], actor=request.user, now=timezone.now(),
        )  # fmt: skip
        return Response(GroupingRulesOut(standing).data)


class GroupingTrial(ApiView):
    actions: ClassVar = {"POST": "grouping_rules.try"}

    @extend_schema(
        operation_id="try_grouping_rules", request=GroupingRulesIn, responses={200: GroupingTrialOut, **_REFUSALS}
    )
    def post(self, request: Request, slug: str) -> Response:
        """What the rules would do to past events; changes nothing. Needs the role editor."""
        project = self.open_project(slug, access.EDITOR)
        sent = forms.read(GroupingRulesIn, request)
        trial = project_rules.try_out(project, fingerprints=sent["fingerprint_rules"], stacks=sent["stack_trace_rules"])
        return Response(GroupingTrialOut(trial).data)
