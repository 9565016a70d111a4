"""Who is the same visitor: for a day, or as the person that a sender names."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from events.models import VisitorSalt
from events.values.modes import ANONYMOUS, IDENTIFIED, OFF, Mode
from events.visitors import naming
from events.visitors.naming import Naming

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def fresh() -> Any:
    naming.reset()
    yield
    naming.reset()


def name(mode: Mode = ANONYMOUS, *, distinct_id: str = "", site: str = "shop.example", **changes: Any) -> str | None:
    given = {"project_id": 1, "address": "203.0.113.9", "user_agent": "Firefox", "now": NOON, **changes}
    return Naming(mode=mode, pseudonym=lambda kind, value: f"u_{kind}:{value}", **given).name(distinct_id, site)


def test_a_visitor_is_the_same_all_day_on_one_site_in_one_browser() -> None:
    first = name()
    assert first == name(now=NOON + timedelta(hours=11))
    others = [
        name(address="203.0.113.10"), name(user_agent="Chrome"), name(site="blog.example"), name(project_id=2),
        name(now=NOON + DAY),
    ]  # fmt: skip
    assert len({first, *others}) == 6
    assert first is not None
    assert first.startswith("u_")


def test_yesterday_s_name_cannot_be_computed_again() -> None:
    yesterday = name()
    midnight = datetime(2026, 11, 28, tzinfo=UTC)
    assert naming.forget(now=midnight + timedelta(minutes=59)) == 0
    assert naming.forget(now=datetime(2026, 11, 28, 1, tzinfo=UTC)) == 1
    naming.reset()  # a process that starts anew
    assert not VisitorSalt.objects.filter(day=NOON.date()).exists()
    assert name() != yesterday  # the same visitor, the same day: a salt drawn anew names another


def test_a_process_that_goes_on_forgets_as_well() -> None:
    name()
    name(now=NOON + DAY)
    assert NOON.date() not in naming._salts


def test_processes_draw_one_salt_between_them() -> None:
    first = name()
    naming.reset()
    assert name() == first
    assert VisitorSalt.objects.count() == 1
    assert len(VisitorSalt.objects.get().salt) == 32


def test_a_sender_s_own_id_is_followed_only_where_people_are_named() -> None:
    assert name(IDENTIFIED, distinct_id="alice") == "u_user:alice"
    assert name(IDENTIFIED, distinct_id=naming.COOKIELESS) == name()
    server = name(distinct_id="alice", address="")
    assert server not in (None, "u_user:alice")
    assert server != name(distinct_id="alice", address="", now=NOON + DAY)


def test_nobody_is_counted_where_nothing_is_collected_or_nobody_can_be_told_apart() -> None:
    assert name(OFF, distinct_id="alice") is None
    assert name(address="") is None
