"""Lists of web vitals, by route, country and what else is chosen, as files and in the API."""

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any

from analytics.questions.vitals import cuts, vitals
from dashboard.exports.lists import PERIOD, Asked, Listed, Row
from dashboard.frame import filters
from dashboard.frame.vital_formatting import percentile_of
from events.values.vitals import THRESHOLDS

CUTS = ("browser", "device", "connection", "release")
_ROUTE = ("route", "value", "rating", "good_share", "count")
_CUT = ("name", "value", "rating", "good_share", "count")
_COUNTRY = ("country", "value", "rating", "good_share", "count")
_CULPRIT = ("target", "count", "value", "routes")
_WORSE = ("metric", "route", "release", "before", "comparison.before", "comparison.value")

_CALLED = {"before": "release_before", "comparison.before": "value_before", "comparison.value": "value"}


def _metric(asked: Asked) -> str:
    return asked.said("metric", among=THRESHOLDS, default="LCP")


def _counted(asked: Asked) -> dict[str, Any]:
    """What questions of counted measurements take."""
    where = filters.chosen(asked.parameters, filters.VITALS)
    return {
        "period": asked.period, "now": asked.now, "q": percentile_of(asked.said("p"))[1],
        "environment": asked.environment, **vitals.counted_by(where),
    }  # fmt: skip


def _of_facts(asked: Asked) -> dict[str, Any]:
    """What questions of single measurements take."""
    where = filters.chosen(asked.parameters, filters.VITALS)
    return {
        "metric": _metric(asked), "period": asked.period, "q": percentile_of(asked.said("p"))[1],
        "where": {**where, "environment": asked.environment},
    }  # fmt: skip


def _routes(asked: Asked) -> Iterable[Any]:
    found = vitals.route_vitals(asked.project, metric=_metric(asked), **_counted(asked))
    # As the page has them: by band, the poor first, those with too few samples last.
    bands = ("poor", "needs-improvement", "good", "")
    return sorted(found, key=lambda one: bands.index(one.rating))


def _cut(asked: Asked) -> Iterable[Any]:
    by = asked.said("by", among=CUTS, default=CUTS[0])
    return cuts.vital_cut(asked.project, by=by, **_of_facts(asked))


def _countries(asked: Asked) -> Iterable[Any]:
    return vitals.countries(asked.project, **_of_facts(asked))


def _culprits(asked: Asked) -> Iterable[Any]:
    return vitals.culprits(asked.project, **_of_facts(asked))


def _worse(asked: Asked) -> Iterable[Any]:
    return vitals.regressions(asked.project, **filters.without(_counted(asked), "release"))


def _listed(
    title: str, found: Callable[[Asked], Iterable[Any]], names: tuple[str, ...], *takes: str, metric: bool = True
) -> Listed:
    """A list of the page, with the metric that it is of before each row."""

    def rows(asked: Asked) -> Iterator[Row]:
        before = (_metric(asked),) if metric else ()
        yield from ((*before, *attrgetter(*names)(one)) for one in found(asked))

    columns = (*(("metric",) if metric else ()), *(_CALLED.get(name, name) for name in names))
    return Listed(title, columns, rows, ("vitals",), (*PERIOD, *filters.VITALS, "p", *takes))


LISTS: dict[str, Listed] = {
    "vitals-routes": _listed("Vitals by route", _routes, _ROUTE, "metric"),
    "vitals-by": _listed("Vitals by what is chosen", _cut, _CUT, "metric", "by"),
    "vitals-countries": _listed("Vitals by country", _countries, _COUNTRY, "metric"),
    "vitals-culprits": _listed("What was behind the vitals", _culprits, _CULPRIT, "metric"),
    "vitals-worse": _listed("Vitals worse since the last release", _worse, _WORSE, metric=False),
}
