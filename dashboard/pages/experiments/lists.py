"""Experiments, and the results of one, as files and in the API."""

from collections.abc import Iterator

from analytics.experiments import results
from dashboard.exports.lists import Asked, Listed, Row, named, table
from dashboard.pages.experiments import presenting


def _results(asked: Asked) -> Iterator[Row]:
    experiment = asked.project.experiments.select_related("project", "flag").filter(
        pk=asked.number("experiment_id")
    ).first()  # fmt: skip
    if experiment is not None and experiment.started_at:
        yield from map(tuple, presenting.exported(results.of(experiment, now=asked.now)))


LISTS: dict[str, Listed] = {
    "experiments": table(
        "Experiments", lambda asked: asked.project.experiments.all(),
        named("key", "name", "created_at", "started_at", "ended_at", "decision", flag="flag__key"),
        pages=("experiment-list",),
    ),
    "experiment-results": Listed(
        "Results of the experiment", presenting.COLUMNS, _results, ("experiment",), needs=("experiment_id",)
    ),
}  # fmt: skip
