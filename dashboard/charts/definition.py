"""What a chart is, and where its evidence is listed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from analytics.periods import Period
from analytics.statistics import baselines
from dashboard.charts.figures import Figure
from dashboard.frame import comparison
from dashboard.frame.state import State
from events.models import Project

Ask = Callable[[Project, State, Mapping[str, str], datetime], Figure]
Named = Callable[[Project, Sequence[str], State], list[str]]
"""The addresses of what the rows of a figure are named after; empty for one that has none."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the events of a bucket are listed. `series` is the parameter there that takes the name of a series,
    `kept` are parameters of the chart that narrow the list too, `fixed` those it always has; `narrowed` names another
    page for when the chart is about one thing: parameter -> its page, with the value in its path when `in_path`."""

    url_name: str
    series: str = ""
    kept: tuple[str, ...] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)
    narrowed: Mapping[str, str] = field(default_factory=dict)
    in_path: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """The rule that a chart without a metric of its own is the beginning of: its kind, its metric, and how it is cut:
    always (`fixed`), and by parameters of the chart (`cut`, dimension -> parameter; `query` names that of a search)."""

    kind: str = "threshold"
    metric: str = ""
    fixed: Mapping[str, str] = field(default_factory=dict)
    cut: Mapping[str, str] = field(default_factory=dict)
    query: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """One question with a picture. `parameters` are the names it takes from the URL besides the state.

    A chart over time has `evidence`, one by name has `named`. A share link shows a chart always, or when it was made of
    that very one (`asked`), or never: only charts that say nothing of persons are shared. `watched` is the metric that
    a rule made from it watches, with places for parameters; empty for none. `page` names the page that asks it by the
    same parameters: a share link of the page is one of the chart.
    """

    title: str
    unit: str
    definition: str
    ask: Ask
    parameters: tuple[str, ...] = ()
    evidence: Evidence | None = None
    named: Named | None = None
    shared: Literal["", "always", "asked"] = ""
    watched: str = ""
    page: str = ""
    start: str = ""
    watch: Watch | None = None


def earlier(state: State) -> str:
    """What the period before is called on a chart: `previous 24 h`."""
    return comparison.in_words(baselines.previous(Period(state.start, state.end)), state).than.removeprefix("vs ")
