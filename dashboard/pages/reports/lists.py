"""What the weekly report measured, as a file and in the API."""

from collections.abc import Iterator

from dashboard.exports.lists import Asked, Listed, Row
from dashboard.pages.reports import weekly
from dashboard.pages.reports.weekly import NUMBERS

_COLUMNS = ("part", "name", "measure", "value", "week_before", "samples", "change")


def _rows(asked: Asked) -> Iterator[Row]:
    """Each number of the report beside that of the week before, in the order of the page."""
    report = weekly.weekly(asked.project, weekly.named(asked.said("week"), now=asked.now), now=asked.now)
    compared = [
        *(("numbers", "", name, getattr(report.numbers, name).comparison) for name in NUMBERS),
        *(("slower", one.route, "p95", one.p95) for one in report.slower),
        *(("faster", one.route, "p95", one.p95) for one in report.faster),
        *(("vitals worse", one.route, one.metric, one.comparison) for one in report.regressions),
        *(("most time", one.route, "p95", one.p95) for one in report.busiest),
        *(("queries", one.statement, "p95", one.change) for one in report.queries),
    ]
    for part, name, measure, found in compared:
        yield part, name, measure, found.value, found.before, found.samples, found.statement


LISTS: dict[str, Listed] = {
    "weekly": Listed("Weekly report", _COLUMNS, _rows, ("weekly",), ("week",)),
}
