"""The documentation inside the product: every page opens, every link leads somewhere, and Markdown brings no HTML."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from django.test import Client

from dashboard.pages.docs import contents, drawing, library
from dashboard.tests.pages.test_pages import read
from events.models import AuditEntry

NAMES = sorted(library.names())


class Anchors(HTMLParser):
    """Where the links of the text lead, which anchors it has, and which styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.styles: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.links += [found[name] for name in ("href", "src") if name in found]
        self.ids += [found["id"]] if "id" in found else []
        self.styles += [found["style"]] if "style" in found else []


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_to_a_page_and_to_a_heading_on_it(name: str) -> None:
    shown = library.page(name)
    assert shown is not None
    assert shown.broken == ()
    found = Anchors(shown.html)
    assert found.styles == []
    assert len(found.ids) == len(set(found.ids))
    for link in found.links:
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme in ("http", "https", "mailto"), link
            continue
        if parts.path.startswith("/docs/files/"):
            assert library.file(parts.path.removeprefix("/docs/files/")) is not None, link
        elif parts.path in ("", "/docs/"):
            anchors = found.ids if not parts.path else [chapter.anchor for chapter in contents.chapters()]
            assert not parts.fragment or parts.fragment in anchors, link
        else:
            target = library.page(parts.path.removeprefix("/docs/").strip("/"))
            assert target is not None, link
            assert not parts.fragment or parts.fragment in Anchors(target.html).ids, link


@pytest.mark.parametrize("name", [name for name in NAMES if "/" not in name or name.startswith("clients/")])
def test_every_page_opens_in_the_frame(as_charlie: Client, name: str) -> None:
    answer = as_charlie.get(f"/docs/{name}/")
    assert answer.status_code == 200
    html = answer.content.decode()
    assert read(html).refused == []
    assert html.count("<h1") == 1


def test_the_contents_have_every_page_once() -> None:
    listed = [entry.name for chapter in contents.chapters() for entry in chapter.entries]
    assert sorted(listed) == sorted(set(NAMES) - {"README"})
    for name in ("quickstart", "implementation-guide", "monitoring", "troubleshooting", "clients/python"):
        assert name in listed
    assert contents.beside(listed[1])[0].name == listed[0]  # type: ignore[union-attr]
    assert contents.beside(listed[-1])[1] is None
    assert contents.beside("README") == (None, None)


def test_whoever_looks_is_logged_in_and_leaves_an_entry(db: None, as_bob: Client) -> None:
    for path in ("/docs/", "/docs/alerts/", "/docs/search/?q=alert", "/docs/files/images/overview.png"):
        assert Client().get(path)["Location"].startswith("/login/")
        before = AuditEntry.objects.count()
        assert as_bob.get(path).status_code == 200
        assert AuditEntry.objects.count() == before + 1


@pytest.mark.parametrize(
    "path",
    ["../README", "..%2fREADME", "nothing", "alerts.md", "x/../../manage.py", "settings.md", "%00", "decisions"],
)
def test_nothing_else_is_ever_opened(as_bob: Client, path: str) -> None:
    assert as_bob.get(f"/docs/{path}/").status_code == 404
    assert as_bob.get(f"/docs/files/{path}").status_code == 404


def test_a_search_finds_sections_by_all_of_its_words(as_bob: Client) -> None:
    html = as_bob.get("/docs/search/", {"q": "wall SHARE login"}).content.decode()
    assert "/docs/pages/#wall-mode" in html
    first = library.found("small groups")[0]
    assert "small" in first.title.lower()
    assert library.found("wall zebra-stripes-of-nobody") == []
    assert library.found("  ") == []
    for nonsense in ("<script>alert(1)</script>", "\x00", "(" * 300, "%"):
        answer = as_bob.get("/docs/search/", {"q": nonsense})
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()


def test_markdown_brings_no_html_no_script_and_no_style() -> None:
    text = """# A <b>title</b>

<script>alert(1)</script> [x](javascript:alert(1)) ![y](data:image/svg+xml,x) [z](https://a.example) [w](nowhere.md)

| a | b |
|---|--:|
| <i>1</i> | 2 |

## Twice

## Twice
"""
    shown = drawing.drawn(text, name="a/b", names=("a/b",), files=())
    assert not re.search(r"<(script|b|i)>|style=|href=\"(javascript|data)|src=\"(javascript|data)", shown.html)
    assert 'rel="noopener noreferrer"' in shown.html
    assert '<td class="num">2</td>' in shown.html
    assert [one.anchor for one in shown.sections] == ["a-btitleb", "twice", "twice-1"]
    assert shown.broken == ("nowhere.md",)


def test_links_stay_within_the_documentation() -> None:
    shown = drawing.drawn("[a](../../manage.py) [b](../c.md#d)", name="a/b", names=("c",), files=())
    assert shown.broken == ("../../manage.py",)
    assert 'href="/docs/c/#d"' in shown.html


def test_a_picture_is_served_as_one(as_bob: Client) -> None:
    answer = as_bob.get("/docs/files/images/overview.png")
    assert answer["Content-Type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")
