"""Boards: the list, one board with its charts, and what is changed on it."""

from typing import Any
from urllib.parse import parse_qsl

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.charts import cards
from dashboard.charts.cards import Card
from dashboard.charts.registry import CHARTS
from dashboard.frame import changes, layout, weekly_mail
from dashboard.frame.state import State
from dashboard.models import Board, BoardCard
from dashboard.pages.boards import arranging, walls
from events.accounts import access
from events.models import Project


@compressed
@page("board.list")
def board_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The boards of the project, and how many charts are on each."""
    boards = project.boards.select_related("created_by").annotate(charts=Count("cards"))
    return layout.draw(request, "dashboard/boards/list.html", {"boards": boards}, project=project, section="boards")


@compressed
@page("board.view", obj="board_id")
def board(request: HttpRequest, project: Project, board_id: int) -> HttpResponseBase:
    """The charts of a board in the period of the address; with `edit=1` each with what can be changed of it, with
    `wall=1` alone, on screens that take turns."""
    found = get_object_or_404(project.boards, pk=board_id)
    shown = layout.state_for(request, project)
    listed = [(card, drawn(project, card, shown)) for card in found.cards.all() if card.chart in CHARTS]
    on_wall = request.GET.get("wall") == "1"
    context = {
        "board": found,
        "wall": on_wall,
        "screens": walls.screens([card for _, card in listed]) if on_wall else [],
        "listed": listed,
        "is_edited": request.GET.get("edit") == "1" and access.has_role(request.user, project, access.EDITOR),
        "widths": BoardCard.Width.choices,
        "heights": BoardCard.Height.choices,
        "is_mailed": found.subscriptions.filter(user_id=request.user.pk or 0).exists(),
        "is_member": weekly_mail.is_offered(project, request.user),
    }
    return layout.draw(request, "dashboard/boards/board.html", context, project=project, section="boards", shown=shown)


@require_POST
@page("board.create", role=access.EDITOR)
def board_create(request: HttpRequest, project: Project) -> HttpResponseBase:
    made: list[Board] = []

    def change() -> str:
        name = request.POST.get("name", "")
        made.append(arranging.create(project, name=name, actor=request.user, now=timezone.now()))
        return f"{made[0].name} is there; add charts from their menus."

    changes.told(request, change)
    if made:
        return redirect("dashboard:board", project.slug, made[0].pk)
    return redirect("dashboard:board-list", project.slug)


@require_POST
@page("board.rename", role=access.EDITOR, obj="board_id")
def board_rename(request: HttpRequest, project: Project, board_id: int) -> HttpResponseBase:
    found = get_object_or_404(project.boards.select_related("project"), pk=board_id)

    def change() -> str:
        arranging.rename(found, name=request.POST.get("name", ""), actor=request.user, now=timezone.now())
        return f"It is called {found.name}."

    changes.told(request, change)
    return _arranging(project, board_id)


@require_POST
@page("board.subscribe", obj="board_id")
def board_subscribe(request: HttpRequest, project: Project, board_id: int) -> HttpResponseBase:
    """Whether the person who asks gets the board with the weekly report."""
    found = get_object_or_404(project.boards.select_related("project"), pk=board_id)
    wants = request.POST.get("wants") == "1"
    changes.told(request, lambda: arranging.subscribe(found, user=request.user, wants=wants, now=timezone.now()))
    return redirect("dashboard:board", project.slug, board_id)


@require_POST
@page("board.delete", role=access.EDITOR, obj="board_id")
def board_delete(request: HttpRequest, project: Project, board_id: int) -> HttpResponseBase:
    found = get_object_or_404(project.boards.select_related("project"), pk=board_id)

    def change() -> str:
        arranging.delete(found, actor=request.user, now=timezone.now())
        return f"{found.name} is deleted."

    changes.told(request, change)
    return redirect("dashboard:board-list", project.slug)


@page("board.add", role=access.EDITOR)
def board_add(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Which board a chart comes onto, under which title and how wide."""
    url, errors = request.POST.get("of") or request.GET.get("of", ""), list[str]()
    name = ""
    try:
        name, _ = arranging.charted(project, url)
        if request.method == "POST":
            title, width = request.POST.get("title", ""), request.POST.get("width", "one")
            with transaction.atomic():
                onto = _chosen(request, project)
                arranging.add(onto, url=url, title=title, width=width, actor=request.user, now=timezone.now())
            return redirect("dashboard:board", project.slug, onto.pk)
    except ValidationError as error:
        errors = error.messages
    context = {
        "of": url, "chart": CHARTS.get(name), "errors": errors, "boards": project.boards.all(),
        "widths": BoardCard.Width.choices, "asked": request.POST.dict(),
    }  # fmt: skip
    return layout.draw(
        request, "dashboard/boards/add.html", context, project=project, section="boards", status=422 if errors else 200
    )


@require_POST
@page("board.change", role=access.EDITOR, obj="card_id")
def card_change(request: HttpRequest, project: Project, board_id: int, card_id: int) -> HttpResponseBase:
    """What `do` says: `earlier`, `later` or `remove`; else its title and width as they are sent."""
    listed = BoardCard.objects.select_related("board__project").filter(board__project=project, board_id=board_id)
    card, does = get_object_or_404(listed, pk=card_id), request.POST.get("do", "")
    by: dict[str, Any] = {"actor": request.user, "now": timezone.now()}

    def change() -> str:
        if does in arranging.DIRECTIONS:
            arranging.move(card, does, **by)
            return "It is moved."
        if does == "remove":
            arranging.remove(card, **by)
            return "It is taken off the board."
        sent: dict[str, Any] = {name: request.POST.get(name, "") for name in ("title", "width", "height")}
        arranging.change(card, **sent, **by)
        return "It is stored."

    changes.told(request, change)
    return _arranging(project, board_id)


@require_POST
@page("board.change", role=access.EDITOR, obj="board_id")
def board_arrange(request: HttpRequest, project: Project, board_id: int) -> HttpResponseBase:
    """The charts in the order of `card`, each with its `width-<number>` and `height-<number>`; without a reload."""
    found = get_object_or_404(project.boards.select_related("project"), pk=board_id)
    order, sizes = arranging.read(request.POST.getlist("card"), request.POST.dict())
    try:
        arranging.arrange(found, order=order, sizes=sizes, actor=request.user, now=timezone.now())
    except arranging.Changed as error:
        return JsonResponse({"detail": str(error)}, status=409)
    except ValidationError as error:
        return JsonResponse({"detail": " ".join(error.messages)}, status=422)
    return JsonResponse({"detail": "Stored."})


def drawn(project: Project, card: BoardCard, shown: State) -> Card:
    """The chart of a card, in the period that the board shows."""
    asked: Any = dict(parse_qsl(card.query))
    look: Any = {"width": card.width, "height": card.height, "title": card.title, "mark": str(card.pk)}
    return cards.card(project, card.chart, state=shown, **look, **asked)


def _arranging(project: Project, board_id: int) -> HttpResponseBase:
    return redirect(f"{reverse('dashboard:board', args=[project.slug, board_id])}?edit=1")


def _chosen(request: HttpRequest, project: Project) -> Board:
    """The board that is named by its number, or a new one by its name. Raises ValidationError."""
    number = request.POST.get("board", "")
    if not number:
        return arranging.create(project, name=request.POST.get("new", ""), actor=request.user, now=timezone.now())
    found = project.boards.select_related("project").filter(pk=number if number.isdecimal() else 0).first()
    if found is None:
        raise ValidationError("There is no such board any more.")
    return found
