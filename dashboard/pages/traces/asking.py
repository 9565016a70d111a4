"""What the address of the list of traces asks for. Pure; what cannot be read is said and counts as not asked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import re2

from analytics.questions.traces.trace_list import FAILED, NEWEST, OK, SLOWEST, Asked

MOST_PAGES = 200
OUTCOMES = {"": "Any outcome", FAILED: "With a failed span", OK: "Without one"}
ORDERS = {NEWEST: "Newest first", SLOWEST: "Slowest first"}
_LENGTH = re2.compile(r"^\s*(\d{1,9}(?:\.\d{1,6})?)\s*(us|µs|ms|s|m|min)?\s*$")
_UNITS = {"us": 0.001, "µs": 0.001, "": 1.0, "ms": 1.0, "s": 1000.0, "m": 60_000.0, "min": 60_000.0}


@dataclass(frozen=True, slots=True)
class Form:
    """The fields as written, what they ask, and what of them could not be read."""

    route: str
    service: str
    outcome: str
    least: str
    most: str
    attribute: str
    order: str
    page: int
    asked: Asked
    problems: tuple[str, ...]


def form(parameters: Mapping[str, str]) -> Form:
    """The fields of a query string, any one."""
    said = {name: parameters.get(name, "").replace("\x00", "").strip()[:200] for name in
            ("route", "service", "status", "least", "most", "attribute", "sort", "page")}  # fmt: skip
    problems = []
    least, most = milliseconds(said["least"]), milliseconds(said["most"])
    for name, text, found in (("longer than", said["least"], least), ("shorter than", said["most"], most)):
        if text and found is None:
            problems.append(f"“{name}” is a time such as 250, 250 ms or 1.5 s.")
    if least is not None and most is not None and least > most:
        problems.append("No trace is longer than the longer and shorter than the shorter time.")
    outcome = said["status"] if said["status"] in OUTCOMES else ""
    name, _, value = said["attribute"].partition("=")
    asked = Asked(
        route=said["route"], service=said["service"], outcome=outcome, least_ms=least, most_ms=most,
        attribute=name.strip(), value=value.strip(),
    )  # fmt: skip
    if said["attribute"] and not asked.attribute:
        problems.append("An attribute is asked for as name=value, or by its name alone.")
        asked = replace(asked, value="")
    return Form(
        said["route"], said["service"], outcome, said["least"], said["most"], said["attribute"],
        said["sort"] if said["sort"] in ORDERS else NEWEST, page_number(said["page"]), asked, tuple(problems),
    )  # fmt: skip


def milliseconds(text: str) -> float | None:
    """`250`, `250 ms`, `1.5s`, `2 min` in milliseconds; None for anything else."""
    found = _LENGTH.match(text.lower())
    return float(found[1]) * _UNITS[found[2] or ""] if found else None


def page_number(text: str) -> int:
    """The number of a page, 1 to MOST_PAGES; 1 for what is none."""
    return min(max(int(text), 1), MOST_PAGES) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
