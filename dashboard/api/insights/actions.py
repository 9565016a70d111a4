"""Actions: read, made, changed and deleted as on their page."""

from typing import Any, ClassVar

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.actions import changing
from analytics.models import Action
from dashboard.api import forms
from dashboard.api.base import ApiView
from events.accounts import access, tokens
from events.models import Project


def _text(name: str, help_text: str) -> serializers.CharField:
    return serializers.CharField(required=False, allow_blank=True, max_length=changing.PARTS[name], help_text=help_text)


class MatchIn(serializers.Serializer):
    """All that is said holds."""

    event = _text("event", "The name of an event.")
    page = _text("page", "A path, or a host with a path; * stands for anything.")
    text = _text("text", "The text of what was clicked, or of something around it.")
    selector = _text("selector", "form > button.primary, #buy, [data-plan=team], :nth-child(2)")
    only = _text("only", "country=DE|FR, properties.plan=team")


class ActionIn(serializers.Serializer):
    name = serializers.CharField(max_length=60, help_text="Questions take it as action:name.")
    matches = MatchIn(many=True, help_text="One of them holds.")


class ActionOut(serializers.ModelSerializer):
    matches = MatchIn(many=True)

    class Meta:
        model = Action
        fields = ("id", "name", "matches", "created_at")
        read_only_fields = fields


_ACTIONS = inline_serializer("Actions", {"results": ActionOut(many=True)})


class Actions(ApiView):
    actions: ClassVar = {"GET": "action.list", "POST": "action.create"}
    scopes: ClassVar = {"POST": tokens.ADMIN}

    @extend_schema(operation_id="actions", responses={200: _ACTIONS, **forms.REFUSALS})
    def get(self, request: Request, slug: str) -> Response:
        """The actions by name."""
        return Response({"results": ActionOut(self.open_project(slug).actions.all(), many=True).data})

    @extend_schema(
        operation_id="create_action", request=ActionIn, responses={201: ActionOut, **forms.BAD, **forms.REFUSALS}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Makes an action; needs the scope admin and the role editor."""
        project, now = self.open_project(slug, access.EDITOR), timezone.now()
        made = Action(project=project, created_at=now)
        return Response(ActionOut(_put(made, forms.read(ActionIn, request), request)).data, status=201)


class ActionDetail(ApiView):
    actions: ClassVar = {"GET": "action.view", "PATCH": "action.update", "DELETE": "action.delete"}
    scopes: ClassVar = {"PATCH": tokens.ADMIN, "DELETE": tokens.ADMIN}

    @extend_schema(operation_id="action", responses={200: ActionOut, **forms.REFUSALS})
    def get(self, request: Request, slug: str, action_id: int) -> Response:
        """One action."""
        return Response(ActionOut(_action(self.open_project(slug), action_id)).data)

    @extend_schema(
        operation_id="change_action", request=ActionIn(partial=True),
        responses={200: ActionOut, **forms.BAD, **forms.REFUSALS},
    )  # fmt: skip
    def patch(self, request: Request, slug: str, action_id: int) -> Response:
        """Changes what is sent and leaves the rest; needs the scope admin and the role editor."""
        action = _action(self.open_project(slug, access.EDITOR), action_id)
        return Response(ActionOut(_put(action, forms.read(ActionIn, request, is_partial=True), request)).data)

    @extend_schema(operation_id="delete_action", responses={**forms.GONE, **forms.REFUSALS})
    def delete(self, request: Request, slug: str, action_id: int) -> Response:
        """Deletes the action; needs the scope admin and the role editor."""
        action = _action(self.open_project(slug, access.EDITOR), action_id)
        changing.delete(action, actor=request.user, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _put(action: Action, sent: dict[str, Any], request: Request) -> Action:
    name, matches = sent.get("name", action.name), sent.get("matches", action.matches)
    return changing.put(action, name=name, matches=matches, actor=request.user, now=timezone.now())


def _action(project: Project, action_id: int) -> Action:
    return get_object_or_404(project.actions.select_related("project"), pk=action_id)
