"""Web vitals in words: values with their units, shares as bars, routes in three bands. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from analytics.questions.vitals.cuts import VitalCut
from analytics.questions.vitals.vitals import CountryVital, RouteVital, Vital
from analytics.statistics.comparisons import ENOUGH
from analytics.statistics.scores import Part, Score
from dashboard.frame import measures
from dashboard.frame.comparison import Compared
from dashboard.frame.measures import Change
from dashboard.frame.vital_formatting import NAMES, said

_BANDS = (
    ("poor", "Poor", "bad"),
    ("needs-improvement", "Needs improvement", "warn"),
    ("good", "Good", "good"),
    ("", "Too few samples", ""),
)
_FILLS = (("good", "good"), ("needs-improvement", "needs"), ("poor", "poor"))
_TONES = {rating: tone for rating, _, tone in _BANDS}
_WORDS = {rating: title for rating, title, _ in _BANDS}


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar of 100: what fills it, where it begins, how wide it is."""

    fill: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Card:
    """One metric on top of the page; `note` is set when samples are too few for a verdict."""

    metric: str
    name: str
    value: str
    verdict: str
    tone: str
    delta: Change
    shares: list[Segment]
    sentence: str
    count: int
    note: str


@dataclass(frozen=True, slots=True)
class Band:
    title: str
    tone: str
    routes: list[tuple[RouteVital, str, Change]]


def card(vital: Vital, *, against: Compared) -> Card:
    """One metric with its verdict, its change and its shares."""
    few = 0 < vital.count < ENOUGH
    shares = {rating: vital.shares.get(rating, 0.0) for rating, _ in _FILLS}
    return Card(
        metric=vital.metric,
        name=NAMES[vital.metric],
        value=said(vital.metric, vital.value),
        verdict="" if few or not vital.count else _WORDS.get(vital.rating, ""),
        tone="" if few else _TONES.get(vital.rating, ""),
        delta=measures.change(vital.comparison, against=against),
        shares=segments(shares.values()),
        sentence=", ".join(f"{share:.0%} {_WORDS[rating].lower()}" for rating, share in shares.items()),
        count=vital.count,
        note=f"too few samples ({vital.count} of {ENOUGH})" if few else "",
    )


def segments(shares: Iterable[float]) -> list[Segment]:
    """Good, needs and poor side by side."""
    found, x = [], 0.0
    for (_, fill), share in zip(_FILLS, shares, strict=True):
        if share > 0:
            found.append(Segment(fill, round(x, 2), round(100 * share, 2)))
        x += 100 * share
    return found


def of(metric: str, routes: Iterable[RouteVital], *, against: Compared) -> list[Band]:
    """The routes by band with their values and changes, poor first; an empty band stays, but not that of too few."""
    listed = list(routes)
    found = []
    for rating, title, tone in _BANDS:
        held = [
            (one, said(metric, one.value), measures.change(one.comparison, against=against))
            for one in listed
            if one.rating == rating
        ]
        if held or rating:
            found.append(Band(title, tone, held))
    return found


def countries(metric: str, found: Iterable[CountryVital]) -> list[tuple[CountryVital, str, str, str]]:
    """(country, its value in words, its band in words, the badge's tone); too few samples make no band."""
    return [(one, said(metric, one.value), _WORDS[one.rating], _TONES[one.rating]) for one in found]


def cuts(metric: str, found: Iterable[VitalCut]) -> list[tuple[VitalCut, str, str, str]]:
    """The same of any other column."""
    return [(one, said(metric, one.value), _WORDS[one.rating], _TONES[one.rating]) for one in found]


def parts(score: Score | None) -> list[tuple[Part, str, int, int]]:
    """(part, its value in words, its own points, its weight in percent), the heaviest first."""
    if score is None:
        return []
    ordered = sorted(score.parts, key=lambda part: (-part.weight, part.metric))
    return [
        (part, said(part.metric, part.value), round(100 * part.score), round(100 * part.weight)) for part in ordered
    ]
