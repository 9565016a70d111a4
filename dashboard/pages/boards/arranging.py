"""Boards as people arrange them: made, named, filled, ordered, deleted; each change with its audit entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import resolve

from dashboard.charts import cards
from dashboard.charts.registry import CHARTS
from dashboard.frame import saved_views, weekly_mail
from dashboard.models import Board, BoardCard
from events.accounts import audit
from events.models import Project
from events.values.texts import one_line

MOST_BOARDS, MOST_CARDS, MOST_MAILED = 30, 24, 3
DIRECTIONS = {"earlier": -1, "later": 1}


class Changed(Exception):
    """A board is not what it was when somebody began to arrange it."""


@dataclass(frozen=True, slots=True)
class Size:
    """How wide and how high a chart stands on a board, by the names of BoardCard's choices."""

    width: str
    height: str


@transaction.atomic
def create(project: Project, *, name: str, actor: Any, now: datetime) -> Board:
    """A new board without charts. Raises ValidationError."""
    if project.boards.count() >= MOST_BOARDS:
        raise ValidationError(f"A project has at most {MOST_BOARDS} boards; delete one first.")
    board = Board(project=project, name=_named(name), created_by=actor, created_at=now)
    return _stored("board.create", board, actor=actor, now=now)


@transaction.atomic
def rename(board: Board, *, name: str, actor: Any, now: datetime) -> Board:
    """Raises ValidationError."""
    board.name = _named(name)
    return _stored("board.rename", board, actor=actor, now=now)


@transaction.atomic
def delete(board: Board, *, actor: Any, now: datetime) -> None:
    _record("board.delete", board, actor=actor, now=now)
    board.delete()


@transaction.atomic
def add(board: Board, *, url: str, title: str = "", width: str = "one", actor: Any, now: datetime) -> BoardCard:
    """The chart of a page, or of a page that asks one, as the last of the board. Raises ValidationError."""
    chart, query = charted(board.project, url)
    board = Board.objects.select_for_update().select_related("project").get(pk=board.pk)
    places = list(board.cards.values_list("place", flat=True))
    if len(places) >= MOST_CARDS:
        raise ValidationError(f"A board has at most {MOST_CARDS} charts; take one off first, or begin another board.")
    card = BoardCard(board=board, chart=chart, query=query, place=max(places, default=0) + 1)
    _put(card, title=title, width=width)
    _record("board.change", board, actor=actor, now=now, added=chart)
    return card


@transaction.atomic
def change(card: BoardCard, *, title: str, width: str, height: str = "", actor: Any, now: datetime) -> None:
    """Raises ValidationError."""
    card.height = height
    _put(card, title=title, width=width)
    _record("board.change", card.board, actor=actor, now=now, changed=card.chart)


@transaction.atomic
def arrange(board: Board, *, order: Sequence[int], sizes: Mapping[int, Size], actor: Any, now: datetime) -> None:
    """All charts of the board in this order and these sizes, as they were dragged. Raises ValidationError for a size
    that there is not, Changed where the board has other charts by now."""
    board = Board.objects.select_for_update().select_related("project").get(pk=board.pk)
    cards = {card.pk: card for card in board.cards.all()}
    if sorted(cards) != sorted(order):
        raise Changed("Somebody else has changed this board; load it again.")
    for place, number in enumerate(order, 1):
        card = cards[number]
        card.place = place
        if size := sizes.get(number):
            card.width, card.height = size.width, size.height
        card.clean_fields()
    BoardCard.objects.bulk_update(cards.values(), ["place", "width", "height"])
    _record("board.change", board, actor=actor, now=now, arranged=str(len(cards)))


def read(cards: Sequence[str], sent: Mapping[str, str]) -> tuple[list[int], dict[int, Size]]:
    """The order and the sizes of a form; what is no number is left out, so that the order does not fit the board."""
    order = [int(number) for number in cards[: 2 * MOST_CARDS] if number.isdecimal() and len(number) < 19]
    sizes = {
        number: Size(sent[f"width-{number}"], sent.get(f"height-{number}", ""))
        for number in order if f"width-{number}" in sent
    }  # fmt: skip
    return order, sizes


@transaction.atomic
def move(card: BoardCard, direction: str, *, actor: Any, now: datetime) -> None:
    """One place earlier or later; the first and the last stay where they are."""
    Board.objects.select_for_update().get(pk=card.board_id)
    listed = list(card.board.cards.all())
    at = listed.index(card)
    to = min(max(at + DIRECTIONS[direction], 0), len(listed) - 1)
    listed.insert(to, listed.pop(at))
    for place, one in enumerate(listed, 1):
        one.place = place
    BoardCard.objects.bulk_update(listed, ["place"])
    _record("board.change", card.board, actor=actor, now=now, moved=card.chart)


@transaction.atomic
def remove(card: BoardCard, *, actor: Any, now: datetime) -> None:
    _record("board.change", card.board, actor=actor, now=now, removed=card.chart)
    card.delete()


def subscribe(board: Board, *, user: Any, wants: bool, now: datetime) -> str:
    """The board comes with the weekly report or no more; the sentence to tell. Raises ValidationError."""
    return weekly_mail.subscribe(board, user=user, wants=wants, most=MOST_MAILED, kind="board", now=now)


def charted(project: Project, url: str) -> tuple[str, str]:
    """The chart that an address of the project shows, and its own parameters. Raises ValidationError."""
    path, query = saved_views.parts(project, url)
    name = cards.shown_at(resolve(path))
    if name not in CHARTS:
        raise ValidationError("This page is no chart; open the menu of a chart and add it from there.")
    own = CHARTS[name].parameters
    return name, urlencode([(key, value) for key, value in parse_qsl(query) if key in own])


def _named(name: str) -> str:
    if not (name := one_line(name)[:60]):
        raise ValidationError("A board needs a name, such as Checkout.")
    return name


def _stored(action: str, board: Board, *, actor: Any, now: datetime) -> Board:
    if board.project.boards.filter(name=board.name).exclude(pk=board.pk).exists():
        raise ValidationError(f"There is a board “{board.name}” already; give this one another name.")
    board.save()
    _record(action, board, actor=actor, now=now)
    return board


def _put(card: BoardCard, *, title: str, width: str) -> None:
    card.title, card.width = one_line(title)[:60], width
    card.full_clean()
    card.save()


def _record(action: str, board: Board, *, actor: Any, now: datetime, **detail: str) -> None:
    audit.record(action, actor=actor, project=board.project, obj=board, detail=detail, now=now)
