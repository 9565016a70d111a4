"""Prints how often an experiment without any effect is called one: `python -m bench.aa [--runs 2000] [--short]`.

Two variants that are the same, in `--runs` experiments of 20,000 persons, looked at after every 200 from the first 100
a variant on. An experiment is a false positive where any look says that there is a difference. Beside the sequential
method, which promises at most `--level` of them, stand the fixed one looked at as often, and looked at once, at its
end. All judge the difference itself; `parts` is the sequential method on it as a part of the first's mean, by which
nothing is decided: a mean of a few conversions is too uncertain to divide by. Ends with 1 where the promise is broken;
of the 200 runs of `--short`, by more than chance.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from analytics.statistics import effects  # noqa: E402
from analytics.statistics.samples import Sample  # noqa: E402

PEOPLE, STEP = 10_000, 100  # a variant
Draw = Callable[[np.random.Generator], np.ndarray]
METRICS: dict[str, tuple[Draw, bool]] = {
    "conversion of 2 %": (lambda dice: (dice.random(PEOPLE) < 0.02).astype(float), True),
    "conversion of 5 %": (lambda dice: (dice.random(PEOPLE) < 0.05).astype(float), True),
    "conversion of 30 %": (lambda dice: (dice.random(PEOPLE) < 0.30).astype(float), True),
    "revenue, log-normal": (lambda dice: dice.lognormal(3, 1, PEOPLE), False),
}


def looks(drawn: np.ndarray, *, is_share: bool) -> list[Sample | None]:
    """What is known of a variant at each look; None where all are alike yet."""
    counts = np.arange(STEP, PEOPLE + 1, STEP)
    totals, squares = (np.cumsum(values)[counts - 1] for values in (drawn, drawn**2))
    means = totals / counts
    variances = means * (1 - means) if is_share else (squares - totals * means) / (counts - 1)
    return [
        Sample(int(count), float(mean), float(variance)) if variance > 0 else None
        for count, mean, variance in zip(counts, means, variances, strict=True)
    ]


def run(draw: Draw, dice: np.random.Generator, *, is_share: bool, level: float) -> tuple[bool, bool, bool, bool]:
    """Whether a difference was seen: always valid, fixed at any look, fixed at the last one, always valid by parts."""
    pairs = [
        (a, b)
        for a, b in zip(*(looks(draw(dice), is_share=is_share) for _ in "ab"), strict=True)
        if a is not None and b is not None
    ]
    always, parts = (
        any((effects.sequential(a, b, level=level, is_relative=relative).p or 0) < level for a, b in pairs)
        for relative in (False, True)
    )
    # Welch's quantile is that of the normal distribution here; by it, half a million tests take seconds.
    z = effects.NORMAL.inv_cdf(1 - level / 2)
    seen = []
    for a, b in pairs:
        value, variance = effects.difference(a, b, is_relative=False)
        seen.append(abs(value) > z * math.sqrt(variance))
    return always, any(seen), seen[-1], parts


def main() -> int:
    read = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    read.add_argument("--runs", type=int, default=2000)
    read.add_argument("--level", type=float, default=0.05)
    read.add_argument("--short", action="store_true", help="200 runs")
    asked = read.parse_args()
    runs = 200 if asked.short else asked.runs
    chance = 3 * math.sqrt(asked.level * (1 - asked.level) / runs) if asked.short else 0.0
    print(f"{runs} experiments without an effect, {PEOPLE // STEP} looks each, level {asked.level:.0%}\n")
    print(f"{'metric':24}{'sequential':>12}{'fixed, peeking':>16}{'fixed, once':>13}{'parts':>8}{'seconds':>9}")
    is_kept = True
    for number, (name, (draw, is_share)) in enumerate(METRICS.items()):
        began, dice = time.perf_counter(), np.random.default_rng(number)
        found = [run(draw, dice, is_share=is_share, level=asked.level) for _ in range(runs)]
        always, peeked, once, parts = (sum(one) / runs for one in zip(*found, strict=True))
        print(f"{name:24}{always:12.1%}{peeked:16.1%}{once:13.1%}{parts:8.1%}{time.perf_counter() - began:9.1f}")
        is_kept &= always <= asked.level + chance
    print(f"\nThe promise of at most {asked.level:.0%} {'holds' if is_kept else 'is broken'}.")
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
