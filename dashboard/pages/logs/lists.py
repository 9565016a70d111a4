"""The patterns of log lines as a file and in the API; the lines themselves have a file of their own page."""

from collections.abc import Iterator
from operator import attrgetter

from analytics.questions.logs import log_patterns
from dashboard.exports.lists import PERIOD, Asked, Listed, Row
from dashboard.frame import filters
from events.issues import search

_PATTERN = ("text", "is_sent", "count", "level", "levels", "first_at", "last_at", "example", "example_id")


def _patterns(asked: Asked) -> Iterator[Row]:
    whole = filters.searched(asked.said("query"), filters.chosen(asked.parameters, filters.LOGS))
    found = log_patterns.log_patterns(
        asked.project, period=asked.period, search=search.parse(whole, now=asked.now), environment=asked.environment
    )
    yield from map(attrgetter(*_PATTERN), found.rows)


LISTS: dict[str, Listed] = {
    "log-patterns": Listed(
        "Patterns of log lines", _PATTERN, _patterns, ("log-patterns",), (*PERIOD, "query", *filters.LOGS)
    ),
}
