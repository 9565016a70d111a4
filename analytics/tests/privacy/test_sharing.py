"""Erasures of which the days are shared by workers: each row is taken away once, and the receipt counts it once."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from analytics.models import Erasure
from analytics.privacy import erasing
from analytics.privacy.subjects import subject_of
from events.facts import erasing as of_facts
from events.facts import segments
from events.models import AuditEntry, Project, Segment
from events.tests.at_once import at_once
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db(transaction=True)
DAYS = 12
LAST = NOW + erasing.LOOKS[-1]


@pytest.fixture
def asked(project: Project, alice: Any) -> list[Erasure]:
    """Two who asked to be forgotten and whose rows came afterwards, a file a day and others' rows in each."""
    project.analytics = "identified"
    project.save()
    made = erasing.request_all(project, [["ada"], ["eve"]], actor=alice, now=NOW)
    ada, eve = (subject_of(project, [name]).visitors[0] for name in ("ada", "eve"))
    for n in range(DAYS):
        at = NOW - timedelta(days=n)
        people = [ada, ada, 7, eve, 8] if n % 2 else [ada, 9]
        segments.write({(project.pk, "events"): [{"at": at, "visitor": who, "event": "x"} for who in people]}, now=NOW)
    return made


def test_workers_at_once_take_each_row_once_and_sign_once(project: Project, asked: list[Erasure]) -> None:
    Erasure.objects.update(looks=len(erasing.LOOKS))
    ended = at_once(*[lambda: erasing.tick(now=LAST)] * 3)
    assert sum(ended) == 2, "each look is ended by one"
    receipts = [erasing.receipt(one) for one in Erasure.objects.order_by("pk")]
    assert [one["erased"] for one in receipts] == [{"facts events": 18}, {"facts events": 6}]
    for one, document in zip(Erasure.objects.order_by("pk"), receipts, strict=True):
        assert erasing.is_genuine(document, one.signature)
    assert AuditEntry.objects.filter(action="erasure.done").count() == 2
    assert sum(Segment.objects.filter(fact="events").values_list("rows", flat=True)) == 18


class Died(BaseException):
    """Stands for the process ending at this point."""


def test_a_worker_that_dies_half_way_leaves_a_receipt_of_what_went(
    project: Project, asked: list[Erasure], monkeypatch: Any
) -> None:
    begun, kept = Counter[str](), of_facts._kept

    def dies_later(*args: Any, **kwargs: Any) -> Any:
        begun["files"] += 1
        if begun["files"] > 5:
            raise Died
        return kept(*args, **kwargs)

    monkeypatch.setattr(of_facts, "_kept", dies_later)
    with pytest.raises(Died):
        erasing.tick(now=LAST)
    monkeypatch.undo()
    # The oldest five days: three with two rows of Ada's and one of Eve's, two with one of Ada's.
    assert [one.erased for one in Erasure.objects.order_by("pk")] == [{"facts events": 8}, {"facts events": 3}]
    assert erasing.tick(now=LAST) == 2
    assert [one.erased for one in Erasure.objects.order_by("pk")] == [{"facts events": 18}, {"facts events": 6}]


def test_nothing_is_added_to_a_receipt_that_another_signed(
    project: Project, asked: list[Erasure], monkeypatch: Any
) -> None:
    Erasure.objects.update(looks=len(erasing.LOOKS))
    erase_rows = erasing._erase_rows

    def signed_meanwhile(*args: Any, **kwargs: Any) -> Any:
        Erasure.objects.update(done_at=LAST, next_look_at=None)
        return erase_rows(*args, **kwargs)

    monkeypatch.setattr(erasing, "_erase_rows", signed_meanwhile)
    before = set(Segment.objects.values_list("path", flat=True))
    assert erasing.tick(now=LAST) == 0
    assert set(Segment.objects.values_list("path", flat=True)) == before
    assert [one.erased for one in Erasure.objects.order_by("pk")] == [{}, {}]
