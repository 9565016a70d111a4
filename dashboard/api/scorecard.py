"""The scorecard to read: what was promised, week by week against the goals."""

from datetime import UTC, date, datetime, time
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import shapes
from dashboard.api.performance import REFUSALS, QuestionView
from dashboard.pages.reports import weekly
from dashboard.pages.scorecard import card
from dashboard.pages.scorecard.card import COUNT, Card
from events.accounts import access

_LONGEST = 26


class ScorecardQuery(serializers.Serializer):
    week = serializers.DateField(required=False, help_text="A day of the last week; of the last whole one when unsaid.")
    weeks = serializers.IntegerField(required=False, default=COUNT, min_value=2, max_value=_LONGEST)


class Scorecard(QuestionView):
    actions: ClassVar[dict[str, str]] = {"GET": "scorecard.view"}

    @extend_schema(operation_id="scorecard", parameters=[ScorecardQuery], responses={200: shapes.of(Card), **REFUSALS})
    def get(self, request: Request, slug: str) -> Response:
        """Failures, page load, uptime and adoption as shares of one or milliseconds, by week, with their goals."""
        project, now = self.open_project(slug), timezone.now()
        asked: dict[str, Any] = self.parameters(ScorecardQuery)
        day: date = asked.get("week") or weekly.last_whole_week(now)
        monday = datetime.combine(weekly.named(day.isoformat(), now=now), time(), tzinfo=UTC)
        sees_persons = access.sees_persons(request.user, project)
        found = card.card(project, monday, sees_persons=sees_persons, now=now, count=asked["weeks"])
        return Response(shapes.of(Card)(found).data)
