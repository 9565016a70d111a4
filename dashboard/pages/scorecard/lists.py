"""The weeks of every promise as a file and in the API."""

from collections.abc import Iterator
from datetime import UTC, datetime, time

from dashboard.exports.lists import Asked, Listed, Row
from dashboard.pages.reports import weekly
from dashboard.pages.scorecard import card, presenting
from dashboard.reading import weeks


def _weeks(asked: Asked) -> Iterator[Row]:
    day = weekly.named(asked.said("week"), now=asked.now, first_day=weeks.current())
    week = datetime.combine(day, time(), tzinfo=UTC)
    found = card.card(asked.project, week, now=asked.now, sees_persons=asked.sees_persons)
    yield from map(tuple, presenting.table(found))


LISTS: dict[str, Listed] = {
    "scorecard": Listed("Weeks of the scorecard", presenting.COLUMNS, _weeks, ("scorecard",), ("week",)),
}
