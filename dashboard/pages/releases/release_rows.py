"""Releases with how they compare with the one before."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analytics.questions.releases.release_health import Health, ReleaseHealth
from analytics.questions.releases.releases_compared import ReleaseCompared
from analytics.statistics import comparisons
from analytics.statistics.comparisons import Comparison
from dashboard.frame import formatting, measures
from dashboard.frame.vital_formatting import said
from events.models import Release


@dataclass(frozen=True, slots=True)
class Cell:
    """One number of a release; `delta` is how it differs from the release before, with a tone if that is clear."""

    name: str
    value: str
    delta: str = ""
    tone: str = ""
    sign: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A release with its numbers; `before` is the version it is compared with, empty for the first."""

    release: Release
    before: str
    health: ReleaseHealth | None
    cells: Sequence[Cell]
    errors: int | None = None  # None where it could not be read

    @property
    def tone(self) -> str:
        """bad where anything is clearly worse, good where something is better and nothing worse."""
        tones = {cell.tone for cell in self.cells}
        return "bad" if "bad" in tones else "good" if "good" in tones else ""

    @property
    def verdict(self) -> str:
        """What may be said of it in one sentence."""
        if not self.before:
            return "The first release: there is none to compare it with."
        named = {
            tone: ", ".join(_within(cell.name) for cell in self.cells if cell.tone == tone) for tone in ("bad", "good")
        }
        said = [f"{words}: {named[tone]}" for tone, words in (("bad", "worse"), ("good", "better")) if named[tone]]
        if said:
            text = f"Clearly {'; clearly '.join(said)}"
            return f"{text}; against {self.before}."
        if any(cell.delta for cell in self.cells):
            return f"No clear difference from {self.before}."
        return f"Nothing was measured yet to compare with {self.before}."


def rows(
    releases: Sequence[Release],
    before: Mapping[str, str],
    *,
    health: Mapping[str, ReleaseHealth],
    compared: Mapping[str, ReleaseCompared],
    errors: Mapping[str, int] | None = None,
    is_long: bool = False,
) -> list[Row]:
    """The releases, each with the version that `before` has for it."""
    found = [
        _row(
            release, before.get(release.version, ""), health=health, compared=compared[release.version],
            is_long=is_long,
        )
        for release in releases
    ]  # fmt: skip
    return found if errors is None else [replace(row, errors=errors.get(row.release.version, 0)) for row in found]


def _row(
    release: Release,
    version: str,
    *,
    health: Mapping[str, ReleaseHealth],
    compared: ReleaseCompared,
    is_long: bool,
) -> Row:
    own, old = (_health(health.get(name)) for name in (release.version, version))
    sessions = comparisons.shares(own.sessions - own.crashed, own.sessions, old.sessions - old.crashed, old.sessions)
    users = comparisons.shares(own.users - own.crashed_users, own.users, old.users - old.crashed_users, old.users)
    numbers: tuple[tuple[str, Comparison, Callable[[Any], str], bool], ...] = (
        ("Crash-free sessions", sessions, formatting.percent, False),
        ("Crash-free users", users, formatting.percent, False),
        ("Failed requests", compared.failures, formatting.percent, True),
        ("p95", compared.p95, formatting.duration, True),
        ("LCP p75", compared.lcp, lambda value: said("LCP", value), True),
    )
    return Row(
        release,
        version,
        health.get(release.version),
        [_cell(*number, before=version, is_long=is_long) for number in numbers],
    )


def _cell(
    name: str, found: Comparison, write: Callable[[Any], str], less_is_better: bool, *, before: str, is_long: bool
) -> Cell:
    """A share or duration, and that of the release before with what may be said of the difference."""
    if found.value is None:
        return Cell(name, "–")
    if found.before is None or not before:
        return Cell(name, write(found.value))
    earlier = f"{write(found.before)} in {before}" if is_long else f"before: {write(found.before)}"
    if not found.enough:
        told = f"{earlier}; too few samples to tell"
        return Cell(name, write(found.value), told if is_long else earlier, sentence=told)
    tone = "" if found.direction == 0 else "good" if (found.direction < 0) == less_is_better else "bad"
    verdict = {"good": "clearly better", "bad": "clearly worse"}.get(tone, "no clear change")
    told = f"{earlier}; {verdict}"
    shown = told if is_long and tone else earlier
    return Cell(name, write(found.value), shown, tone, measures.arrow(found.direction), told)


def _within(name: str) -> str:
    """A name inside a sentence: `crash-free users`, but p95 and LCP."""
    return name if name[:2].isupper() else f"{name[0].lower()}{name[1:]}"


def adoption(own: Sequence[int], everybody: Sequence[int]) -> list[float]:
    """The percent of all sessions that were of a release, by bucket; 0 where there was none."""
    return [100 * part / whole if whole else 0.0 for part, whole in zip(own, everybody, strict=True)]


def _health(found: ReleaseHealth | None) -> Health:
    return found.health if found else Health()
