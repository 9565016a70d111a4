"""The list of security events as a file and in the API."""

from collections.abc import Iterator
from operator import attrgetter

from analytics.questions.security import security_events
from dashboard.exports.lists import PERIOD, Asked, Listed, Row
from dashboard.frame import formatting

_LINE = ("kind", "subject", "reason", "count", "addresses", "first_at", "last_at")


def _lines(asked: Asked) -> Iterator[Row]:
    found = security_events.security_events(
        asked.project, period=asked.period, now=asked.now, environment=asked.environment,
        kind=asked.said("kind", among=formatting.SECURITY),
    )  # fmt: skip
    yield from map(attrgetter(*_LINE), found.lines)


LISTS: dict[str, Listed] = {
    "security": Listed("Security events", _LINE, _lines, ("security",), (*PERIOD, "kind")),
}
