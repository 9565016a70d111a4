"""Leaves out of what is told who took their consent back, or was erased, while their events were on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from events.consent import standing
from events.models import Project
from events.persons.keeping import Heard
from events.values.modes import CONSENT


def still(heard: Mapping[int, Heard]) -> dict[int, Heard]:
    """What is told of people, in projects that ask only of those who agree still."""
    told = [project_id for project_id, each in heard.items() if each.persons]
    asking = set(Project.objects.filter(pk__in=told, analytics=CONSENT).values_list("pk", flat=True)) if told else set()
    return {
        project_id: _of_agreeing(project_id, each) if project_id in asking else each
        for project_id, each in heard.items()
    }


def _of_agreeing(project_id: int, heard: Heard) -> Heard:
    agreeing = standing.agreeing(project_id, {each.visitor for each in heard.persons})
    return replace(heard, persons=[each for each in heard.persons if each.visitor in agreeing])
