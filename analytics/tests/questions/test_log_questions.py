"""Logs by search, page, tail and context; volume from the rollup and from the lines agree."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.test import Client
from django.utils import timezone

from analytics import periods
from analytics.periods import Period
from analytics.questions.logs.log_lines import log_context, log_lines, log_tail
from analytics.questions.logs.log_volume import log_volume
from analytics.tests import facts
from events.issues.search import SearchError, parse
from events.tests import intake
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
DAY = Period(NOW - 24 * HOUR, NOW + HOUR)
TRACE = "ab" * 16


def search(text: str) -> Any:
    return parse(text, now=NOW)


def found(project: Any, text: str, **options: Any) -> list[str | None]:
    return [line.body for line in log_lines(project, period=DAY, search=search(text), **options).lines]


@pytest.mark.parametrize(
    ("query", "bodies"),
    [
        ("", ["c", "b", "Payment of 100% failed"]),
        ("payment", ["Payment of 100% failed"]),
        ('"100% failed"', ["Payment of 100% failed"]),
        ("1_0", []),
        ("pay*failed", ["Payment of 100% failed"]),
        ("!payment", ["c", "b"]),
        ("level:error", ["Payment of 100% failed"]),
        ("level:[warning, error]", ["b", "Payment of 100% failed"]),
        ("!level:error", ["c", "b"]),
        (f"trace:{TRACE}", ["b"]),
        ("logger:shop.*", ["Payment of 100% failed"]),
        ("order.id:77", ["Payment of 100% failed"]),
        ("!order.id:77", ["c", "b"]),
        ("has:order.id level:error", ["Payment of 100% failed"]),
        ("!has:trace", ["c", "Payment of 100% failed"]),
        ("service:api ", ["c"]),
        ("tags[level]:inner", ["c"]),
    ],
)
def test_the_grammar(project: Any, query: str, bodies: list[str]) -> None:
    facts.store(
        project, "logs",
        facts.log("Payment of 100% failed", level="error", logger="shop.pay", attributes={"order.id": 77},
                  at=NOW - 3 * SECOND),
        facts.log("b", level="warning", trace_id=TRACE, at=NOW - 2 * SECOND),
        facts.log("c", service="api", attributes={"level": "inner"}, at=NOW - SECOND),
    )  # fmt: skip
    assert found(project, query) == bodies
    filled = log_volume(project, period=DAY, now=NOW, search=search(query))
    assert sum(filled.totals) == (len(bodies) if query else 0)


def test_terms_of_issues_are_refused(project: Any) -> None:
    with pytest.raises(SearchError, match="known of issues"):
        found(project, "is:unresolved")


def test_pages_hold_every_line_once_also_at_one_moment(project: Any) -> None:
    facts.store(project, "logs", *(facts.log(f"line {n}", at=NOW - n // 5 * SECOND) for n in range(23)))
    seen, position = [], None
    while True:
        page = log_lines(project, period=DAY, search=search(""), before=position, size=4)
        seen += [line.log_id for line in page.lines]
        position = page.older
        if position is None:
            break
    assert len(seen) == len(set(seen)) == 23


@pytest.mark.parametrize("size", [1, 3, 50])
def test_pages_go_back_over_weeks_and_over_the_parts_they_are_read_in(project: Any, size: int) -> None:
    """A line a page, some and all; lines stand right at, before and after where a part that is read ends."""
    month = Period(NOW - timedelta(days=30), NOW)
    ends = [part.end for part in periods.newest_first(month, first=6 * HOUR, growth=4)]
    moments = {end + step for end in [*ends, month.start] for step in (-SECOND, timedelta(0), SECOND)}
    facts.store(project, "logs", *(facts.log(f"{moment:%d %H:%M:%S}", at=moment) for moment in moments))
    seen, position = [], None
    while True:
        page = log_lines(project, period=month, search=search(""), before=position, size=size)
        seen += [line.at for line in page.lines]
        position = page.older
        if position is None:
            break
    assert seen == sorted((moment for moment in moments if month.start <= moment < NOW), reverse=True)


def test_volume_counts_levels_from_the_rollup_as_from_the_lines(project: Any) -> None:
    facts.filled(
        project,
        "logs",
        *(facts.log(f"x{n}", level=["info", "error"][n % 3 == 0], at=NOW - n * HOUR) for n in range(20)),
    )
    counted = log_volume(project, period=DAY, now=NOW, search=search(""))
    assert sum(counted.totals) == 20
    assert counted == log_volume(project, period=DAY, now=NOW, search=search("x"))
    assert sum(log_volume(project, period=DAY, now=NOW, search=search(""), environment="staging").totals) == 0


def test_the_tail_gives_what_came_since_also_when_it_came_late(project: Any) -> None:
    facts.store(project, "logs", facts.log("old", at=NOW - 60 * SECOND), facts.log("first", at=NOW - 5 * SECOND))
    first = log_tail(project, since=NOW - 20 * SECOND, now=NOW, search=search(""))
    assert [line.body for line in first.lines] == ["first"]
    facts.store(project, "logs", facts.log("late", at=NOW - 8 * SECOND), facts.log("new", at=NOW + SECOND))
    second = log_tail(project, since=first.cursor, now=NOW + 2 * SECOND, search=search(""))
    assert [line.body for line in second.lines] == ["late", "first", "new"]


def test_the_context_is_what_stood_around_a_line(project: Any) -> None:
    facts.store(
        project, "logs", *(facts.log(f"{n}", at=NOW + n * SECOND, service=["a", "b"][n % 2]) for n in range(20))
    )
    (line,) = log_lines(project, period=DAY, search=search('"10"')).lines
    assert [one.body for one in log_context(project, of=line.position, each=2)] == ["8", "9", "10", "11", "12"]
    assert [one.body for one in log_context(project, of=line.position, service="a", each=1)] == ["8", "10", "12"]


NAMES = ["{OriginalFormat}", "@level", "$lib", "k8s.io/app", "order id", "a[0]:b", 'say "hi"', "host", "level", "users"]


@pytest.mark.parametrize("name", NAMES)
def test_an_attribute_of_any_name_is_found_in_quotes(project: Any, name: str) -> None:
    facts.store(project, "logs", facts.log("told", attributes={name: "Tpl 7"}), facts.log("other", host="h1"))
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    for query in (f'"{quoted}":tpl*', f'"{quoted}":* !host:h1', f'"{quoted}":[x, "tpl 7"]'):
        assert found(project, query) == ["told"]
        assert str(parse(str(search(query)), now=NOW)) == str(search(query))
    assert found(project, f'!"{quoted}":tpl*') == ["other"]


def test_a_column_and_an_attribute_of_one_name_are_both_found(project: Any) -> None:
    facts.store(project, "logs", facts.log("a", host="h1"), facts.log("b", attributes={"host": "h1"}), facts.log("c"))
    assert sorted(map(str, found(project, "host:h1"))) == ["a", "b"]
    assert sorted(map(str, found(project, "has:host"))) == ["a", "b"]
    assert found(project, "!host:h1") == ["c"]


SENT = [
    ("{OriginalFormat}:tpl", {"attributes": {"{OriginalFormat}": "tpl"}}, "info"),
    ('"{OriginalFormat}":tpl level:error', {"attributes": {"{OriginalFormat}": "tpl"}, "severityText": "ERR"}, "error"),
    ("level:fatal", {"severityText": "EMERG"}, "fatal"),
    ("level:warning", {"severityText": "WARN3"}, "warning"),
    ("level:debug", {"severityText": "TRACE4"}, "debug"),
    ("level:error", {"severityText": "INFO", "severityNumber": 18}, "error"),
    ("level:error", {"severityText": "E", "severityNumber": 0}, "error"),
    ("level:info", {"severityText": "nonsense"}, "info"),
]


@pytest.mark.parametrize(("query", "sent", "level"), SENT)
def test_a_record_of_opentelemetry_is_found_by_what_it_says(
    project: Any, key: Any, query: str, sent: dict[str, Any], level: str
) -> None:
    now = timezone.now()
    told = [{"key": name, "value": {"stringValue": said}} for name, said in sent.get("attributes", {}).items()]
    record = {**sent, "timeUnixNano": str(int(now.timestamp() * 1e9)), "body": {"stringValue": "L"}, "attributes": told}
    body = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    answer = Client().post(
        "/otlp/v1/logs", orjson.dumps(body), content_type="application/json", headers={"X-Obs-Key": key.public_key}
    )
    assert answer.status_code == 200
    intake.digested(project)
    [line] = log_lines(project, period=Period(now - HOUR, now + HOUR), search=search(query)).lines
    assert (line.body, line.level) == ("L", level)
