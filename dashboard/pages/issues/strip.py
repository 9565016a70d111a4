"""The small chart beside an issue's state: its events over the period, with deploys. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from analytics.questions.errors.issue_detail import Trend
from dashboard.charts import sparklines

WIDTH, HEIGHT = 600, 80


@dataclass(frozen=True, slots=True)
class Strip:
    """`outline` draws all bars in a picture of WIDTH by HEIGHT; `deploys` are places on its width."""

    outline: str
    deploys: tuple[float, ...]
    total: int
    most: int
    label: str


def strip(trend: Trend, *, deploys: Iterable[datetime]) -> Strip:
    """The picture of a trend, with a sentence for those who do not see it."""
    total, most = sum(trend.counts), max(trend.counts, default=0)
    hours = trend.step.total_seconds() / 3600
    each = "an hour" if hours == 1 else f"{hours:g} hours"
    label = f"{total} event{'s' if total != 1 else ''}, at most {most} in {each}"
    if not trend.starts:
        return Strip("", (), 0, 0, label)
    begin, length = trend.starts[0], len(trend.starts) * trend.step
    marks = (round(WIDTH * ((at - begin) / length), 1) for at in deploys)
    return Strip(
        outline=sparklines.outline(sparklines.bars(trend.counts, width=WIDTH, height=HEIGHT)),
        deploys=tuple(mark for mark in marks if 0 <= mark <= WIDTH),
        total=total,
        most=most,
        label=label,
    )
