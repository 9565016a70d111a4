"""Who is merged with whom, and which properties stand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from events.persons import rules
from events.persons.rules import Person, Told

START = datetime(2026, 11, 1, tzinfo=UTC)
A, B, C = 1, 2, 3


def told(visitor: int, does: Any = "seen", other: int | None = None, *, minute: int = 0, **changes: Any) -> Told:
    return Told(visitor, START + timedelta(minutes=minute), does, other, **changes)


def after(*history: Told) -> dict[int, Person]:
    people: dict[int, Person] = {}
    for each in history:
        rules.hear(people, each)
    return {visitor: rules.standing(person) for visitor, person in people.items()}


@pytest.mark.parametrize("does", ["identify", "alias", "merge"])
def test_two_ids_become_one_person_whoever_of_them_was_known(does: Any) -> None:
    for before in ([], [told(A)], [told(B)], [told(A), told(B)], [told(A), told(B), told(A, does, B)]):
        people = after(*before, told(A, does, B))
        assert people[A] is people[B]
        assert people[A].is_identified is (does != "merge")


def test_nobody_is_merged_who_only_sent_an_event_or_names_one_id_twice() -> None:
    people = after(told(A), told(B), told(A, "alias", A), told(A, "identify", A))
    assert people[A] is not people[B]
    assert not people[A].is_identified
    assert after(told(A, "identify"))[A].is_identified


def test_who_is_identified_is_not_merged_away() -> None:
    people = after(told(B, "identify"), told(A), told(A, "identify", B, minute=5))
    assert people[A] is not people[B]
    assert (people[A].is_identified, people[A].refused_at) == (True, START + timedelta(minutes=5))
    assert people[B].refused_at is None
    dangerous = after(told(B, "identify"), told(A, "merge", B))
    assert dangerous[A] is dangerous[B]
    assert dangerous[A].is_identified


def test_a_chain_of_identities_ends_where_somebody_logged_in() -> None:
    """a into b, then b into c who is known: refused, since b logged in; an unknown c is one more id of b."""
    assert len({*after(told(B, "identify", A), told(C, "identify", B)).values()}) == 1
    people = after(told(B, "identify", A), told(C), told(C, "identify", B))
    assert people[A] is people[B] is not people[C]


def test_who_stays_keeps_their_properties_and_the_earlier_beginning_counts() -> None:
    people = after(
        told(B, minute=1, set={"plan": "free", "city": "Bonn"}),
        told(A, minute=2, set={"plan": "team"}),
        told(A, "identify", B, minute=3, set_once={"city": "Rome", "first": "ad"}, set={"seats": "2"}),
    )
    assert people[A].properties == {"plan": "team", "city": "Bonn", "first": "ad", "seats": "2"}
    assert people[A].created_at == START + timedelta(minutes=1)


def test_properties_are_set_once_then_set_then_unset() -> None:
    [person] = after(told(A, set={"a": "1"}, set_once={"a": "0", "b": "2"}), told(A, unset=["a"])).values()
    assert person.properties == {"b": "2"}
    [full] = after(told(A, set={str(n): "x" for n in range(500)}), told(A, set={"0": "y", "new": "z"})).values()
    assert (len(full.properties), full.properties["0"], "new" in full.properties) == (200, "y", False)


@pytest.mark.parametrize(
    "word", ["", "  ", "Anonymous", "guest", "NaN", "null", "0", "[object Object]", "'undefined'", '"TRUE"', " id "]
)
def test_what_programs_send_without_an_id_is_nobodys(word: str) -> None:
    assert not rules.is_legal(word)
    assert rules.is_legal(f"{word} 7")


def test_an_id_of_nobody_merges_nobody_and_says_so() -> None:
    people = after(told(A), told(A, "identify", B, is_legal=False, set={"plan": "team"}))
    assert B not in people
    assert (people[A].is_identified, people[A].refused_at, people[A].properties) == (False, START, {"plan": "team"})
