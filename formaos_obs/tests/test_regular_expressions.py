"""No pattern that meets event data can run for ever: google-re2 reads it, and Python's own patterns stand in a list."""

import ast

import pytest

from formaos_obs.environment import BASE_DIR

# What Python's own patterns read, each written by this house or bounded before.
ALLOWED = {
    "events/accounts/audit_heads.py": "lines of a log that an operator names",
    "events/endpoints/browser_settings.py": "names that an owner types into a form of ours, at most 40 letters",
    "analytics/engine/contract.py": "SQL that this house wrote",
    "analytics/engine/duck.py": "SQL that this house wrote",
    "analytics/engine/clickhouse/dialect.py": "SQL that this house wrote",
    "analytics/engine/clickhouse/failures.py": "what the operator's ClickHouse says, at most 8,000 letters: one number",
    "analytics/questions/watched/metrics.py": "the number in a metric's name: one run of at most seven digits",
    "analytics/questions/watched/formulas.py": "a formula that an editor typed, token by token",
    "analytics/questions/product/elements.py": "a selector that an editor typed, at most 300 characters, part by part",
    "analytics/periods.py": "a period of an address: one run of at most five digits",
    "alerts/incidents/postmortem.py": "one letter of a title at a time",
    "alerts/monitors/pings.py": "a part of an address, of fixed lengths",
    "alerts/schedule.py": "a schedule of at most 200 characters, whose parts can be told in one way only",
    "alerts/delivery/http.py": "the address of a channel, without a repetition inside a repetition",
    "dashboard/pages/calls/described.py": "addresses of this house's own API",
    "dashboard/pages/docs/contents.py": "this house's own documentation",
    "dashboard/pages/docs/drawing.py": "this house's own documentation",
    "dashboard/reading/weeks.py": "the first language of a header, of fixed lengths, at most 200 characters of it",
    "dashboard/reading/labels.py": "pages this house drew: no foreign < is in them, no repetition within another",
    "dashboard/reading/marks.py": "pages this house drew: no foreign < is in them, no repetition within another",
}
APPS = ("events", "analytics", "alerts", "dashboard")


def imported(path: str) -> set[str]:
    """The modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((BASE_DIR / path).read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def sources(app: str) -> list[str]:
    files = (str(file.relative_to(BASE_DIR)) for file in (BASE_DIR / app).rglob("*.py"))
    return [path for path in files if "/tests/" not in path and "/migrations/" not in path]


@pytest.mark.parametrize("app", APPS)
def test_pythons_own_patterns_meet_no_event_data(app: str) -> None:
    assert {path for path in sources(app) if "re" in imported(path)} == {
        path for path in ALLOWED if path.startswith(f"{app}/")
    }


def test_re2_is_what_reads_events() -> None:
    assert sum("re2" in imported(path) for path in sources("events")) > 10
