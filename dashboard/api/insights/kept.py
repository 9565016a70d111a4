"""What is kept of questions: saved insights, and boards with their charts; to read, as their pages change them."""

from typing import ClassVar
from urllib.parse import parse_qsl

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_field, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.performance import REFUSALS, QuestionView
from dashboard.models import Board, BoardCard, SavedView
from dashboard.pages.insights import saved
from events.models import Project

_ASKED = serializers.DictField(child=serializers.CharField())


class InsightOut(serializers.ModelSerializer):
    question = serializers.SerializerMethodField(help_text="trends, funnels, journeys, cohorts or usage.")
    asked = serializers.SerializerMethodField(help_text="The parameters of the question.")
    owner = serializers.CharField(source="owner.username")

    class Meta:
        model = SavedView
        fields: ClassVar = ["id", "name", "question", "asked", "owner", "is_shared", "created_at", "asked_at"]
        read_only_fields = fields

    def get_question(self, view: SavedView) -> str:
        return saved.tab_of(view)

    @extend_schema_field(_ASKED)
    def get_asked(self, view: SavedView) -> dict[str, str]:
        return dict(parse_qsl(view.query, keep_blank_values=True))


class CardOut(serializers.ModelSerializer):
    asked = serializers.SerializerMethodField(help_text="The parameters of the chart.")
    height = serializers.CharField(read_only=True, help_text="short, tall, or empty for the usual one.")

    class Meta:
        model = BoardCard
        fields: ClassVar = ["id", "chart", "title", "asked", "width", "height"]
        read_only_fields = fields

    @extend_schema_field(_ASKED)
    def get_asked(self, card: BoardCard) -> dict[str, str]:
        return dict(parse_qsl(card.query))


class BoardOut(serializers.ModelSerializer):
    cards = CardOut(many=True)
    created_by = serializers.CharField(source="created_by.username", default="")
    page = serializers.SerializerMethodField(help_text="The address of its page.")

    class Meta:
        model = Board
        fields: ClassVar = ["id", "name", "created_by", "created_at", "page", "cards"]
        read_only_fields = fields

    def get_page(self, board: Board) -> str:
        return reverse("dashboard:board", args=[board.project.slug, board.pk])


class SavedInsights(QuestionView):
    actions: ClassVar = {"GET": "insights.saved"}

    @extend_schema(
        operation_id="saved_insights",
        responses={200: inline_serializer("SavedInsights", {"results": InsightOut(many=True)}), **REFUSALS},
    )
    def get(self, request: Request, slug: str) -> Response:
        """The insights that the token's owner keeps or that others share."""
        found = saved.insights(self.open_project(slug), request.user).select_related("project")
        return Response({"results": InsightOut(found, many=True).data})


class Boards(QuestionView):
    actions: ClassVar = {"GET": "board.list"}

    @extend_schema(
        operation_id="boards",
        responses={200: inline_serializer("Boards", {"results": BoardOut(many=True)}), **REFUSALS},
    )
    def get(self, request: Request, slug: str) -> Response:
        """The boards and their charts."""
        return Response({"results": BoardOut(_boards(self.open_project(slug)), many=True).data})


class BoardDetail(QuestionView):
    actions: ClassVar = {"GET": "board.view"}

    @extend_schema(operation_id="board", responses={200: BoardOut, **REFUSALS})
    def get(self, request: Request, slug: str, board_id: int) -> Response:
        """One board and its charts."""
        return Response(BoardOut(get_object_or_404(_boards(self.open_project(slug)), pk=board_id)).data)


def _boards(project: Project) -> QuerySet[Board]:
    return project.boards.select_related("project", "created_by").prefetch_related("cards")
