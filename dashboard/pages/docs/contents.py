"""The contents of the documentation, as docs/README.md has them: chapters of pages, each with what it is for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from dashboard.pages.docs import library

_CHAPTER = re.compile(r"^## (.+)$")
_ROW = re.compile(r"^\| \[([^\]]+)\]\(([^)#]+)\.md\) \| (.+) \|$")
DECISIONS = "decisions"


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the contents."""

    name: str
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class Chapter:
    title: str
    anchor: str
    entries: tuple[Entry, ...]


@cache
def chapters() -> tuple[Chapter, ...]:
    """The chapters in the order of the file, and the decisions after them."""
    found: list[tuple[str, list[Entry]]] = []
    for line in (library.ROOT / f"{library.INDEX}.md").read_text().splitlines():
        if chapter := _CHAPTER.match(line):
            found.append((chapter[1], []))
        elif (row := _ROW.match(line)) and found:
            found[-1][1].append(Entry(row[2], row[1][:1].upper() + row[1][1:], row[3].replace("`", "")))
    made = [Chapter(title, title.lower().replace(" ", "-"), tuple(entries)) for title, entries in found]
    decided = [name for name in sorted(library.names()) if name.startswith(f"{DECISIONS}/")]
    entries = tuple(Entry(name, shown.title, "") for name in decided if (shown := library.page(name)))
    return (*made, Chapter("Decisions: why it is built this way", DECISIONS, entries))


def beside(name: str) -> tuple[Entry | None, Entry | None]:
    """The pages before and after this one."""
    line = [entry for chapter in chapters() for entry in chapter.entries]
    place = next((index for index, entry in enumerate(line) if entry.name == name), None)
    if place is None:
        return None, None
    return line[place - 1] if place else None, line[place + 1] if place + 1 < len(line) else None
