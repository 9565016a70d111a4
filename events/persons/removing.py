"""Takes persons and groups away: their rows, properties and ids. Facts keep the pseudonyms that they carry."""

from datetime import datetime
from typing import Any

from django.db import transaction

from events.accounts import audit
from events.models import Group, Person
from events.persons import keeping


def delete_person(person: Person, *, actor: Any, now: datetime) -> None:
    """`person` is gone with all ids; one of them that is heard of again begins a new person."""
    with transaction.atomic():
        keeping.wait_for_others(person.project_id)
        # Read anew: whoever was merged meanwhile has no ids left, and stays deleted.
        Person.objects.filter(pk=person.pk).delete()
        audit.record("person.delete", actor=actor, project=person.project, obj=("person", person.uuid), now=now)


def delete_group(group: Group, *, actor: Any, now: datetime) -> None:
    """`group` is gone with its properties; described again, it begins anew."""
    with transaction.atomic():
        keeping.wait_for_others(group.project_id)
        group_id = group.pk
        Group.objects.filter(pk=group_id).delete()
        audit.record("group.delete", actor=actor, project=group.project, obj=("group", group_id), now=now)
