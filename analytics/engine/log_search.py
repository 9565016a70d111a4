"""The search grammar of logs: the terms of events.search, as a condition on the columns of log lines.

Free text is found in the body; a known name is a column, and any name an attribute: `level:error logger:db.* !healthz
order.id:77 has:user "{OriginalFormat}":tpl`. Letter case of what is searched for does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any

from events.issues.search import Has, Match, Search, SearchError, Text, Value

COLUMNS = {
    "level": "level", "severity": "level", "message": "body", "body": "body", "template": "template",
    "logger": "logger", "trace": "trace_id", "trace_id": "trace_id", "span": "span_id", "span_id": "span_id",
    "release": "release", "environment": "environment", "service": "service", "host": "host", "sdk": "sdk",
}  # fmt: skip


def condition(search: Search, *, environment: str = "") -> tuple[str, dict[str, Any]]:
    """Return the condition on a log line `l`, and what to bind. Raises SearchError for terms that only issues have."""
    terms, bound = ["true"], {}
    if environment:
        terms.append("l.environment = $environment")
        bound["environment"] = environment
    for number, term in enumerate(search.terms):
        if isinstance(term, Text):
            held = _is("l.body", term.value, f"t{number}", bound, within=True)
        elif isinstance(term, Has):
            subjects = _subjects(term.field, is_tag=term.is_tag, name=f"t{number}", bound=bound)
            held = _any(f"{subject} <> ''" for subject in subjects)
        elif isinstance(term, Match):
            subjects = _subjects(term.field, is_tag=term.is_tag, name=f"t{number}", bound=bound)
            held = _any(
                _is(subject, value, f"t{number}_{place}", bound, within=subject == "l.body")
                for place, (subject, value) in enumerate(product(subjects, term.values))
            )
        else:
            raise SearchError(f"{str(term).lstrip('!').partition(':')[0]}: is known of issues, not of logs.", 0)
        terms.append(f"NOT coalesce({held}, false)" if term.negated else held)
    return " AND ".join(terms), bound


def _subjects(field: str, *, is_tag: bool, name: str, bound: dict[str, Any]) -> list[str]:
    """What a field may be: its column, else the attribute; of a column that only logs have, an attribute as well.

    `tags[level]` is the attribute of that name."""
    column = COLUMNS.get(field)
    is_shared = field in ("level", "release", "environment", "message")  # issues have them too
    if column and not is_tag:
        return [f"l.{column}"]
    bound[f"{name}_key"] = field
    attribute = f"l.attributes[${name}_key]"
    return [f"l.{column}", attribute] if column and not is_shared else [attribute]


def _any(conditions: Iterable[str]) -> str:
    return f"({' OR '.join(conditions)})"


def _is(subject: str, value: Value, name: str, bound: dict[str, Any], *, within: bool = False) -> str:
    """`subject` is the value, or holds it somewhere `within`; wildcards stand for anything."""
    pattern = "%".join(part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for part in value.parts)
    bound[name] = f"%{pattern}%" if within else pattern
    return f"{subject} ILIKE ${name} ESCAPE '\\'"
