"""A span that comes again in another batch counts once: in spans, requests, queries and the ledger."""

import threading
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from events.digest import loop, seen_spans
from events.models import InboxItem, IngestKey, Project, SeenTrace
from events.tests.digest.test_performance_facts import accept, query, served, span
from events.tests.intake import digested, facts


@pytest.fixture
def start() -> float:
    return timezone.now().timestamp() - 60


def counts(project: Project) -> tuple[int, int, int]:
    spans, requests, queries = (facts(project, name) for name in ("spans", "requests", "queries"))
    return len(spans), len(requests), sum(row["count"] for row in queries)


def test_a_span_that_comes_again_counts_once_everywhere(project: Project, key: IngestKey, start: float) -> None:
    first = [*served(start)["spans"], query(2, start), query(3, start)]
    accept(key, "span", {"spans": first}, quantity=3)
    assert digested(project).stored == 3
    assert counts(project) == (3, 1, 2)
    accept(key, "span", {"spans": [*first, query(4, start)]}, quantity=4)
    report = digested(project)
    assert (report.stored, report.duplicate) == (4, 3)
    assert counts(project) == (4, 1, 3)


def test_two_batches_that_are_digested_together_count_a_span_once(
    project: Project, key: IngestKey, start: float
) -> None:
    for _ in range(2):
        accept(key, "span", {"spans": served(start)["spans"]})
    report = digested(project)
    assert (report.stored, report.duplicate) == (1, 1)
    assert counts(project) == (1, 1, 0)


def test_a_span_twice_in_one_batch_counts_once(project: Project, key: IngestKey, start: float) -> None:
    accept(key, "span", {"spans": served(start)["spans"] * 2}, quantity=2)
    report = digested(project)
    assert (report.stored, report.duplicate) == (1, 1)
    assert counts(project) == (1, 1, 0)


def test_two_projects_may_have_the_same_trace(project: Project, key: IngestKey, start: float) -> None:
    other = Project.objects.create(name="Other", slug="other-one")
    accept(key, "span", {"spans": served(start)["spans"]})
    accept(IngestKey.objects.create(project=other), "span", {"spans": served(start)["spans"]})
    loop.run(now=timezone.now())
    assert [len(facts(one, "requests")) for one in (project, other)] == [1, 1]


def test_a_trace_of_more_spans_than_are_remembered_is_stored_whole(
    project: Project, key: IngestKey, start: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen_spans, "MOST", 3)
    for turn in range(3):
        accept(key, "span", {"spans": [span(10 * turn + number, start, 1) for number in range(1, 3)]}, quantity=2)
        digested(project)
    assert counts(project)[0] == 6
    assert len(bytes(SeenTrace.objects.get().spans)) == 3 * 8


def test_what_failed_is_not_remembered(project: Project, key: IngestKey, start: float, monkeypatch: Any) -> None:
    accept(key, "span", {"spans": served(start)["spans"]})
    with monkeypatch.context() as patched:
        patched.setattr("events.facts.segments.write", lambda *_, **__: 1 / 0)
        assert loop.run(now=timezone.now()).failed == 1
    assert not SeenTrace.objects.exists()
    InboxItem.objects.update(next_attempt_at=None)
    assert digested(project).stored == 1


@pytest.mark.django_db(transaction=True)
def test_digests_at_once_count_a_span_once(start: float, settings: Any) -> None:
    settings.OBS_DIGEST_BATCH = 2
    project = Project.objects.create(name="Shop", slug="shop-at-once")
    key = IngestKey.objects.create(project=project)
    for turn in range(12):
        spans = [
            span(1, start, 5, trace_id=f"{trace:032x}") for trace in (range(1, 9) if turn % 2 else range(8, 0, -1))
        ]
        accept(key, "span", {"spans": spans}, quantity=8)
    problems: list[Exception] = []

    def digest() -> None:
        try:
            for _ in range(12):
                loop.digest_batch(now=timezone.now())
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=digest) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    report = digested(project)
    assert (report.stored, report.duplicate) == (8, 88)
    assert len(facts(project, "spans")) == 8
