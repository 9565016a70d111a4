"""Lists of persons, groups, erasures and records of consent, as files and in the API: for editors, as their pages."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from analytics.questions.persons import timeline
from dashboard.exports.lists import PERIOD, Asked, Listed, Row, named, table
from events.accounts import access
from events.persons import reading

_HAPPENED = ("at", "kind", "name", "place", "environment", "release", "value", "ref")


def _persons(asked: Asked) -> Any:
    return reading.persons_where(asked.project, asked.said("property")[:300].strip()).prefetch_related(None)


def _groups(asked: Asked) -> Any:
    return reading.groups_where(asked.project, asked.said("property")[:300].strip(), kind=asked.said("type")[:60])


def _happened(asked: Asked) -> Iterator[Row]:
    """What happened to one person, or in one group, a page after the other."""
    about: dict[str, Any] = {"period": asked.period, "environment": asked.environment}
    if group := asked.project.person_groups.filter(pk=asked.number("group_id")).first():
        read = partial(timeline.of_group, asked.project, group.type, group.key, **about)
    elif person := _person(asked):
        read = partial(timeline.of_visitors, asked.project, reading.visitors_of(person), **about)
    else:
        return
    page, pages = 1, 1
    while page <= pages:
        found = read(page=page)
        for row in found.rows:
            yield tuple(getattr(row, name) for name in _HAPPENED)
        page, pages = page + 1, found.pages


def _person(asked: Asked) -> Any:
    named_ = asked.said("person_id").replace("-", "").lower()
    is_one = len(named_) == 32 and set(named_) <= set("0123456789abcdef")
    return asked.project.persons.filter(uuid=named_).first() if is_one else None


_EDITOR: dict[str, Any] = {"role": access.EDITOR}
LISTS: dict[str, Listed] = {
    "persons": table(
        "Persons", _persons, named("uuid", "created_at", "properties"), pages=("person-list",), takes=("property",),
        **_EDITOR,
    ),
    "groups": table(
        "Groups", _groups, named("type", "key", "created_at", "properties"), pages=("group-list",),
        takes=("property", "type"), **_EDITOR,
    ),
    "person-timeline": Listed(
        "What happened to the person", _HAPPENED, _happened, ("person",), PERIOD, needs=("person_id",), **_EDITOR
    ),
    "group-timeline": Listed(
        "What happened in the group", _HAPPENED, _happened, ("group",), PERIOD, needs=("group_id",), **_EDITOR
    ),
    "erasures": table(
        "Erasures", lambda asked: asked.project.erasures.all(),
        named("uuid", "requested_at", "erased", "looks", "done_at", requested_by="requested_by__username"),
        pages=("request-list",), **_EDITOR,
    ),
    "consents": table(
        "Records of consent", lambda asked: asked.project.consents.all(),
        named("number", "purpose", "state", "version", "source", "at", "recorded_at"), pages=("consent-list",),
        **_EDITOR,
    ),
}  # fmt: skip
