"""Changes of flags are whole, serial, seen everywhere at once, and forgotten when they are due."""

import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection

from analytics.flags import asking, books, changing, counting, history, places
from analytics.flags.asking import Asked
from analytics.flags.checking import Wanted
from analytics.flags.counting import tally
from analytics.flags.history import Difference
from analytics.models import FlagBook, FlagHour, FlagPlace
from analytics.tests.flags.make import NOW, filters, flag, group, prop, stored, variants
from events.models import AuditEntry, Project


@pytest.mark.django_db
def test_a_process_sees_a_change_within_half_a_second(project: Project) -> None:
    books.forget()
    stored(project, "f")
    assert books.of(project.pk, clock=100.0).flags["f"].is_active
    # As another process would: its change is not known here.
    FlagBook.objects.filter(pk=project.pk).update(version=99)
    project.flags.update(is_active=False)
    assert books.of(project.pk, clock=100.4).flags["f"].is_active
    assert not books.of(project.pk, clock=100.5).flags["f"].is_active
    with connection.execute_wrapper(lambda execute, sql, *rest: pytest.fail(sql)):
        books.of(project.pk, clock=100.9)


@pytest.mark.django_db
def test_a_flag_that_cannot_be_read_takes_no_other_with_it(project: Project) -> None:
    books.forget()
    stored(project, "good")
    project.flags.create(key="bad", filters={"groups": [{"properties": [], "rollout_percentage": "x"}]})
    assert set(books.read(project.pk).flags) == {"good"}


@pytest.mark.django_db(transaction=True)
def test_changes_at_once_lose_none(project: Project) -> None:
    one = stored(project, "f")
    problems: list[Exception] = []

    def change(share: int) -> None:
        try:
            wanted = Wanted(filters=filters(group(rollout=share)), is_active=True)
            changing.update(one, wanted, actor="test", now=NOW)
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=change, args=(share,)) for share in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert list(one.versions.values_list("number", flat=True)) == list(range(9, 0, -1))
    assert FlagBook.objects.get().version == 9


@pytest.mark.django_db
def test_limits_hold_and_nothing_changed_is_no_version(project: Project) -> None:
    same = Wanted(filters=filters(), is_active=True)
    one = changing.create(project, "f", same, actor="test", now=NOW)
    assert changing.update(one, same, actor="test", now=NOW).version == 1
    for broken, where in (
        (Wanted(filters={"groups": [group()] * 51}), "groups"), (Wanted(filters={}), "groups"),
        (Wanted(filters=filters(group(*[prop("a", "b")] * 21))), "groups"), (Wanted(filters={"groups": "x"}), "groups"),
        (Wanted(filters=filters(payloads={"gone": "1"})), "payloads"),
        (Wanted(filters=filters(payloads={"true": '"' + "x" * 70_000 + '"'})), "payloads"),
        (Wanted(filters=filters(multivariate=variants(a=50, b=51))), "variants"),
        (Wanted(filters=filters(multivariate={"variants": [{"key": "a b", "rollout_percentage": 100}]})), "variants"),
        (Wanted(filters=filters(holdout={"id": 1, "exclusion_percentage": 101})), "holdout"),
        (Wanted(filters=filters(group(prop("x", ["v"] * 501)))), "groups"),
        (Wanted(filters=filters(group({"type": "cohort", "value": "77"}))), "groups"),
        (Wanted(filters=filters(group({"type": "moon", "key": "a"}))), "groups"),
    ):  # fmt: skip
        with pytest.raises(ValidationError) as refusal:
            changing.update(one, broken, actor="test", now=NOW)
        assert set(refusal.value.message_dict) == {where}
    assert AuditEntry.objects.filter(action="flag.create").count() == 1


def test_differences_are_named_in_words() -> None:
    before: dict[str, Any] = {"is_active": True, "filters": filters(group(prop("plan", "pro"), rollout=50))}
    after: dict[str, Any] = {"is_active": False, "filters": filters(group(prop("plan", "team")), group(rollout=5))}
    assert history.differences(before, after) == [
        Difference("on", "true", "false"),
        Difference("condition 1, property 1.value", "pro", "team"),
        Difference("condition 1: percent", "50", "100"),
        Difference("condition 2: percent", "", "5"),
    ]
    assert history.differences(before, before) == []


def test_what_is_stale_is_told_from_what_may_be_needed() -> None:
    def why(
        *groups: dict[str, Any], age: int = 40, asked: int | None = 1, fetched: date | None = None, **rest: Any
    ) -> str:
        made = NOW - timedelta(days=age)
        return history.staleness(
            flag("f", *groups, **rest), created_at=made, changed_at=made, fetched_on=fetched, now=NOW,
            asked_at=None if asked is None else NOW - timedelta(days=asked),
        )  # fmt: skip

    assert "everybody" in why()
    assert "everybody" in why(group(), group(prop("a", "b"), rollout=3))
    for needed in (
        why(age=20), why(group(rollout=50)), why(group(prop("plan", "pro"))), why(multivariate=variants(a=50, b=50)),
        why(holdout={"id": 1, "exclusion_percentage": 5}), why(columns={"is_active": False}),
        why(feature_enrollment=True), why(group(rollout=50), asked=None, fetched=NOW.date()),
        why(group(rollout=50), asked=None, age=20),
    ):  # fmt: skip
        assert needed == ""
    assert "nobody" in why(group(rollout=50), asked=None)
    assert "nobody" in why(group(rollout=50), asked=31)


@pytest.mark.django_db
def test_counts_survive_a_database_that_is_away_and_end_in_time(project: Project, now: datetime) -> None:
    books.forget()
    stored(project, "f")
    tally.flush()
    for number in range(5):
        asking.ask(books.of(project.pk), Asked(f"u{number}"), now=now)

    def away(*_: Any) -> None:
        raise OperationalError("away")

    with connection.execute_wrapper(away), pytest.raises(OperationalError):
        tally.flush()
    asking.ask(books.of(project.pk), Asked("u"), now=now)
    tally.flush()
    tally.flush()
    assert list(FlagHour.objects.values_list("value", "count")) == [("true", 6)]
    assert counting.forget(now=now + timedelta(days=89)) == 0
    assert counting.forget(now=now + timedelta(days=91)) == 1


@pytest.mark.django_db
def test_places_are_forgotten_with_time_and_with_the_switch(project: Project, now: datetime) -> None:
    books.forget()
    one = stored(project, "f", group(rollout=50), is_continuous=True)
    asking.ask(books.of(project.pk), Asked("ada", anonymous_id="anon"), now=now)
    assert FlagPlace.objects.count() == 1
    assert places.forget(now=now + timedelta(days=394)) == 0
    wanted = Wanted(filters=filters(group(rollout=50)), is_active=True)
    changing.update(one, wanted, actor="test", now=now)
    assert not FlagPlace.objects.exists()
    stored(project, "g", is_continuous=True)
    books.forget()
    asking.ask(books.of(project.pk), Asked("ada", anonymous_id="anon"), now=now)
    assert places.forget(now=now + timedelta(days=396)) == 1
