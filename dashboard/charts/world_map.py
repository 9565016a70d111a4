"""A map of the world as SVG, whose countries lead to what has to do with them; the drawing library has none. Pure.

Outlines are Natural Earth's, which are in the public domain; outlines/LICENSE-world.txt says how they were drawn.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import orjson

_FILE = Path(__file__).parent / "outlines" / "world.json"
STEPS = 5
# A step begins at such a share of the largest number: few countries have most, so the lower steps are narrow.
_BEGINS = (0.02, 0.08, 0.2, 0.5)


@dataclass(frozen=True, slots=True)
class Country:
    """One country: its outline, the step of its colour (0: nothing there), what it says, where it leads."""

    path: str
    step: int
    words: str
    url: str


@dataclass(frozen=True, slots=True)
class WorldMap:
    """`sentence` says what the picture shows; `missing` how many countries are too small for it, or unknown to it."""

    width: int
    height: int
    countries: tuple[Country, ...]
    sentence: str
    missing: int


@dataclass(frozen=True, slots=True)
class _World:
    width: int
    height: int
    outlines: Mapping[str, tuple[str, str]]


def drawn(counts: Mapping[str, int], *, noun: str, url: Callable[[str], str]) -> WorldMap | None:
    """The map of how many `noun` there were by country (two letters); None where no country is known.

    `url` is the address of what a country's colour stands for.
    """
    world = _world()
    known = {code: count for code, count in counts.items() if len(code) == 2 and code.isalpha() and count > 0}
    if not known:
        return None
    most = max(known.values())
    countries = [
        Country(path, 1 + bisect_right(_BEGINS, known[code] / most), f"{name}: {known[code]:,} {noun}", url(code))
        if code in known
        else Country(path, 0, name, "")
        for code, (name, path) in world.outlines.items()
    ]
    first = sorted(known, key=lambda code: (-known[code], code))[:3]
    said = ", ".join(f"{name_of(code)} {known[code]:,}" for code in first)
    missing = len(known.keys() - world.outlines.keys())
    sentence = f"{noun.capitalize()} by country: {said}{' and others' if len(known) > 3 else ''}."
    return WorldMap(world.width, world.height, tuple(countries), sentence, missing)


def name_of(code: str) -> str:
    """The name of a country; its two letters where the map has none."""
    named = _world().outlines.get(code)
    return named[0] if named else code


@cache
def _world() -> _World:
    read = orjson.loads(_FILE.read_bytes())
    return _World(
        read["width"], read["height"], {code: (name, path) for code, (name, path) in read["countries"].items()}
    )
