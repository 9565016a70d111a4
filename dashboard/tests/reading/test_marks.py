"""Characters that nobody sees are shown; those that have work to do stay."""

import json
import unicodedata
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import json_script
from hypothesis import given
from hypothesis import strategies as st

from analytics.tests import facts
from dashboard.reading import marks
from dashboard.tests.populated import World, populate
from events.models import Project
from events.tests import make


@pytest.fixture
def world(project: Project, alice: Any) -> World:
    return populate(project, person=alice, now=timezone.now())


# As Trojan Source (CVE-2021-42574) writes them: a line that reads otherwise than it runs.
TROJAN = "/*\u202e } \u2066if (isAdmin)\u2069 \u2066 begin admins only */"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        (TROJAN, "/*⟨RLO⟩ } ⟨LRI⟩if (isAdmin)⟨PDI⟩ ⟨LRI⟩ begin admins only */"),
        ("invoice\u202efdp.exe", "invoice⟨RLO⟩fdp.exe"),
        ("pay\u200bpal", "pay⟨ZWSP⟩pal"),
        ("\ufeffname", "⟨BOM⟩name"),
        ("soft\u00adhyphen", "soft⟨SHY⟩hyphen"),
        ("a\u200db", "a⟨ZWJ⟩b"),
        ("a\u200cb", "a⟨ZWNJ⟩b"),
        ("x\u2061y", "x⟨U+2061⟩y"),
        ("hi\U000e0068\U000e0069", "hi⟨U+E0068⟩⟨U+E0069⟩"),
        ("\x1b[31mred", "⟨U+001B⟩[31mred"),
        ("blank\u3164letter", "blank⟨U+3164⟩letter"),
        ("tab\tand\r\nlines", "tab\tand\r\nlines"),
        # Families, flags, and words of Persian, Hindi and Malayalam that cannot be written without a joiner.
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",) * 2,
        ("می\u200cخواهم",) * 2,
        ("क्\u200dष",) * 2,
        ("ന്\u200d",) * 2,
        ("עברית", "עברית"),
        ("\u0600١٢", "\u0600١٢"),
        ("👨\u200dx", "👨⟨ZWJ⟩x"),
    ],
)
def test_marks(text: str, expected: str) -> None:
    assert marks.shown(text) == expected


def test_every_formatting_character_without_a_shape_is_marked() -> None:
    with_shape = set("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
    with_shape |= {chr(code) for code in range(0x13430, 0x13440)}  # joins hieroglyphs
    formatting = {chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Cf"}
    assert {sign for sign in formatting - with_shape if marks.shown(sign) == sign} == set()
    assert {sign for sign in with_shape if marks.shown(sign) != sign} == set()


@given(st.text())
def test_nothing_else_changes(text: str) -> None:
    shown = marks.shown(text)
    assert marks.shown(shown) == shown
    if text.isprintable() and text.isascii():
        assert shown == text


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p>a\u202eb</p>", '<p>a<span class="unseen" title="right-to-left override, U+202E">⟨RLO⟩</span>b</p>'),
        ('<i title="a\u202eb">x</i>', '<i title="a⟨RLO⟩b">x</i>'),
        ("<title>a\u202eb</title>", "<title>a⟨RLO⟩b</title>"),
        ("<svg><text x='1'>a\u202eb</text></svg>", "<svg><text x='1'>a⟨RLO⟩b</text></svg>"),
        ('<input name="q" value="a\u202eb">',) * 2,
        ("<textarea>a\u202eb</textarea>",) * 2,
        ("<option>a\u202eb</option>",) * 2,
        ("<script>a\u202eb</script>",) * 2,
        ('<a href="/a\u202eb">',) * 2,
        ("<p>👨\u200d👩</p>",) * 2,
    ],
)
def test_pages_show_marks_and_forms_send_back_what_they_were_given(page: str, expected: str) -> None:
    assert marks.shown_in_page(page) == expected


def test_figures_within_a_page_are_marked_and_stay_json() -> None:
    page = str(json_script({"name": "</script>a\u202eb 👨\u200d👩", "y": [1, 2]}))
    shown = marks.shown_in_page(page)
    assert shown.count("</script>") == 1
    body = shown.partition(">")[2].removesuffix("</script>")
    assert json.loads(body) == {"name": "</script>a⟨RLO⟩b 👨\u200d👩", "y": [1, 2]}


def test_charts_are_marked_and_kept_payloads_are_not(as_alice: Client, world: World) -> None:
    sent = facts.request(timezone.now() - timedelta(minutes=3), route="GET /\u202eme")
    facts.filled(world.project, "requests", sent, now=timezone.now())
    figure = as_alice.get("/p/web/charts/slowest_endpoints.json")
    assert "⟨RLO⟩me" in figure.content.decode()
    assert "\u202e" not in figure.content.decode()
    made = world.hostile_issue
    kept = made.groups.get().occurrences.earliest("ordinal")
    raw = as_alice.get(f"/p/web/issues/{made.pk}/events/{kept.event_id.hex}/json/")
    assert "\u202e" in raw.content.decode()


def test_figures_are_shown_with_marks() -> None:
    figure: dict[str, Any] = {"data": [{"name": "a\u202eb", "y": [1, 2.5]}], "words": ("x\u200b",)}
    assert marks.shown_within(figure) == {"data": [{"name": "a⟨RLO⟩b", "y": [1, 2.5]}], "words": ["x⟨ZWSP⟩"]}


def test_titles_of_issues_are_shown_with_marks(as_alice: Client, project: Project) -> None:
    issue = make.issue(project, title="invoice\u202efdp.exe")
    for url in ("/p/web/issues/?from=-90d", f"/p/web/issues/{issue.pk}/"):
        page = as_alice.get(url).content.decode()
        assert "\u202e" not in page
        assert '<span class="unseen" title="right-to-left override, U+202E">⟨RLO⟩</span>' in page
    searched = as_alice.get("/p/web/issues/", {"query": "a\u202eb"}).content.decode()
    assert 'value="a\u202eb"' in searched
