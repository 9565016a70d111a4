"""What the questions are asked with: the parameters of the pages, and the period of the API."""

from rest_framework import serializers

from dashboard.api.performance import Line, PeriodQuery
from dashboard.pages.insights.asking import LONGEST_TEXT

_EVENT = "An event, a path as /pricing, or * for any."
_STEPS = (
    "One a line. ? before it: the step is optional; !: whoever does it between the steps around it is left out whole."
)
_MEASURE = (
    "total, people, visits, weekly_actives, monthly_actives (people of the 7 or 30 days that end with the step); of a "
    "property sum, avg, min, max, median, p75, p90, p95, p99."
)
_WEEK = "monday, saturday or sunday: the day that weeks begin on; monday when not said."
_SERIES = "Series B to E, one a line: event | measure | property, as paid | sum | price."


def _line(help_text: str) -> Line:
    return Line(max_length=LONGEST_TEXT, help_text=help_text)


class InsightQuery(PeriodQuery):
    only = _line("country=DE|FR, properties.plan=team")
    bots = Line(max_length=1, help_text="1: with bots.")


class TrendsQuery(InsightQuery):
    event = _line(_EVENT)
    measure = _line(_MEASURE)
    of = _line("The property whose numbers are meant.")
    series = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_TEXT, help_text=_SERIES)
    formula = _line("Of the series: A is the one above, B to E those of series. A / B * 100")
    by = _line("A column, or a property as properties.plan.")
    unit = _line("hour, day, week or month; by the period when not said.")
    tz = _line("A time zone, UTC when not said.")
    week_start = _line(_WEEK)


class FunnelsQuery(InsightQuery):
    steps = serializers.CharField(max_length=LONGEST_TEXT, help_text=_STEPS)
    order = _line("ordered, strict or unordered.")
    within = _line("30m, 12h, 14d: from the first step.")
    by = _line("A column, or a property as properties.plan.")
    touch = _line("first or last: whose value counts.")


class JourneysQuery(InsightQuery):
    begin = _line("From this event or path on.")
    until = _line("Up to this event or path.")
    kind = _line("all, pages or events.")
    stations = _line("2 to 10.")


class CohortsQuery(InsightQuery):
    begin = _line(_EVENT)
    again = _line(f"What they come back for; the same when not said. {_EVENT}")
    times = _line("first or recurring.")
    unit = _line("hour, day, week or month; by the period when not said.")
    tz = _line("A time zone, UTC when not said.")
    week_start = _line(_WEEK)


class UsageQuery(InsightQuery):
    events = _line("The events of the feature, one a line.")
    unit = _line("hour, day, week or month; by the period when not said.")
    tz = _line("A time zone, UTC when not said.")
    week_start = _line(_WEEK)
