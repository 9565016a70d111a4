"""A week in sentences that one can read aloud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from analytics.questions.overview.overview import Overview
from analytics.questions.performance.endpoints import Endpoint
from analytics.questions.promises.judging import Verdict
from analytics.questions.releases.release_change import ReleaseChange
from analytics.questions.vitals.vitals import Regression
from dashboard.frame import formatting
from dashboard.pages.scorecard.presenting import Line

MOST = 3


class Week(Protocol):
    """What of a weekly report is put into sentences."""

    @property
    def is_first(self) -> bool: ...
    @property
    def numbers(self) -> Overview: ...
    @property
    def slower(self) -> tuple[Endpoint, ...]: ...
    @property
    def faster(self) -> tuple[Endpoint, ...]: ...
    @property
    def regressions(self) -> tuple[Regression, ...]: ...
    @property
    def release(self) -> ReleaseChange | None: ...


def of_promises(lines: Iterable[Line]) -> list[str]:
    """The promises of which something was measured, missed ones first."""
    measured = [one for one in lines if one.promise.verdict.verdict is not Verdict.NOTHING]
    return [one.sentence for one in sorted(measured, key=lambda one: one.promise.verdict.verdict is not Verdict.MISSED)]


def of_week(report: Week) -> list[str]:
    """What clearly changed; one sentence says so where nothing did."""
    return [*_traffic(report), *_release(report.release), *_endpoints(report), *_vitals(report.regressions)]


def _traffic(report: Week) -> Iterator[str]:
    number = report.numbers.throughput
    if number.value:
        change = "the first week measured" if report.is_first else number.comparison.plain
        count, often = formatting.often(number.value)
        yield f"{count} requests {often}: {change}."


def _release(change: ReleaseChange | None) -> Iterator[str]:
    if change is not None:
        yield (
            f"Release {change.release} against {change.before}: p95 {change.p95.plain}, errors {change.failures.plain}."
        )


def _endpoints(report: Week) -> Iterator[str]:
    if report.numbers.throughput.value and not (report.is_first or report.slower or report.faster):
        yield "No endpoint got clearly slower or faster."
    for word, found in (("slower", report.slower), ("faster", report.faster)):
        for one in found[:MOST]:
            route = one.route or "What has no route"
            yield f"{route} got {word}: p95 {formatting.duration(one.durations.p95)}, {one.p95.plain}."
        yield from _more(found, f"endpoint got {word}", f"endpoints got {word}")


def _vitals(found: Sequence[Regression]) -> Iterator[str]:
    for one in found[:MOST]:
        yield f"{one.metric} of {one.route} is worse since the last release: {one.comparison.plain}."
    yield from _more(found, "page is worse since then", "pages are worse since then")


def _more(found: Sequence[object], one: str, many: str) -> Iterator[str]:
    if rest := len(found) - MOST if len(found) > MOST else 0:
        yield f"{rest} more {one if rest == 1 else many}."
