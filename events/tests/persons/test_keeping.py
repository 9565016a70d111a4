"""What is stored of persons is what the rules say, in whatever pieces and from however many workers it comes."""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.models import Group, Person, PersonId, Project
from events.persons import keeping, rules
from events.persons.keeping import GroupTold, Heard
from events.persons.rules import Told

START = datetime(2026, 11, 1, tzinfo=UTC)
IDS = st.integers(1, 6)
WORDS = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz"), max_size=2)
EVENTS = st.builds(
    Told,
    visitor=IDS,
    at=st.integers(0, 50).map(lambda minute: START + timedelta(minutes=minute)),
    does=st.sampled_from(rules.DOES),
    other=st.none() | IDS,
    is_legal=st.sampled_from([True, True, True, False]),
    set=WORDS,
    set_once=WORDS,
    unset=st.lists(st.sampled_from("abc"), max_size=1),
)


def keep(project: Project, told: Iterable[Told], **more: Any) -> None:
    with transaction.atomic():
        keeping.keep({project.pk: Heard(list(told), **more)})


def stored(project: Project) -> Counter[Any]:
    ids = defaultdict(set)
    for each in PersonId.objects.filter(project=project):
        ids[each.person_id].add(each.visitor)
    return Counter(
        (frozenset(ids[row.pk]), frozenset(row.properties.items()), row.created_at, row.is_identified,
         row.merge_refused_at)
        for row in Person.objects.filter(project=project)
    )  # fmt: skip


def expected(history: Sequence[Told]) -> Counter[Any]:
    people: dict[int, rules.Person] = {}
    for each in history:
        rules.hear(people, each)
    ids = defaultdict(set)
    for visitor, person in people.items():
        ids[rules.standing(person)].add(visitor)
    return Counter(
        (frozenset(ids[person]), frozenset(person.properties.items()), person.created_at, person.is_identified,
         person.refused_at)
        for person in ids
    )  # fmt: skip


@pytest.mark.django_db
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(EVENTS, max_size=6), max_size=6))
def test_rows_are_what_the_rules_say(project: Project, batches: list[list[Told]]) -> None:
    Person.objects.all().delete()
    for batch in batches:
        keep(project, batch)
    assert stored(project) == expected([told for batch in batches for told in batch])


def test_ids_that_nobody_told_of_move_along(project: Project) -> None:
    keep(project, [Told(1, START, "alias", 2), Told(3, START)])
    Person.objects.update(is_identified=False)
    keep(project, [Told(3, START, "identify", 1)])
    [person] = Person.objects.all()
    assert sorted(person.ids.values_list("visitor", flat=True)) == [1, 2, 3]


def test_a_name_is_kept_where_it_is_told(project: Project) -> None:
    keep(project, [Told(1, START), Told(-2, START)], names={1: "customer 7"})
    assert [str(each) for each in PersonId.objects.order_by("visitor")] == ["u_fffffffffffffffe", "customer 7"]


def test_what_changes_nothing_takes_no_lock(project: Project) -> None:
    told = [Told(1, START, set={"plan": "team"}), Told(2, START)]
    keep(project, told)
    with CaptureQueriesContext(connection) as asked, transaction.atomic():
        keeping.keep({project.pk: Heard(told)})
    assert [query["sql"].split()[0] for query in asked] == ["SAVEPOINT", "SELECT", "RELEASE"]


def test_groups_gather_their_properties(project: Project) -> None:
    for properties in ({"plan": "free", "seats": "3"}, {"plan": "team"}):
        keep(project, [], groups=[GroupTold("company", "acme", START, properties)])
    keep(project, [], groups=[GroupTold("team", "acme", START, {})])
    assert [(group.type, group.properties) for group in Group.objects.order_by("type")] == [
        ("company", {"plan": "team", "seats": "3"}), ("team", {}),
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_end_where_one_would(now: datetime) -> None:
    """Four workers merge the same people in different orders; merging all of all ends in one person each time."""
    project = Project.objects.create(slug="web", name="Web")
    pairs = [(one, other) for one in range(1, 9) for other in range(1, 9) if one != other]
    failures: list[BaseException] = []

    def worker(number: int) -> Callable[[], None]:
        def work() -> None:
            try:
                for place in range(0, len(pairs), 4):
                    told = [
                        Told(one, START, "merge", other, set={f"by {number}": str(place)})
                        for one, other in pairs[(place + 14 * number) % len(pairs) :][:4]
                    ]
                    keep(project, told)
            except BaseException as error:
                failures.append(error)
            finally:
                connection.close()

        return work

    threads = [threading.Thread(target=worker(number)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert not any(thread.is_alive() for thread in threads)
    [person] = Person.objects.all()
    assert person.ids.count() == 8
    assert person.properties == {f"by {number}": "52" for number in range(4)}
