"""A flag that hurts is seen by what its people meet, and goes off by itself where somebody asked for that."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from analytics.flags import changing
from analytics.guards import guarding
from analytics.models import Flag, FlagGuard
from analytics.periods import Period
from analytics.questions.variants.flag_outcomes import Outcome, outcomes
from analytics.tests import facts
from analytics.tests.flags import make as make_flags
from analytics.tests.questions.product.test_persons import ID, merge
from analytics.tests.questions.product.test_web import event
from events.models import AuditEntry, Project
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
HOUR = Period(NOW - timedelta(hours=1), NOW)


def called(person: int, minutes_ago: float, value: Any = True, *, flag: str = "pay", **more: Any) -> dict[str, Any]:
    told = {"$feature_flag": flag, "$feature_flag_response": value}
    return event(ID + person, NOW - minutes_ago * MINUTE, name="$feature_flag_called", properties=told, **more)


def met(person: int, minutes_ago: float) -> dict[str, Any]:
    at = NOW - minutes_ago * MINUTE
    return {
        "at": at,
        "event_id": f"{person:016x}{int(minutes_ago * 60):016x}",
        "group_hash": "e",
        "user_key": ID + person,
    }


def hurting(project: Project, *, hurt: int, people: int = 40) -> None:
    """As many people with the flag as without, and so many of those with it who meet an error."""
    rows = [called(n, 30, n <= people) for n in range(1, 2 * people + 1)]
    facts.store(project, "events", *rows)
    facts.store(project, "errors", *(met(n, 20) for n in range(1, hurt + 1)))


@pytest.fixture
def flag(project: Project) -> Flag:
    made = make_flags.stored(project, "pay", now=NOW - timedelta(days=2))
    guarding.put(made, "10", actor="test", now=NOW - timedelta(days=2))
    return made


def test_what_each_answer_brought_is_counted_by_person_from_the_answer_on(project: Project) -> None:
    facts.store(
        project, "events",
        called(1, 30), called(2, 30), called(3, 30, "false"), called(4, 30), called(4, 20, "false"),
        called(5, 30, flag="other"), called(6, 30, is_bot=True), called(7, 30, "holdout-9"), called(8, 10),
    )  # fmt: skip
    facts.store(project, "errors", met(1, 29), met(1, 5), met(2, 31), met(3, 1), met(4, 1), met(9, 1))
    slow, quick = (facts.vital(n, lcp, at=NOW - MINUTE, user_key=ID + 1) for n, lcp in ((1, 9000.0), (2, 100.0)))
    facts.store(project, "vitals", slow, quick)
    assert outcomes(project.pk, "pay", period=HOUR) == [
        Outcome("true", 3, 1, 2, 2, 1), Outcome("false", 1, 1, 1, 0, 0),
    ]  # fmt: skip
    merge(project, ID + 9, ID + 8)
    assert outcomes(project.pk, "pay", period=HOUR)[0] == Outcome("true", 3, 2, 3, 2, 1)


@pytest.mark.parametrize(
    ("value", "people", "hurt", "goes_off"),
    [
        ("true", 40, 12, True),
        ("true", 40, 7, False),  # 17.5 %, and not surely above 10
        ("test", 40, 40, True),
        ("false", 40, 40, False),
        ("true", 19, 19, False),
        ("true", 20, 20, True),
        ("true", 40, 0, False),
    ],
)
def test_it_goes_off_where_it_is_sure_and_where_that_helps(value: str, people: int, hurt: int, goes_off: bool) -> None:
    assert bool(guarding.judge([Outcome(value, people, hurt, hurt, 0, 0)], most_percent=10)) is goes_off


def test_a_flag_that_hurts_is_off_within_a_look_and_says_why(project: Project, flag: Flag) -> None:
    hurting(project, hurt=12)
    assert guarding.tick(now=NOW) == 1
    flag.refresh_from_db()
    version = flag.versions.first()
    assert (flag.is_active, version.by) == (False, None)  # type: ignore[union-attr]
    said = "12 of 40 people with “true” met an error within the hour: 30.0 % (95 % CI 18.1–45.4), allowed are 10 %"
    assert flag.guard.said == said
    assert version.note == f"Its guard: {said}"[:200]  # type: ignore[union-attr]
    assert AuditEntry.objects.filter(action="flag.switch", actor="guard", project_id=project.pk).count() == 1
    assert guarding.tick(now=NOW + MINUTE) == 0
    changing.switch(flag, is_active=True, actor="test", now=NOW + 2 * MINUTE)
    assert guarding.tick(now=NOW + 3 * MINUTE) == 0, "what was met before it was mended counts no more"


def test_one_that_may_or_is_not_guarded_stays_on(project: Project, flag: Flag) -> None:
    hurting(project, hurt=7)
    assert guarding.tick(now=NOW) == 0
    assert FlagGuard.objects.get().looked_at == NOW
    facts.store(project, "errors", *(met(n, 5) for n in range(20, 41)))
    guarding.put(flag, "", actor="test", now=NOW)
    assert guarding.tick(now=NOW) == 0
    flag.refresh_from_db()
    assert flag.is_active


@pytest.mark.parametrize("percent", ["-1", "100", "nan", "many", "inf"])
def test_nonsense_is_refused(flag: Flag, percent: str) -> None:
    with pytest.raises(ValidationError):
        guarding.put(flag, percent, actor="test", now=NOW)
    assert flag.guard.most_percent == 10


def test_the_page_says_what_came_of_it_and_sets_the_guard(project: Project, as_alice: Client) -> None:
    one = make_flags.stored(project, "pay")
    url = f"/p/web/flags/{one.pk}/"
    assert "Nobody was seen with it" in as_alice.get(url).content.decode()
    page = as_alice.post(f"{url}guard/", {"most_percent": "2.5"}, follow=True).content.decode()
    assert "off when surely more than 2.50 %" in page
    assert "from 0 to under 100" in as_alice.post(f"{url}guard/", {"most_percent": "x"}, follow=True).content.decode()
    assert "Not guarded" in as_alice.post(f"{url}guard/", {"most_percent": ""}, follow=True).content.decode()
    assert not FlagGuard.objects.exists()
