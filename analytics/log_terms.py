"""A search as a condition on log lines: SQL over the alias `l`, and what to bind."""

from __future__ import annotations

from typing import Any

from events.search import FIELDS, Has, Match, Search, SearchError, Text, Value

# What a search may name -> the column. Everything else is an attribute of the line.
COLUMNS = {
    "level": "level", "release": "release", "environment": "environment", "message": "body", "service": "service",
    "host": "host", "logger": "logger", "trace": "trace_id", "span": "span_id", "template": "template", "sdk": "sdk",
}  # fmt: skip


def condition(search: Search, *, environment: str = "") -> tuple[str, dict[str, Any]]:
    """Return the condition under which a line is found, letter case aside. Raises SearchError for issues' terms."""
    terms, bound = ["true"], dict[str, Any]()
    if environment:
        terms.append("l.environment = $environment")
        bound["environment"] = environment
    for number, term in enumerate(search.terms):
        if isinstance(term, Text):
            holds = _matches("l.body", Value(("", *term.value.parts, "")), f"text{number}", bound)
        elif isinstance(term, Match):
            subject = _subject(term, f"name{number}", bound)
            values = [_matches(subject, value, f"v{number}_{n}", bound) for n, value in enumerate(term.values)]
            holds = f"({' OR '.join(values)})"
        elif isinstance(term, Has):
            holds = f"{_subject(term, f'name{number}', bound)} <> ''"
        else:
            raise SearchError("Log lines have no state, times or counts: choose the period in the bar.", 0)
        terms.append(f"NOT coalesce({holds}, false)" if term.negated else holds)
    return " AND ".join(terms), bound


def _subject(term: Match | Has, name: str, bound: dict[str, Any]) -> str:
    column = COLUMNS.get(term.field)
    if column is not None and not (term.is_tag and term.field in FIELDS):
        return f"l.{column}"
    bound[name] = term.field
    return f"l.attributes[${name}]"


def _matches(subject: str, value: Value, name: str, bound: dict[str, Any]) -> str:
    if value.is_exact:
        bound[name] = value.text.lower()
        return f"lower({subject}) = ${name}"
    bound[name] = "%".join(map(_literal, value.parts)).lower()
    return f"lower({subject}) LIKE ${name} ESCAPE '\\'"


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
