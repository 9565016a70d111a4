"""What happened to flags, and what of it somebody may have felt."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from analytics.flags import changing
from analytics.flags.checking import Wanted
from analytics.flags.happened import change, happened
from analytics.tests.flags import make
from events.models import Project
from events.tests.cast import NOW

MINUTE = timedelta(minutes=1)


def definition(*, on: bool = True, rollout: int = 10, **rest: Any) -> dict[str, Any]:
    return {"is_active": on, "description": "", "filters": make.filters(make.group(rollout=rollout)), **rest}


@pytest.mark.parametrize(
    ("before", "after", "words", "is_felt"),
    [
        (None, definition(on=False), "the flag f was made", False),
        (None, definition(), "the flag f was made and is on", True),
        (definition(on=False), definition(), "the flag f was switched on", True),
        (definition(), definition(on=False, rollout=50), "the flag f was switched off", True),
        (definition(), definition(rollout=50), "the flag f was changed (condition 1: percent 10 → 50)", True),
        (definition(on=False), definition(on=False, rollout=9), "the flag f was changed (condition 1: percent 10 → 9)",
         False),
        (definition(), definition(description="For all"), "the flag f was changed", False),
    ],
)  # fmt: skip
def test_a_change_is_told_in_words(before: Any, after: Any, words: str, is_felt: bool) -> None:
    assert change("f", before, after) == (words, is_felt)


@pytest.mark.django_db
def test_all_that_happens_to_flags_is_told_in_the_order_of_time(project: Project, alice: Any) -> None:
    wanted = Wanted(filters=make.filters(make.group(rollout=10)), is_active=False)
    flag = changing.create(project, "pay", wanted, actor=alice, now=NOW)
    changing.switch(flag, is_active=True, actor=alice, now=NOW + MINUTE)
    audience = make.audience(project, make.prop("plan", "pro"), now=NOW - MINUTE)
    changing.put_audience(audience, name="Pros", definition=audience.definition, actor=alice, now=NOW + 2 * MINUTE)
    planned = replace(wanted, is_active=True, starts_at=NOW + 3 * MINUTE, ends_at=NOW + 4 * MINUTE)
    changing.create(project, "sale", planned, actor=alice, now=NOW - MINUTE)
    changing.archive(flag, actor=alice, now=NOW + 5 * MINUTE)
    gone = changing.create(project, "old", wanted, actor=alice, now=NOW - MINUTE)
    changing.delete(gone, actor=alice, now=NOW + 6 * MINUTE)
    found = happened(project.pk, start=NOW, end=NOW + 10 * MINUTE)
    assert [(one.words, one.is_felt, one.actor) for one in found] == [
        ("the flag pay was made", False, "alice"),
        ("the flag pay was switched on", True, "alice"),
        ("the audience Pros of flags was changed", True, "alice"),
        ("the flag sale came on as planned", True, ""),
        ("the flag sale went off as planned", True, ""),
        ("the flag pay was archived", True, ""),
        ("the flag old was deleted", False, "alice"),
    ]
    assert not happened(project.pk, start=NOW + 7 * MINUTE, end=NOW + 10 * MINUTE)
