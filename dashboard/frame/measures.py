"""Numbers with what may be said of their change."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.statistics.comparisons import ENOUGH, Comparison
from dashboard.frame.comparison import Compared


@dataclass(frozen=True, slots=True)
class Tile:
    """One number with its way to the evidence. `tone` is good, bad, warn or nothing; `delta` is its change in words.

    `note` says more, in words with a tone of their own.
    """

    name: str
    value: str
    delta: str
    tone: str
    url: str
    points: Sequence[float] = ()
    note: str = ""
    note_tone: str = ""


def tile(
    name: str,
    value: str,
    comparison: Comparison | None,
    *,
    url: str,
    points: Sequence[float | None] = (),
    against: Compared,
    less_is_better: bool = True,
    is_neutral: bool = False,
) -> Tile:
    """A number, how it changed, and its line."""
    delta, tone = change(comparison, against=against, less_is_better=less_is_better, is_neutral=is_neutral)
    return Tile(name, value, delta, tone, url, [point for point in points if point is not None])


def change(
    comparison: Comparison | None, *, against: Compared, less_is_better: bool = True, is_neutral: bool = False
) -> tuple[str, str]:
    """(`−18 % vs previous 24 h`, tone); with too few samples on either side, only that."""
    if comparison is None or comparison.value is None:
        return f"nothing {against.during}", ""
    if comparison.change is None:
        return f"none {against.before}", ""
    if not comparison.enough:
        return f"too few samples {against.than} ({min(comparison.samples, comparison.samples_before)} of {ENOUGH})", ""
    said = f"{signed(comparison.change)} {against.than}"
    if comparison.direction == 0:
        return f"{said}, no clear change", ""
    if is_neutral:
        return said, ""
    return said, "good" if (comparison.direction < 0) == less_is_better else "bad"


def signed(share: float) -> str:
    """`+6 %`, `−18 %`; a change of no half percent is `±0 %`."""
    return f"{share:+.0%}".replace("-", "−").replace("%", " %") if abs(share) >= 0.005 else "±0 %"
