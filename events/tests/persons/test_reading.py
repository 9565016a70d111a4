"""Finding persons by an id, by a property, and taking them away."""

from datetime import datetime
from typing import Any

from django.db import transaction

from events.models import AuditEntry, Group, Person, Project
from events.persons import keeping, reading, removing
from events.persons.keeping import GroupTold, Heard
from events.persons.rules import Told


def keep(project: Project, told: list[Told], **more: Any) -> None:
    with transaction.atomic():
        keeping.keep({project.pk: Heard(told, **more)})


def test_a_person_is_found_by_any_id_and_by_its_pseudonym(project: Project, now: datetime) -> None:
    other = Project.objects.create(slug="other", name="Other")
    one, two = (reading.visitor_of(project, each) for each in ("ada", " anon-1 "))
    keep(project, [Told(one, now, "alias", two)])
    person = Person.objects.get()
    pseudonym = person.ids.first().pseudonym  # type: ignore[union-attr]
    assert [reading.person_with(project, each) for each in ("ada", "anon-1", pseudonym, "eve")] == [
        person, person, person, None,
    ]  # fmt: skip
    assert reading.person_with(other, pseudonym) is None


def test_persons_and_groups_are_found_by_a_property(project: Project, now: datetime) -> None:
    keep(
        project,
        [Told(1, now, set={"plan": "team"}), Told(2, now, set={"plan": "free"}), Told(3, now)],
        groups=[GroupTold("company", "acme", now, {"plan": "team"}), GroupTold("team", "acme", now, {})],
    )
    counts = [
        reading.persons_where(project, each).count() for each in ("", "plan", "plan = team", "plan=tea", "=", "\0")
    ]
    assert counts == [3, 2, 1, 0, 3, 3]
    assert [str(each) for each in reading.groups_where(project, "plan=team")] == ["company acme"]
    assert reading.groups_where(project, "", kind="team").count() == 1


def test_who_is_taken_away_leaves_an_entry_and_begins_anew(project: Project, alice: Any, now: datetime) -> None:
    told = [Told(1, now, "alias", 2, set={"plan": "team"})]
    keep(project, told, groups=[GroupTold("company", "acme", now, {})])
    person, group = Person.objects.get(), Group.objects.get()
    removing.delete_person(person, actor=alice, now=now)
    removing.delete_group(group, actor=alice, now=now)
    assert not Person.objects.exists()
    assert not Group.objects.exists()
    entries = AuditEntry.objects.order_by("-id").values_list("action", "object_id")[:2]
    assert list(entries) == [("group.delete", str(group.pk)), ("person.delete", str(person.uuid))]
    keep(project, [Told(2, now)])
    assert Person.objects.get().properties == {}
