"""Goals: read with how they stand, made, changed and deleted as on their page."""

from typing import Any, ClassVar

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field, inline_serializer
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.goals import changing, standings
from analytics.models import Goal
from dashboard.api import forms, shapes
from dashboard.api.performance import REFUSALS, QuestionView
from events.accounts import access, tokens
from events.models import Project


class GoalIn(serializers.Serializer):
    name = serializers.CharField(max_length=80)
    event = serializers.CharField(max_length=200, help_text="An event, a path as /pricing, or * for any.")
    measure = serializers.ChoiceField(required=False, choices=Goal.Measure.choices)
    of = serializers.CharField(
        required=False, allow_blank=True, max_length=120, help_text="Of sum and avg: a property."
    )
    only = serializers.CharField(
        required=False, allow_blank=True, max_length=500, help_text="country=DE|FR, properties.plan=team"
    )
    target = serializers.FloatField()
    per = serializers.ChoiceField(required=False, choices=Goal.Per.choices)
    direction = serializers.ChoiceField(required=False, choices=Goal.Direction.choices)
    zone = serializers.CharField(required=False, allow_blank=True, max_length=40, help_text="A time zone.")


class GoalOut(serializers.ModelSerializer):
    standing = serializers.SerializerMethodField()

    class Meta:
        model = Goal
        fields: ClassVar = ["id", *changing.FIELDS, "created_at", "standing"]
        read_only_fields = fields

    @extend_schema_field(shapes.of(standings.Standing))
    def get_standing(self, goal: Goal) -> Any:
        found = standings.standing(goal, **self.context)
        return shapes.of(standings.Standing)(found).data


_GOALS = inline_serializer("Goals", {"results": GoalOut(many=True)})


class Goals(QuestionView):
    actions: ClassVar = {"GET": "goal.list", "POST": "goal.create"}
    scopes: ClassVar = {"POST": tokens.ADMIN}

    @extend_schema(operation_id="goals", responses={200: _GOALS, **REFUSALS})
    def get(self, request: Request, slug: str) -> Response:
        """The goals, and how they stand."""
        project = self.open_project(slug)
        rows, context = project.goals.select_related("project"), _asked_by(request, project)
        return Response({"results": GoalOut(rows, many=True, context=context).data})

    @extend_schema(operation_id="create_goal", request=GoalIn, responses={201: GoalOut, **REFUSALS})
    def post(self, request: Request, slug: str) -> Response:
        """Makes a goal; needs the scope admin and the role editor."""
        project, now = self.open_project(slug, access.EDITOR), timezone.now()
        goal = changing.put(
            Goal(project=project, created_at=now), forms.read(GoalIn, request), actor=request.user, now=now
        )
        return Response(GoalOut(goal, context=_asked_by(request, project)).data, status=201)


class GoalDetail(QuestionView):
    actions: ClassVar = {"GET": "goal.view", "PATCH": "goal.update", "DELETE": "goal.delete"}
    scopes: ClassVar = {"PATCH": tokens.ADMIN, "DELETE": tokens.ADMIN}

    @extend_schema(operation_id="goal", responses={200: GoalOut, **REFUSALS})
    def get(self, request: Request, slug: str, goal_id: int) -> Response:
        """One goal, and how it stands."""
        goal = _goal(self.open_project(slug), goal_id)
        return Response(GoalOut(goal, context=_asked_by(request, goal.project)).data)

    @extend_schema(operation_id="change_goal", request=GoalIn(partial=True), responses={200: GoalOut, **REFUSALS})
    def patch(self, request: Request, slug: str, goal_id: int) -> Response:
        """Changes what is sent and leaves the rest; needs the scope admin and the role editor."""
        goal, now = _goal(self.open_project(slug, access.EDITOR), goal_id), timezone.now()
        changed = changing.put(goal, forms.read(GoalIn, request, is_partial=True), actor=request.user, now=now)
        return Response(GoalOut(changed, context=_asked_by(request, goal.project)).data)

    @extend_schema(operation_id="delete_goal", responses={**forms.GONE, **forms.REFUSALS})
    def delete(self, request: Request, slug: str, goal_id: int) -> Response:
        """Deletes the goal; needs the scope admin and the role editor."""
        goal = _goal(self.open_project(slug, access.EDITOR), goal_id)
        changing.delete(goal, actor=request.user, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _asked_by(request: Request, project: Project) -> dict[str, Any]:
    """How a goal's standing is asked for."""
    return {"sees_persons": access.sees_persons(request.user, project), "now": timezone.now()}


def _goal(project: Project, goal_id: int) -> Goal:
    return get_object_or_404(project.goals.select_related("project"), pk=goal_id)
