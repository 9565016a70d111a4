"""When a seasonal series will cross a limit: how likely within a horizon, and between which moments.

Three parts, all robust against single bursts: a trend, the median of the slopes between points of the same phase of the
season (Theil-Sen); a season, the median of each phase; and what is left, which depends on the step before (AR(1)). Many
futures are drawn from the parts, the trend of each from phases chosen at random and what is left from the past,
shuffled; what they do is the forecast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
else:
    np = lazy("numpy")

# Fewer seasons show no season.
LEAST_SEASONS = 3
DRAWS = 400
LOW, HIGH = 0.1, 0.9
# A residual forgets at last: at 1 the futures of a random walk are as wide as the past is long.
MOST_MEMORY = 0.98
# So much of the points must have been measured.
LEAST_MEASURED = 0.8


@dataclass(frozen=True, slots=True)
class Forecast:
    """Of `points` measured points. `probability` is that of crossing within the horizon; the steps until it are those
    of the tenth, the half and nine tenths of all futures, None where so many do not cross. `is_agreeing` says that the
    series moves towards the limit at present, too, and `low` and `high` are the bounds of each step ahead."""

    probability: float
    first: int | None
    median: int | None
    last: int | None
    is_agreeing: bool
    points: int
    low: tuple[float, ...]
    high: tuple[float, ...]


def forecast(
    values: Sequence[float | None], *, season: int, horizon: int, limit: float, is_above: bool, seed: int = 0
) -> Forecast | None:
    """The forecast from the values of past steps, the latest last; None of fewer than LEAST_SEASONS seasons."""
    seen = np.array([np.nan if value is None else value for value in values], np.float64)
    seen = seen[len(seen) % season :]  # whole seasons, the latest
    measured = ~np.isnan(seen)
    if len(seen) < LEAST_SEASONS * season or measured.mean() < LEAST_MEASURED:
        return None
    table = seen.reshape(-1, season)
    slopes = _slopes(table)
    trend = float(np.nanmedian(slopes))
    flat = seen - trend * np.arange(len(seen))
    phases = np.nanmedian(flat.reshape(-1, season), axis=0)
    phases = np.where(np.isnan(phases), np.nanmedian(phases), phases)
    left = flat - np.tile(phases, len(table))
    memory, shocks = _memory(left)
    trends = _drawn(slopes, trend, memory, seed)
    futures = _futures(trend, trends, phases, left, memory, shocks, start=len(seen), horizon=horizon, seed=seed)
    if float(np.nanmin(seen)) >= 0:
        futures = np.maximum(futures, 0.0)
    beyond = futures > limit if is_above else futures < limit
    crossed = beyond.any(axis=1)
    steps = np.sort(np.where(crossed, beyond.argmax(axis=1) + 1, horizon + 1))
    low, high = np.quantile(futures, (LOW, HIGH), axis=0)

    def step_of(share: float) -> int | None:
        found = int(steps[min(len(steps) - 1, int(share * len(steps)))])
        return found if found <= horizon else None

    return Forecast(
        float(crossed.mean()), step_of(LOW), step_of(0.5), step_of(HIGH), _is_agreeing(table, is_above=is_above),
        int(measured.sum()), tuple(low.tolist()), tuple(high.tolist()),
    )  # fmt: skip


def _slopes(table: Floats) -> Floats:
    """The slope a step between each two seasons, phase by phase: a row of pairs for each phase."""
    first, second = np.triu_indices(len(table), 1)
    return ((table[second] - table[first]) / ((second - first)[:, None] * table.shape[1])).T


def _drawn(slopes: Floats, trend: float, memory: float, seed: int) -> Floats:
    """Trends of futures: medians of phases chosen at random, wider as far as neighbouring phases say the same."""
    random = np.random.default_rng(seed)
    of_phases = np.nanmedian(slopes, axis=1)
    of_phases = of_phases[~np.isnan(of_phases)]
    chosen = random.choice(of_phases, (DRAWS, len(of_phases)))
    wider = np.sqrt((1 + memory) / (1 - memory))
    return trend + (np.median(chosen, axis=1) - trend) * wider


def _memory(left: Floats) -> tuple[float, Floats]:
    """How much of a residual is in the next one, and what is new in each."""
    before, after = left[:-1], left[1:]
    both = ~(np.isnan(before) | np.isnan(after))
    before, after = before[both], after[both]
    spread = float((before * before).sum())
    memory = min(MOST_MEMORY, max(0.0, float((before * after).sum()) / spread)) if spread else 0.0
    shocks = after - memory * before
    return memory, shocks - np.median(shocks)


def _futures(
    trend: float,
    drawn: Floats,
    phases: Floats,
    left: Floats,
    memory: float,
    shocks: Floats,
    *,
    start: int,
    horizon: int,
    seed: int,
) -> Floats:
    """DRAWS futures of `horizon` steps. Each trend of theirs turns about the present, which is known."""
    random = np.random.default_rng(seed + 1)
    news = random.choice(shocks, (DRAWS, horizon))
    measured = left[~np.isnan(left)]
    state = np.full(DRAWS, measured[-1])
    residuals = np.empty((DRAWS, horizon))
    for step in range(horizon):
        state = memory * state + news[:, step]
        residuals[:, step] = state
    ahead = np.arange(horizon)
    base = trend * (start - 1) + phases[(start + ahead) % len(phases)]
    found: Floats = base + drawn[:, None] * (ahead + 1) + residuals
    return found


def _is_agreeing(table: Floats, *, is_above: bool) -> bool:
    """Whether the last season lies beyond the one before it, phase by phase, in the direction of the limit."""
    changes = table[-1] - table[-2]
    if np.isnan(changes).all():
        return False
    change = float(np.nanmedian(changes))
    return change > 0 if is_above else change < 0
