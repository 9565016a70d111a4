"""The lists of web analytics as files and in the API: what is told of small groups on the page is told of them here."""

from collections.abc import Iterator
from typing import Any

from analytics.privacy import readers
from analytics.questions.product import visits
from analytics.questions.product.web import Web, web
from dashboard.exports.lists import PERIOD, Asked, Listed, Row
from dashboard.frame import filters
from events.models import Project

MOST = 10_000
_COLUMNS = ("by", "value", "visitors", "visits", "views")


def found(project: Project, by: str, *, sees_persons: bool, **about: Any) -> Web:
    """One list whole, with what whoever asks may be told of it."""
    return readers.ask(web, project, sees_persons=sees_persons, lists=(by,), most=MOST, **about)


def dimension(text: str) -> str:
    """The dimension that an address asks for."""
    return text if text in visits.DIMENSIONS else "page"


def _visits(asked: Asked) -> Iterator[Row]:
    by = dimension(asked.said("by"))
    where = filters.chosen(asked.parameters, visits.DIMENSIONS)
    read = found(
        asked.project, by, sees_persons=asked.sees_persons, period=asked.period, where=where,
        environment=asked.environment, with_bots=asked.said("bots") == "1",
    )  # fmt: skip
    yield from ((by, line.value, line.visitors, line.visits, line.views) for line in read.lists[by])


LISTS: dict[str, Listed] = {
    "visits-by": Listed("Visits", _COLUMNS, _visits, (), (*PERIOD, "by", "bots", *visits.DIMENSIONS)),
}
