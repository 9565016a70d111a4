"""The list of hosts as a file and in the API."""

from collections.abc import Iterator

from analytics.questions.hosts import hosts
from dashboard.exports.lists import PERIOD, Asked, Listed, Row
from dashboard.frame import filters
from dashboard.pages.hosts import gauges


def _hosts(asked: Asked) -> Iterator[Row]:
    host = filters.chosen(asked.parameters, filters.HOSTS).get("host", "")
    found = hosts.hosts(asked.project, period=asked.period, now=asked.now, environment=asked.environment, host=host)
    yield from ((host, *readings) for host, readings in gauges.latest(found))


LISTS: dict[str, Listed] = {
    "hosts": Listed("Hosts", ("host", *gauges.GAUGES), _hosts, ("resources",), (*PERIOD, *filters.HOSTS)),
}
