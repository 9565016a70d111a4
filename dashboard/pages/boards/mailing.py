"""A board as it stands in the weekly mail: each chart with what it says of the week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.http import Http404
from django.urls import reverse

from analytics.engine import EngineError
from analytics.questions.product.acts import BadQuestion
from dashboard.charts import cards
from dashboard.charts.registry import CHARTS
from dashboard.frame.state import State
from dashboard.models import Board, BoardCard
from dashboard.pages.insights import digests
from dashboard.pages.insights.presenting import TABS
from events.models import Project

MOST_NUMBERS = 5


@dataclass(frozen=True, slots=True)
class BoardMail:
    """`lines` are the titles of the charts, each with what it says of the week."""

    name: str
    url: str
    lines: tuple[tuple[str, str], ...]


def subscribed(
    project: Project, user: Any, *, sees_persons: bool, week: date, now: datetime,
    made: dict[tuple[int, bool], BoardMail],
) -> list[BoardMail]:  # fmt: skip
    """What `user` gets of the week that began on the Monday `week`; `made` keeps what others get too."""
    found = []
    for board in project.boards.filter(subscriptions__user_id=user.pk).prefetch_related("cards"):
        told = (board.pk, sees_persons)
        if told not in made:
            made[told] = _mail(project, board, sees_persons=sees_persons, week=week, now=now)
        found.append(made[told])
    return found


def _mail(project: Project, board: Board, *, sees_persons: bool, week: date, now: datetime) -> BoardMail:
    shown = digests.of_week(week, sees_persons=sees_persons, now=now)
    address = reverse("dashboard:board", args=[project.slug, board.pk])
    lines = tuple(
        (card.title or CHARTS[card.chart].title, _said(project, card, shown, week=week, now=now))
        for card in board.cards.all() if card.chart in CHARTS
    )  # fmt: skip
    return BoardMail(board.name, f"{settings.OBS_PUBLIC_URL}{address}?{shown.absolute()}", lines)


def _said(project: Project, card: BoardCard, shown: State, *, week: date, now: datetime) -> str:
    """Of a question the numbers of the week against the week before, of another chart its sentence."""
    question = next((tab.name for tab in TABS.values() if card.chart in tab.charts), "")
    try:
        if not question:
            return cards.figure(
                project, card.chart, state=shown, parameters=dict(parse_qsl(card.query)), now=now
            ).sentence
        _, rows = digests.compared(project, question, card.query, sees_persons=shown.sees_persons, week=week, now=now)
    except Http404:
        return "What it is about is there no more."
    except (BadQuestion, EngineError) as error:
        return str(error)
    return "; ".join(f"{row.name} {row.value} ({row.change})" for row in rows[:MOST_NUMBERS]) or "nothing happened"
