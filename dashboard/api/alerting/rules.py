"""Alert rules: listed, tried over the past, made and changed as on their pages and in their files."""

from typing import ClassVar

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.models import Rule
from alerts.rules import rule_requests
from alerts.rules.backtest import backtest
from dashboard.api import forms
from dashboard.api.alerting.forms import PreviewOut, RuleIn, RuleOut
from dashboard.api.base import ApiView
from dashboard.api.paging import keyset, page_of
from events.accounts import access, tokens
from events.models import Project

REFUSALS = {
    400: OpenApiResponse(forms.Problem, "A field cannot be used; `detail` says which and why, `fields` each by name."),
    **forms.REFUSALS,
}


class Rules(ApiView):
    actions: ClassVar = {"GET": "rule.list", "POST": "rule.create"}
    scopes: ClassVar = {"POST": tokens.ADMIN}

    @extend_schema(
        operation_id="rules", parameters=[forms.Cursor],
        responses={200: page_of(RuleOut, "RulePage"), **forms.BAD, **forms.REFUSALS},
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        """The alert rules of a project, those of its objectives too."""
        rules = self.open_project(slug).rules.prefetch_related("channels").order_by("pk")
        rows, following = keyset(rules, self.parameters(forms.Cursor), "pk__gt")
        return Response({"results": RuleOut(rows, many=True).data, "next": following})

    @extend_schema(operation_id="create_rule", request=RuleIn, responses={201: RuleOut, **REFUSALS})
    def post(self, request: Request, slug: str) -> Response:
        """Makes a rule, which is judged at once; needs the scope admin and the role editor."""
        project = self.open_project(slug, access.EDITOR)
        rule = rule_requests.create(project, forms.read(RuleIn, request), actor=request.user, now=timezone.now())
        return Response(RuleOut(rule).data, status=status.HTTP_201_CREATED)


class RuleDetail(ApiView):
    actions: ClassVar = {"GET": "rule.view", "PATCH": "rule.update", "DELETE": "rule.delete"}
    scopes: ClassVar = {"PATCH": tokens.ADMIN, "DELETE": tokens.ADMIN}

    @extend_schema(operation_id="rule", responses={200: RuleOut, **forms.REFUSALS})
    def get(self, request: Request, slug: str, rule_id: int) -> Response:
        """One rule."""
        return Response(RuleOut(_rule(self.open_project(slug), rule_id)).data)

    @extend_schema(operation_id="change_rule", request=RuleIn, responses={200: RuleOut, **REFUSALS})
    def patch(self, request: Request, slug: str, rule_id: int) -> Response:
        """Changes what is sent, and turns it on or off; needs the scope admin and the role editor."""
        rule = _rule(self.open_project(slug, access.EDITOR), rule_id)
        sent = forms.read(RuleIn, request, is_partial=True)
        changed = rule_requests.change(rule, sent, actor=request.user, now=timezone.now())
        return Response(RuleOut(changed).data)

    @extend_schema(operation_id="delete_rule", responses={**forms.GONE, **REFUSALS})
    def delete(self, request: Request, slug: str, rule_id: int) -> Response:
        """Deletes the rule and its history; needs the scope admin and the role editor."""
        rule = _rule(self.open_project(slug, access.EDITOR), rule_id)
        rule_requests.delete(rule, actor=request.user, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class RulePreview(ApiView):
    actions: ClassVar = {"POST": "rule.preview"}

    @extend_schema(operation_id="preview_rule", request=RuleIn, responses={200: PreviewOut, **REFUSALS})
    def post(self, request: Request, slug: str) -> Response:
        """What the rule would have done over the last 14 days; stores nothing. Needs the role editor."""
        project = self.open_project(slug, access.EDITOR)
        trial = rule_requests.trial(project, forms.read(RuleIn, request))
        return Response(PreviewOut(backtest(trial, now=timezone.now())).data)


def _rule(project: Project, rule_id: int) -> Rule:
    rule = project.rules.select_related("project", "objective").filter(pk=rule_id).first()
    if rule is None:
        raise Http404("No such rule.")
    return rule
