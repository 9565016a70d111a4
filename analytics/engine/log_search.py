"""The search grammar of logs: the terms of events.search, as a condition on the columns of log lines.

Free text is found in the body; a known name is a column, any other an attribute: `level:error logger:db.* !healthz
order.id:77 has:user`. Letter case does not matter.
"""

from __future__ import annotations

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
            held = f"{_subject(term.field, is_tag=term.is_tag, name=f't{number}', bound=bound)} <> ''"
        elif isinstance(term, Match):
            subject = _subject(term.field, is_tag=term.is_tag, name=f"t{number}", bound=bound)
            within = subject == "l.body"
            options = [
                _is(subject, value, f"t{number}_{place}", bound, within=within)
                for place, value in enumerate(term.values)
            ]
            held = f"({' OR '.join(options)})"
        else:
            raise SearchError(f"{str(term).lstrip('!').partition(':')[0]}: is known of issues, not of logs.", 0)
        terms.append(f"NOT coalesce({held}, false)" if term.negated else held)
    return " AND ".join(terms), bound


def _subject(field: str, *, is_tag: bool, name: str, bound: dict[str, Any]) -> str:
    """The column of a field, else the attribute; `tags[level]` is the attribute of that name."""
    column = COLUMNS.get(field)
    if column and not (is_tag and field in ("level", "release", "environment", "message")):
        return f"l.{column}"
    bound[f"{name}_key"] = field
    return f"l.attributes[${name}_key]"


def _is(subject: str, value: Value, name: str, bound: dict[str, Any], *, within: bool = False) -> str:
    """`subject` is the value, or holds it somewhere `within`; wildcards stand for anything."""
    pattern = "%".join(part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for part in value.parts)
    bound[name] = f"%{pattern}%" if within else pattern
    return f"{subject} ILIKE ${name} ESCAPE '\\'"
