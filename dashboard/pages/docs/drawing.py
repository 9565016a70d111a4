"""Markdown as HTML that fits the pages: no HTML of its own passes, links stay within the product. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from django.urls import reverse
from markdown_it import MarkdownIt
from markdown_it.token import Token

_AROUND = 90
_SIGNS = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading (level 2 or 3) with the text below it; the text before the first one has the page's own title."""

    level: int
    title: str
    anchor: str
    text: str

    def excerpt(self, words: Sequence[str]) -> str:
        """Some words around the first of these that the text holds."""
        low = self.text.lower()
        at = min((place for word in words if (place := low.find(word)) >= 0), default=0)
        first, last = max(0, at - _AROUND), at + 2 * _AROUND
        return f"{'… ' if first else ''}{self.text[first:last].strip()}{' …' if last < len(self.text) else ''}"


@dataclass(frozen=True, slots=True)
class Page:
    """`html` is safe: it is made of tokens of Markdown alone. `broken` are links that lead nowhere."""

    title: str
    html: str
    sections: tuple[Section, ...]
    broken: tuple[str, ...]

    def __html__(self) -> str:
        """What Django takes as it is where it escapes everything else."""
        return self.html


def drawn(text: str, *, name: str, names: Collection[str], files: Collection[str]) -> Page:
    """The page `name` (its path without its ending); `names` and `files` are what its links may lead to."""
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    tokens = parser.parse(text)
    links = _Links(name, names, files)
    sections = _anchored(tokens)
    for token in tokens:
        _tidied(token)
        for inner in token.children or ():
            links.lead(inner)
    title = sections[0].title if sections else name
    return Page(title, str(parser.renderer.render(tokens, parser.options, {})), tuple(sections), tuple(links.broken))


def slug(title: str, taken: Collection[str]) -> str:
    """The anchor of a heading, as GitHub makes it, so that links hold there and here."""
    made = _SIGNS.sub("", title.lower()).replace(" ", "-")
    number = 0
    while (found := f"{made}-{number}" if number else made) in taken:
        number += 1
    return found


def _anchored(tokens: list[Token]) -> list[Section]:
    """Gives each heading its anchor, and returns the sections with their text."""
    sections: list[Section] = []
    taken: set[str] = set()
    texts: list[str] = []
    level, title, anchor = 1, "", ""
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            if title:
                sections.append(Section(level, title, anchor, " ".join(texts)))
            title, level, texts = _plain(tokens[place + 1]), int(token.tag[1]), []
            anchor = slug(title, taken)
            taken.add(anchor)
            token.attrSet("id", anchor)
        elif token.type == "inline" and tokens[place - 1].type != "heading_open":
            texts.append(_plain(token))
        elif token.type in ("fence", "code_block"):
            texts.append(token.content)
    if title:
        sections.append(Section(level, title, anchor, " ".join(texts)))
    return sections


def _plain(token: Token) -> str:
    parts = [" " if one.type in ("softbreak", "hardbreak") else one.content for one in token.children or ()]
    return "".join(parts)


def _tidied(token: Token) -> None:
    """What the policy refuses or the pages style otherwise: alignment is a class, code can be scrolled by keyboard."""
    style = token.attrs.pop("style", "")
    if "right" in str(style):
        token.attrSet("class", "num")
    if token.type == "table_open":
        token.attrSet("class", "prose")
    if token.type in ("table_open", "fence", "code_block"):
        token.attrSet("tabindex", "0")


class _Links:
    """Turns links between files into links between pages, and remembers those that lead nowhere."""

    def __init__(self, name: str, names: Collection[str], files: Collection[str]) -> None:
        self.folder, self.names, self.files = posixpath.dirname(name), names, files
        self.broken: list[str] = []

    def lead(self, token: Token) -> None:
        if token.type == "image":
            token.attrs["src"] = self._to(str(token.attrs["src"]))
        elif token.type == "link_open":
            href = str(token.attrs["href"])
            token.attrs["href"] = self._to(href)
            if urlsplit(href).scheme:
                token.attrs["rel"] = "noopener noreferrer"

    def _to(self, address: str) -> str:
        parts: Any = urlsplit(address)
        anchor = f"#{parts.fragment}" if parts.fragment else ""
        if parts.scheme or not parts.path:
            return address if parts.scheme in ("http", "https", "mailto") else anchor or "#"
        path = posixpath.normpath(posixpath.join(self.folder, parts.path))
        if path.endswith(".md") and path[:-3] in self.names:
            return f"{reverse('dashboard:docs-page', args=[path[:-3]])}{anchor}"
        if path in self.files:
            return reverse("dashboard:docs-file", args=[path])
        if any(one.startswith(f"{path}/") for one in self.names):
            return f"{reverse('dashboard:docs')}#{quote(path)}"
        self.broken.append(address)
        return "#"
