"""Lines of one shape are one pattern: values masked, words that vary found, templates of senders kept."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.periods import Period
from analytics.questions.logs.log_patterns import Pattern, generalised, log_patterns
from analytics.tests import facts
from events.issues.search import SearchError, parse
from events.tests.cast import NOW

HOUR = timedelta(hours=1)
DAY = Period(NOW - 24 * HOUR, NOW + HOUR)


def patterns(project: Any, query: str = "", **options: Any) -> Any:
    return log_patterns(project, period=DAY, search=parse(query, now=NOW), **options)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("bodies", "text"),
    [
        # Lines as web servers, databases and schedulers write them.
        (["GET /items/17 200 in 12ms", "GET /items/9 200 in 8.4ms"], "GET /items/<*> <*> in <*>"),
        (["2026-11-28T10:11:12.5Z started", "2026-11-28 10:11:13,120 started"], "<*> started"),
        (["job 550e8400-e29b-41d4-a716-446655440000 done", "job 6ba7b810-9dad-11d1-80b4-00c04fd430c8 done"],
         "job <*> done"),
        (["10.0.0.1:5432 refused", "192.168.7.44:80 refused"], "<*> refused"),
        (["took -3.5 s", "took +12 s"], "took <*> s"),
        (["checksum a1b2c3d4", "checksum ffee0011"], "checksum <*>"),
        (["Überlauf in Zone 3", "Überlauf in Zone 11"], "Überlauf in Zone <*>"),
        (["first line 1\nsecond a", "first line 2\nsecond b"], "first line <*>"),
        (["", ""], ""),
        (["x" * 5000, "x" * 4000], "x" * 300),
    ],
)  # fmt: skip
def test_what_varies_is_masked(project: Any, bodies: list[str], text: str) -> None:
    facts.store(project, "logs", *(facts.log(body, at=NOW - n * HOUR) for n, body in enumerate(bodies)))
    [found] = patterns(project).rows
    assert (found.text, found.count, found.is_sent) == (text, 2, False)


@pytest.mark.django_db
def test_templates_levels_search_and_what_is_left_out(project: Any) -> None:
    facts.store(
        project, "logs",
        *(facts.log(f"order {n} placed", template="order {} placed", at=NOW - n * HOUR) for n in range(3)),
        facts.log("disk 1 full", level="error"), facts.log("disk 2 full", level="warning", at=NOW - HOUR),
        facts.log("disk 3 full", level="error", at=NOW - 2 * HOUR), facts.log("alone", environment="staging"),
    )  # fmt: skip
    found = patterns(project)
    assert [(one.text, one.count, one.is_sent, one.level) for one in found.rows] == [
        ("disk <*> full", 3, False, "error"), ("order {} placed", 3, True, "info"), ("alone", 1, False, "info"),
    ]  # fmt: skip
    assert (found.lines, found.others) == (7, 0)
    disk = found.rows[0]
    assert (disk.levels, disk.first_at, disk.last_at) == ({"error": 2, "warning": 1}, NOW - 2 * HOUR, NOW)
    assert (disk.example, bool(disk.example_id)) == ("disk 1 full", True)
    assert [one.text for one in patterns(project, "level:error").rows] == ["disk <*> full"]
    assert [one.text for one in patterns(project, environment="staging").rows] == ["alone"]
    few = patterns(project, most=1)
    assert (len(few.rows), few.others) == (1, 4)
    with pytest.raises(SearchError):
        patterns(project, "is:unresolved")


def told(*texts: str, count: int = 1, is_sent: bool = False) -> list[Pattern]:
    return [Pattern(text, is_sent, count, {"info": count}, NOW, NOW, text, "") for text in texts]


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        # Four that differ in one word are one; three are not: "cache hit", "cache miss" mean different things.
        ([f"hello {name}" for name in ("ada", "bob", "cyd", "dan")], ["hello <*>"]),
        (["cache hit", "cache miss", "cache full"], ["cache full", "cache hit", "cache miss"]),
        # Two words that vary, found one after the other.
        ([f"{who} likes {what}" for who in ("ada", "bob", "cyd", "dan") for what in ("tea", "pie", "ale", "jam")],
         ["<*> likes <*>"]),
        # A hole that was masked counts as one of those that agree.
        (["id <*>", "id abc", "id def", "id fed"], ["id <*>"]),
        # One word alone never becomes anything at all.
        (["a", "b", "c", "d", "e"], ["a", "b", "c", "d", "e"]),
        ([], []),
        (["a b", "a  b"], ["a  b", "a b"]),
    ],
)  # fmt: skip
def test_words_that_vary_are_found(texts: list[str], found: list[str]) -> None:
    assert sorted(one.text for one in generalised(told(*texts))) == found
    assert sum(one.count for one in generalised(told(*texts))) == len(texts)


def test_the_order_of_lines_changes_nothing_and_templates_stay() -> None:
    texts = told(*(f"hello {name}" for name in ("ada", "bob", "cyd", "dan", "eve")))
    assert generalised(texts) == generalised(texts[::-1])
    sent = told(*(f"hello {name}" for name in ("ada", "bob", "cyd", "dan", "eve")), is_sent=True)
    assert len(generalised(sent)) == 5
