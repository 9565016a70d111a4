"""Boards as people make, arrange and share them."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from analytics.tests import facts
from analytics.tests.questions.product.test_web import event
from dashboard.frame import saved_views
from dashboard.models import Board
from dashboard.pages.boards import arranging, walls
from dashboard.pages.reports import weekly
from events.accounts import tokens
from events.models import AuditEntry, Project

LIST = "/p/web/boards/"
ERRORS, TREND = "/p/web/charts/errors/?from=-7d", "/p/web/insights/?event=signup&by=country&from=-7d&env=live"


@pytest.fixture
def board(project: Project, alice: Any) -> Board:
    made = arranging.create(project, name="Launch", actor=alice, now=timezone.now())
    for url in (ERRORS, TREND, "/p/web/charts/crash_free/"):
        arranging.add(made, url=url, actor=alice, now=timezone.now())
    return made


def order(board: Board) -> list[str]:
    return list(board.cards.values_list("chart", flat=True))


def test_a_chart_comes_onto_a_new_board_from_its_menu(as_alice: Client, project: Project) -> None:
    assert "No board yet" in as_alice.get(LIST).content.decode()
    assert "boards/add/?of=" in as_alice.get(ERRORS).content.decode()
    form = as_alice.get(f"{LIST}add/", {"of": TREND}).content.decode()
    assert "Add “Trend” to a board" in form
    as_alice.post(f"{LIST}add/", {"of": TREND, "new": "Launch", "title": "Signups", "width": "two"})
    made = Board.objects.get()
    assert list(made.cards.values_list("chart", "query", "title", "width")) == [
        ("trend", "event=signup&by=country", "Signups", "two")
    ]
    html = as_alice.get(f"{LIST}{made.pk}/?from=-7d").content.decode()
    assert "Signups" in html
    assert "from=-7d&amp;event=signup&amp;by=country" in html


def test_what_is_no_chart_is_refused_and_nothing_is_made(as_alice: Client, project: Project) -> None:
    for of in ("", "/p/web/issues/", "/p/elsewhere/charts/errors/", "/p/web/charts/nothing/", "https://evil.example/"):
        refused = as_alice.post(f"{LIST}add/", {"of": of, "new": "Launch"})
        assert refused.status_code == 422, of
    for sent in ({"new": " "}, {"board": "999"}, {"board": "x"}, {"new": "Launch", "width": "huge"}):
        assert as_alice.post(f"{LIST}add/", {"of": ERRORS, **sent}).status_code == 422, sent
    assert not Board.objects.exists()


def test_charts_are_moved_named_widened_and_taken_off(as_alice: Client, board: Board) -> None:
    first, second, _ = board.cards.all()
    card = f"{LIST}{board.pk}/cards/"
    as_alice.post(f"{card}{first.pk}/", {"do": "later"})
    assert order(board) == ["trend", "errors", "crash_free"]
    as_alice.post(f"{card}{second.pk}/", {"do": "earlier"})
    assert order(board) == ["trend", "errors", "crash_free"]
    as_alice.post(f"{card}{first.pk}/", {"title": "All errors", "width": "all"})
    first.refresh_from_db()
    assert (first.title, first.width) == ("All errors", "all")
    as_alice.post(f"{card}{first.pk}/", {"title": "x", "width": "huge"})
    first.refresh_from_db()
    assert first.title == "All errors"
    as_alice.post(f"{card}{second.pk}/", {"do": "remove"})
    assert order(board) == ["errors", "crash_free"]
    assert AuditEntry.objects.filter(action="board.change", detail={"removed": "trend"}).exists()


def test_charts_are_arranged_all_at_once(as_alice: Client, board: Board) -> None:
    first, second, third = board.cards.all()
    address = f"{LIST}{board.pk}/arrange/"
    sent = {"card": [third.pk, first.pk, second.pk], f"width-{first.pk}": "all", f"height-{first.pk}": "tall"}
    assert as_alice.post(address, sent).json() == {"detail": "Stored."}
    assert order(board) == ["crash_free", "errors", "trend"]
    first.refresh_from_db()
    assert (first.width, first.height) == ("all", "tall")
    html = as_alice.get(f"{LIST}{board.pk}/?edit=1").content.decode()
    assert "data-arrange" in html
    assert '<div class="plot tall">' in html
    for wrong in ([third.pk], [third.pk, first.pk, first.pk], ["x", "9" * 30], []):
        assert as_alice.post(address, {"card": wrong}).status_code == 409, wrong
    for name, value in ((f"width-{first.pk}", "huge"), (f"height-{first.pk}", "x")):
        assert as_alice.post(address, {**sent, name: value}).status_code == 422, name
    assert order(board) == ["crash_free", "errors", "trend"]
    assert AuditEntry.objects.filter(action="board.change", detail={"arranged": "3"}).count() == 1


def test_a_board_hangs_on_a_wall(as_alice: Client, board: Board) -> None:
    html = as_alice.get(f"{LIST}{board.pk}/?wall=1").content.decode()
    assert [word in html for word in ('class="screens screens-1"', "data-handle", "Arrange<")] == [True, False, False]
    assert html.count("<figure") == 3


@pytest.mark.parametrize(
    ("widths", "screens"),
    [
        ("", []),
        ("one one one one one one one", [6, 1]),
        ("two two one one", [3, 1]),
        ("two two two", [2, 1]),
        ("all one one one one", [4, 1]),
        ("all all all all all all all all all", [2, 2, 2, 2]),
    ],
)
def test_a_wall_s_screens_have_two_rows(widths: str, screens: list[int]) -> None:
    cards: Any = [SimpleNamespace(width=width) for width in widths.split()]
    assert [len(one) for one in walls.screens(cards)] == screens


def test_a_board_is_renamed_and_deleted_and_two_have_no_one_name(as_alice: Client, board: Board) -> None:
    as_alice.post(f"{LIST}new/", {"name": "Other"})
    as_alice.post(f"{LIST}{board.pk}/rename/", {"name": "Other"})
    as_alice.post(f"{LIST}new/", {"name": "Launch"})
    assert sorted(Board.objects.values_list("name", flat=True)) == ["Launch", "Other"]
    as_alice.post(f"{LIST}{board.pk}/rename/", {"name": "Launch week"})
    assert "Launch week" in as_alice.get(LIST).content.decode()
    as_alice.post(f"{LIST}{board.pk}/delete/")
    assert list(Board.objects.values_list("name", flat=True)) == ["Other"]


def test_a_board_and_a_project_have_an_end(project: Project, alice: Any, board: Board, monkeypatch: Any) -> None:
    monkeypatch.setattr(arranging, "MOST_CARDS", 3)
    monkeypatch.setattr(arranging, "MOST_BOARDS", 1)
    by: Any = {"actor": alice, "now": timezone.now()}
    with pytest.raises(ValidationError, match="at most 3 charts"):
        arranging.add(board, url=ERRORS, **by)
    with pytest.raises(ValidationError, match="at most 1 boards"):
        arranging.create(project, name="Another", **by)


def test_who_may_not_edit_looks_and_finds_nothing_to_change(as_bob: Client, board: Board) -> None:
    html = as_bob.get(f"{LIST}{board.pk}/?edit=1").content.decode()
    assert "Launch" in html
    assert [word in html for word in ("Arrange", "Share without login", "/cards/", "Rename")] == [False] * 4
    assert as_bob.get(f"{LIST}add/", {"of": ERRORS}).status_code == 403


def test_a_card_of_another_board_or_project_is_not_found(as_alice: Client, alice: Any, board: Board) -> None:
    other = Project.objects.create(slug="other", name="Other")
    other.memberships.create(user=get_user_model().objects.create_user("dora"), role="owner")
    theirs = arranging.create(other, name="Theirs", actor=alice, now=timezone.now())
    card = arranging.add(theirs, url="/p/other/charts/errors/", actor=alice, now=timezone.now())
    for address in (f"{theirs.pk}/", f"{theirs.pk}/cards/{card.pk}/", f"{board.pk}/cards/{card.pk}/"):
        assert as_alice.post(f"{LIST}{address}", {"do": "remove"}).status_code == 404, address
    assert order(theirs) == ["errors"]


def test_a_share_link_shows_the_charts_that_say_nothing_of_persons(as_alice: Client, alice: Any, board: Board) -> None:
    arranging.add(board, url="/p/web/insights/?event=a&by=properties.plan", actor=alice, now=timezone.now())
    arranging.add(board, url="/p/web/charts/visitors/", title="Who came", actor=alice, now=timezone.now())
    made = as_alice.post("/p/web/shares/new/", {"name": "x", "of": f"{LIST}{board.pk}/?from=-7d", "days": "7"})
    token = made.content.decode().partition("/share/")[2].partition("/")[0]
    html = Client().get(f"/share/{token}/board/").content.decode()
    assert [name in html for name in ("Launch", "Errors", "Trend", "Crash-free", "Who came")] == [True] * 4 + [False]
    assert "2 charts of this board are for people with a login." in html
    board.delete()
    assert Client().get(f"/share/{token}/board/").status_code == 404


def test_a_link_of_another_page_shows_no_board(as_alice: Client, board: Board) -> None:
    made = as_alice.post("/p/web/shares/new/", {"name": "x", "of": f"/p/web/?board={board.pk}", "days": "7"})
    token = made.content.decode().partition("/share/")[2].partition("/")[0]
    assert Client().get(f"/share/{token}/board/").status_code == 404


def test_a_board_comes_with_the_weekly_mail_as_long_as_it_is_wanted(
    as_alice: Client, as_bob: Client, project: Project, alice: Any, board: Board
) -> None:
    now = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
    bought = [event(n, now - timedelta(days=3), name="signup", country="DE") for n in range(3)]
    facts.store(project, "events", *bought, now=now)
    as_alice.post(f"{LIST}{board.pk}/subscribe/", {"wants": "1"})
    assert "Stop the weekly mail" in as_alice.get(f"{LIST}{board.pk}/").content.decode()
    assert "Get it weekly" in as_bob.get(f"{LIST}{board.pk}/").content.decode()
    assert weekly.send_due(now=now) == 1
    [sent] = mail.outbox
    html = str(sent.alternatives[0][0])
    for text in (str(sent.body), html):
        assert [word in text for word in ("Launch", "Trend", "Crash-free", f"{LIST}{board.pk}/")] == [True] * 4
    assert str(sent.body).partition("Trend: ")[2].partition("\n")[0] == "DE 3 (nothing to compare with)"
    as_alice.post(f"{LIST}{board.pk}/subscribe/", {"wants": "0"})
    assert weekly.send_due(now=now + timedelta(days=7)) == 1
    assert "Launch" not in str(mail.outbox[1].body)


def test_a_report_carries_three_boards(project: Project, alice: Any, charlie: Any) -> None:
    now = timezone.now()
    made = [arranging.create(project, name=f"Board {n}", actor=alice, now=now) for n in range(4)]
    for board in made[:3]:
        arranging.subscribe(board, user=alice, wants=True, now=now)
    with pytest.raises(ValidationError, match="at most 3 boards"):
        arranging.subscribe(made[3], user=alice, wants=True, now=now)
    with pytest.raises(ValidationError, match="Only members"):
        arranging.subscribe(made[0], user=charlie, wants=True, now=now)


def test_the_api_reads_boards_and_saved_insights(project: Project, alice: Any, bob: Any, board: Board) -> None:
    now = timezone.now()
    saved_views.save(project, owner=alice, name="Mine", url=TREND, now=now)
    saved_views.save(project, owner=alice, name="Ours", url="/p/web/insights/usage/?events=a", is_shared=True, now=now)
    saved_views.save(project, owner=alice, name="A list", url="/p/web/issues/", is_shared=True, now=now)
    secret = tokens.create(bob, name="b", scopes=["read"], project=project, now=now)[1]

    def read(address: str) -> Any:
        return Client().get(f"/api/v1/projects/web/{address}", headers={"authorization": f"Bearer {secret}"}).json()

    [found] = read("boards/")["results"]
    assert found == read(f"boards/{board.pk}/")
    assert (found["name"], found["created_by"], found["page"]) == ("Launch", "alice", f"{LIST}{board.pk}/")
    assert [(card["chart"], card["asked"], card["width"]) for card in found["cards"]] == [
        ("errors", {}, "one"), ("trend", {"event": "signup", "by": "country"}, "one"), ("crash_free", {}, "one"),
    ]  # fmt: skip
    [insight] = read("insights/saved/")["results"]
    assert (insight["name"], insight["question"], insight["asked"]) == ("Ours", "usage", {"events": "a"})
