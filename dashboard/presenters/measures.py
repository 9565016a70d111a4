"""Numbers with what may be said of their change."""

from collections.abc import Sequence

from analytics.comparisons import Comparison
from dashboard.state import State
from dashboard.tiles import Tile


def tile(
    name: str,
    value: str,
    comparison: Comparison | None,
    *,
    url: str,
    points: Sequence[float | None] = (),
    state: State,
    less_is_better: bool = True,
    is_neutral: bool = False,
) -> Tile:
    """A number, how it changed from the period before, and its line."""
    delta, tone = change(comparison, state=state, less_is_better=less_is_better, is_neutral=is_neutral)
    return Tile(name, value, delta, tone, url, [point for point in points if point is not None])


def change(
    comparison: Comparison | None, *, state: State, less_is_better: bool = True, is_neutral: bool = False
) -> tuple[str, str]:
    """(`−18 % vs previous 24 h`, tone); the words say when samples are too few to tell, and no tone then."""
    against = f"previous {state.label.removeprefix('Last ')}" if state.label.startswith("Last") else "period before"
    if comparison is None or comparison.value is None:
        return "nothing in this period", ""
    if comparison.change is None:
        return f"none in the {against}", ""
    said = f"{signed(comparison.change)} vs {against}"
    if not comparison.enough:
        return f"{said}; {comparison.statement}", ""
    if comparison.direction == 0:
        return f"{said}, no clear change", ""
    if is_neutral:
        return said, ""
    return said, "good" if (comparison.direction < 0) == less_is_better else "bad"


def signed(share: float) -> str:
    """`+6 %`, `−18 %`; a change of no half percent is `±0 %`."""
    return f"{share:+.0%}".replace("-", "−").replace("%", " %") if abs(share) >= 0.005 else "±0 %"
