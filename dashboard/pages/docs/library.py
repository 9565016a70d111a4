"""Which pages of documentation there are, by name, and what is found in them. Reads files once a process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

from dashboard.pages.docs import drawing
from dashboard.pages.docs.drawing import Page, Section

ROOT = Path(settings.BASE_DIR) / "docs"
INDEX = "README"
_FILES = {".png": "image/png", ".svg": "image/svg+xml", ".json": "application/json"}
_MOST, _WORDS = 40, 8


@dataclass(frozen=True, slots=True)
class Found:
    """A section that a search finds: its page, its heading, the words around the first hit."""

    name: str
    page: str
    title: str
    anchor: str
    excerpt: str


@cache
def names() -> frozenset[str]:
    """The pages there are: paths below docs/ without their ending. Nothing else is ever opened."""
    return frozenset(path.relative_to(ROOT).with_suffix("").as_posix() for path in ROOT.rglob("*.md"))


@cache
def files() -> frozenset[str]:
    """The pictures and documents that pages show or lead to."""
    return frozenset(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if path.suffix in _FILES)


@cache
def page(name: str) -> Page | None:
    """The page of this name, drawn; None where there is none."""
    if name not in names():
        return None
    return drawing.drawn((ROOT / f"{name}.md").read_text(), name=name, names=names(), files=files())


def file(name: str) -> tuple[Path, str] | None:
    """Where a picture lies, and its type; None where there is none."""
    return (ROOT / name, _FILES[Path(name).suffix]) if name in files() else None


def found(text: str) -> list[Found]:
    """The sections that hold all words of `text`, those with them in the heading first, whatever the case."""
    words = [word.lower() for word in text.split()[:_WORDS]]
    if not words:
        return []
    hits: list[tuple[int, Found]] = []
    for name, shown, section in _sections():
        title, body = section.title.lower(), section.text.lower()
        if not all(word in title or word in body for word in words):
            continue
        rank = sum(word in title for word in words) + sum(word in shown.title.lower() for word in words)
        excerpt = section.excerpt(words)
        hits.append((-rank, Found(name, shown.title, section.title, section.anchor, excerpt)))
    return [one for _, one in sorted(hits, key=lambda hit: hit[0])[:_MOST]]


def _sections() -> Iterator[tuple[str, Page, Section]]:
    for name in sorted(names(), key=lambda one: ("/" in one, one)):
        shown = page(name)
        for section in shown.sections if shown else ():
            yield name, shown, section  # type: ignore[misc]
