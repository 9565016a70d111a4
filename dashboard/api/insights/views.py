"""Trends, funnels, journeys, cohorts and the use of features, as the pages ask them."""

from collections.abc import Callable
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.privacy import readers
from analytics.questions.product import (
    actions,
    cohorts,
    features,
    formula_trends,
    funnel_losses,
    funnels,
    journeys,
    trends,
)
from analytics.questions.product.acts import BadQuestion, Scope
from dashboard.api import shapes
from dashboard.api.insights.forms import (
    CohortsQuery,
    FunnelsQuery,
    InsightQuery,
    JourneysQuery,
    TrendsQuery,
    UsageQuery,
)
from dashboard.api.performance import REFUSALS, QuestionView
from dashboard.pages.insights import asking
from events.accounts import access

Ask = Callable[..., Any]
Read = Callable[..., dict[str, Any]]


class InsightView(QuestionView):
    """Asks one question with the parameters of `form`."""

    form: ClassVar[type[InsightQuery]]

    def answered(self, slug: str, ask: Ask, read: Read, shape: type) -> Response:
        """What `ask` finds, asked as `read` says."""
        return Response(shapes.of(shape)(self.found(slug, ask, read)).data)

    def found(self, slug: str, ask: Ask, read: Read) -> Any:
        project, asked = self.open_project(slug), self.parameters(self.form)
        try:
            about = asking.scope(
                asked, period=asked["period"], environment=asked["environment"],
                actions=actions.named(project.pk, *asked.values()),
            )  # fmt: skip
            sees_persons = access.sees_persons(self.request.user, project)
            return readers.ask(ask, project, sees_persons=sees_persons, **read(asked, about))
        except BadQuestion as error:
            raise exceptions.ValidationError({"detail": str(error)}) from error


class Trends(InsightView):
    actions: ClassVar = {"GET": "insights.trends"}
    form = TrendsQuery

    @extend_schema(
        operation_id="trends", parameters=[TrendsQuery], responses={200: shapes.of(trends.Trend), **REFUSALS}
    )
    def get(self, request: Request, slug: str) -> Response:
        """How often an event happens, to how many, or what a number of it comes to, along time and cut by a value; or a
        formula of up to five of these."""
        return self.answered(slug, formula_trends.formula_trends, asking.trends, trends.Trend)


class Funnels(InsightView):
    actions: ClassVar = {"GET": "insights.funnels"}
    form = FunnelsQuery

    @extend_schema(
        operation_id="funnels", parameters=[FunnelsQuery], responses={200: shapes.of(funnels.Funnel), **REFUSALS}
    )
    def get(self, request: Request, slug: str) -> Response:
        """How many who begin arrive, step by step, and how long they take."""
        return self.answered(slug, funnels.funnels, asking.funnels, funnels.Funnel)


class FunnelLosses(InsightView):
    actions: ClassVar = {"GET": "insights.funnels"}
    form = FunnelsQuery

    @extend_schema(
        operation_id="funnel_losses",
        parameters=[FunnelsQuery],
        responses={
            200: inline_serializer("FunnelLosses", {"results": shapes.of(funnel_losses.Loss)(many=True)}),
            **REFUSALS,
        },
    )
    def get(self, request: Request, slug: str) -> Response:
        """What people met after each step: errors, failed requests and slow pages, of those who went on and those who
        did not. Only named visitors are known to errors and requests."""
        found = self.found(slug, funnel_losses.losses, asking.losses)
        return Response({"results": shapes.of(funnel_losses.Loss)(found, many=True).data})


class Journeys(InsightView):
    actions: ClassVar = {"GET": "insights.journeys"}
    form = JourneysQuery

    @extend_schema(
        operation_id="journeys", parameters=[JourneysQuery], responses={200: shapes.of(journeys.Journeys), **REFUSALS}
    )
    def get(self, request: Request, slug: str) -> Response:
        """Which ways people go, from an event on or up to one."""
        return self.answered(slug, journeys.journeys, _with_people, journeys.Journeys)


class Cohorts(InsightView):
    actions: ClassVar = {"GET": "insights.cohorts"}
    form = CohortsQuery

    @extend_schema(
        operation_id="cohorts", parameters=[CohortsQuery], responses={200: shapes.of(cohorts.Cohorts), **REFUSALS}
    )
    def get(self, request: Request, slug: str) -> Response:
        """Who comes back, by when people began."""
        return self.answered(slug, cohorts.cohorts, asking.cohorts, cohorts.Cohorts)


class Usage(InsightView):
    actions: ClassVar = {"GET": "insights.usage"}
    form = UsageQuery

    @extend_schema(
        operation_id="usage", parameters=[UsageQuery], responses={200: shapes.of(features.Feature), **REFUSALS}
    )
    def get(self, request: Request, slug: str) -> Response:
        """How a feature, a set of events, is used: by how many, how often, and who stays."""
        return self.answered(slug, features.features, asking.usage, features.Feature)


def _with_people(asked: asking.Asked, about: Scope) -> dict[str, Any]:
    """Here journeys say of how many people they are to everybody; pages show it to nobody."""
    return {**asking.journeys(asked, about), "with_people": True}
