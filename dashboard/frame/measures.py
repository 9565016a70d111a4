"""Numbers with what may be said of their change."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.statistics.comparisons import ENOUGH, Comparison
from dashboard.frame.comparison import Compared


@dataclass(frozen=True, slots=True)
class Tile:
    """One number with its way to the evidence; `delta`, `tone`, `sign` and `sentence` are those of its Change.

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
    sign: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """How a number changed, the same everywhere. `words` are seen, behind `sign`: ↑, ↓, ≈ or nothing.

    Only a change that is clear has an arrow, and only one for better or worse a `tone`, good or bad. `sentence` says
    all of it, on hover and to a screen reader; empty where the words do.
    """

    words: str
    sign: str = ""
    tone: str = ""
    sentence: str = ""


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
    said = change(comparison, against=against, less_is_better=less_is_better, is_neutral=is_neutral)
    drawn = [point for point in points if point is not None]
    return Tile(name, value, said.words, said.tone, url, drawn, sign=said.sign, sentence=said.sentence)


def change(
    comparison: Comparison | None, *, against: Compared, less_is_better: bool = True, is_neutral: bool = False
) -> Change:
    """`↓ −18 % vs previous 24 h`; with too few samples on either side, only that."""
    if comparison is None or comparison.value is None:
        return Change(f"nothing {against.during}")
    if comparison.change is None:
        return Change(f"none {against.before}")
    if not comparison.enough:
        few = min(comparison.samples, comparison.samples_before)
        return Change(f"too few samples {against.than} ({few} of {ENOUGH})")
    said = f"{signed(comparison.change)} {against.than}"
    if comparison.direction == 0:
        return Change(against.than, "≈", "", f"{said}, no clear change")
    tone = "" if is_neutral else "good" if (comparison.direction < 0) == less_is_better else "bad"
    verdict = {"good": "clearly better: ", "bad": "clearly worse: "}.get(tone, "")
    return Change(said, arrow(comparison.direction), tone, f"{said}, {verdict}{comparison.statement}")


def arrow(direction: int) -> str:
    """The sign of a direction: ↑, ↓, or ≈ for none that is clear."""
    return "↑" if direction > 0 else "↓" if direction < 0 else "≈"


def signed(share: float) -> str:
    """`+6 %`, `−18 %`; a change of no half percent is `±0 %`."""
    return f"{share:+.0%}".replace("-", "−").replace("%", " %") if abs(share) >= 0.005 else "±0 %"
