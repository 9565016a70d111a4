"""Probes as the pages show them: bars of their last looks and days, a line of their answers, words for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When

from alerts.models import Probe, ProbeLook, ProbeSpan, ProbeState
from alerts.probes import checks, reports, telling, uptime
from alerts.probes.reports import Line
from alerts.probes.uptime import Interval, Stretch, Uptime
from alerts.schedule import spoken
from dashboard.charts import sparklines
from dashboard.frame.formatting import duration, percent
from dashboard.pages.alerts.presenting import draw
from dashboard.reading import zones
from events.models import Project

BARS = 90
BAR_WIDTH, BAR_HEIGHT = 3, 22
DAYS = 90
PHASES = (
    ("dns", "Name"), ("connect", "Connection"), ("tls", "TLS"), ("first_byte", "First byte"), ("rest", "Rest"),
)  # fmt: skip
STEPS, STEP = 96, timedelta(minutes=15)
CHART_HEIGHT = 120
_GRAVITY = ("down", "up", "new", "paused")
# The latest looks of each probe by its index.
_LATEST = """
SELECT look.* FROM unnest(%s::bigint[]) AS probe(id) CROSS JOIN LATERAL (
    SELECT id, probe_id, status, at, total_ms, words FROM alerts_probelook
    WHERE probe_id = probe.id ORDER BY at DESC, id DESC LIMIT %s) AS look
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """One look, or one day, drawn at `x`."""

    x: int
    y: float
    height: float
    tone: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """A probe in the list."""

    probe: Probe
    state: ProbeState
    target: str
    bars: tuple[Bar, ...]
    line: str
    latest: str
    share: str
    certificate: str
    certificate_tone: str
    following: str
    is_unknown: bool


@dataclass(frozen=True, slots=True)
class Phase:
    """One part of the answers along a day, as one path."""

    name: str
    title: str
    path: str


@dataclass(frozen=True, slots=True)
class PhaseChart:
    phases: tuple[Phase, ...]
    highest: str
    first: str
    last: str
    words: str
    width: int = STEPS * 8
    height: int = CHART_HEIGHT


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the table of periods."""

    words: str
    share: str
    down: str
    looks: str
    p50: str
    p95: str
    p99: str


def listed(project: Project) -> QuerySet[ProbeState]:
    """What is down first, then by name."""
    gravity = Case(
        *(When(status=name, then=Value(place)) for place, name in enumerate(_GRAVITY)), output_field=IntegerField()
    )
    states = ProbeState.objects.filter(probe__project=project).select_related("probe").defer("probe__secrets")
    return states.order_by(gravity, "probe__name", "pk")


def rows(states: Sequence[ProbeState], *, now: datetime) -> list[Row]:
    """These, in their order."""
    looks = latest_looks([state.probe_id for state in states])
    known = reports.stretches(states, since=now - reports.LONGEST, now=now)
    planned = reports.planned(states, since=now - reports.LONGEST, now=now)
    return [
        _row(state, looks.get(pk, []), known.get(pk, []), planned.get(pk, []), now=now)
        for state in states
        for pk in (state.probe_id,)
    ]


def latest_looks(probes: Sequence[int]) -> dict[int, list[ProbeLook]]:
    """The last BARS looks of each probe, the oldest first."""
    found: dict[int, list[ProbeLook]] = {}
    for look in ProbeLook.objects.raw(_LATEST, [list(probes), BARS]):
        found.setdefault(look.probe_id, []).append(look)
    return {pk: sorted(looks, key=lambda look: (look.at, look.pk)) for pk, looks in found.items()}


def detail(probe: Probe, *, now: datetime) -> dict[str, Any]:
    """What the page of one probe shows, besides its looks."""
    state = probe.state
    known = reports.stretches([state], since=now - reports.LONGEST, now=now).get(probe.pk, [])
    planned = reports.planned([state], since=now - reports.LONGEST, now=now).get(probe.pk, [])
    looks = latest_looks([probe.pk]).get(probe.pk, [])
    return {
        "row": _row(state, looks, known, planned, now=now),
        "check": described(probe),
        "periods": [_told(line) for line in reports.lines(probe, known, now=now, excluded=planned)],
        "days": day_bars(uptime.by_day(known, end=now, days=DAYS, zone=UTC, excluded=planned)),
        "phases": phase_chart(probe, now=now),
        "drawing": draw(reports.answers_along(probe, 30 * reports.DAY, timedelta(hours=6), now=now), None, "ms"),
        "outages": outages(probe, now=now),
    }


def described(probe: Probe) -> list[tuple[str, str]]:
    """What is looked at and what a good answer is, without a secret."""
    config = probe.config
    match = f"{'not ' if config.get('is_negated') else ''}{'the pattern ' if config.get('is_pattern') else ''}"
    document = f"{config.get('json_path', '')} {'is ' + config['json_value'] if config.get('json_value') else ''}"
    ends = ", ".join(str(days) for days in config.get("warn_days", ()))
    told = [
        ("Looked at", checks.words(checks.stored(probe.kind, probe.target, probe.timeout_seconds, config, {}))),
        ("Every", f"{spoken(probe.interval_seconds)}, within {spoken(probe.timeout_seconds)}"),
        ("Good statuses", config.get("expected_status", "")),
        ("Redirects", f"up to {config['max_redirects']}" if config.get("max_redirects") else ""),
        ("Headers", ", ".join(probe.header_names)),
        ("Says first", config.get("send", "")),
        ("The answer has", f"{match}{config['match']}" if config.get("match") else ""),
        ("In the document", document.strip()),
        ("There must be", ", ".join(config.get("expected", ())) + (", no others" if config.get("is_exact") else "")),
        ("Certificate", f"told {ends} days before its end" if ends else ""),
        ("Down", f"after {probe.failure_threshold} failures in a row, up after {probe.recovery_threshold} good looks"),
    ]
    return [(label, value) for label, value in told if value]


def look_bars(looks: Sequence[ProbeLook]) -> tuple[Bar, ...]:
    """As high as they took long; what failed and what is unknown as high as there is room."""
    longest = max((look.total_ms or 0 for look in looks if look.status == "up"), default=0) or 1
    found = []
    for place, look in enumerate(looks, BARS - len(looks)):
        is_whole = look.status != "up" or look.total_ms is None
        height = BAR_HEIGHT if is_whole else round(BAR_HEIGHT * (0.3 + 0.7 * (look.total_ms or 0) / longest), 1)
        words = f"{zones.stamp(look.at)}: {look.words or look.get_status_display()}"
        if look.total_ms is not None:
            words += f" {duration(look.total_ms)}"
        found.append(Bar(place * BAR_WIDTH, round(BAR_HEIGHT - height, 1), height, str(look.status), words))
    return tuple(found)


def day_bars(days: Sequence[tuple[datetime, Uptime]]) -> tuple[Bar, ...]:
    """One bar a day: four colours by minutes, grey for what nobody looked at."""
    found = []
    for place, (at, known) in enumerate(days):
        if known.share is None:
            tone, words = "none", "no data"
        else:
            minutes = known.down / timedelta(minutes=1)
            tone = "up" if not minutes else "little" if minutes < 10 else "some" if minutes < 60 else "down"
            words = f"{percent(known.share)} up"
            if minutes:
                words += f", down for {spoken(int(known.down.total_seconds()))}"
        found.append(Bar(place * 8, 0, 34, tone, f"{at:%Y-%m-%d}: {words}"))
    return tuple(found)


def phase_chart(probe: Probe, *, now: datetime) -> PhaseChart | None:
    """Where the time of the answers of the last day went, the mean of each quarter of an hour; None without any."""
    start = now - STEPS * STEP
    sums: list[dict[str, float]] = [dict.fromkeys(dict(PHASES), 0.0) for _ in range(STEPS)]
    counts = [0] * STEPS
    looks = probe.looks.filter(at__gt=start, at__lte=now, status="up").order_by()
    for look in looks.only("at", "dns_ms", "connect_ms", "tls_ms", "first_byte_ms", "total_ms")[:5000]:
        place = min(STEPS - 1, int((look.at - start) / STEP))
        parts = {name: getattr(look, f"{name}_ms") or 0.0 for name, _ in PHASES[:-1]}
        parts["rest"] = max(0.0, (look.total_ms or 0.0) - sum(parts.values()))
        counts[place] += 1
        for name, value in parts.items():
            sums[place][name] += value
    means = [
        {name: value / count for name, value in one.items()} if count else {}
        for one, count in zip(sums, counts, strict=True)
    ]
    highest = max((sum(one.values()) for one in means), default=0.0)
    if not highest:
        return None
    whole = {name: sum(one[name] for one in sums) / sum(counts) for name, _ in PHASES}
    words = ", ".join(f"{title.lower()} {duration(whole[name])}" for name, title in PHASES if whole[name] >= 0.05)
    return PhaseChart(_stacked(means, highest), duration(highest), zones.minute(start), zones.minute(now), words)


def outages(probe: Probe, *, now: datetime) -> list[tuple[datetime, str, str]]:
    """The last times it was down: since when, for how long, why."""
    found = []
    state = probe.state
    if state.status == ProbeState.Status.DOWN and state.since:
        found.append((state.since, f"{spoken(int((now - state.since).total_seconds()))} so far", state.words))
    for span in ProbeSpan.objects.filter(probe=probe, status="down")[:20]:
        found.append((span.start, spoken(int((span.end - span.start).total_seconds())), span.words))
    return found


def looks_of(probe: Probe) -> QuerySet[ProbeLook]:
    return probe.looks.order_by("-at", "-pk")


def _row(
    state: ProbeState,
    looks: Sequence[ProbeLook],
    known: Sequence[Stretch],
    planned: Sequence[Interval],
    *,
    now: datetime,
) -> Row:
    probe = state.probe
    answered = [look.total_ms for look in looks if look.status == "up" and look.total_ms is not None]
    certificate, tone = _certificate(state, now=now)
    return Row(
        probe,
        state,
        telling.plain_target(probe.kind, probe.target),
        look_bars(looks),
        sparklines.line(answered),
        duration(answered[-1]) if answered else "–",
        percent(reports.share(known, reports.LONGEST, now=now, excluded=planned).share),
        certificate,
        tone,
        _following(state, now=now),
        bool(looks) and looks[-1].status == ProbeLook.Status.UNKNOWN,
    )


def _following(state: ProbeState, *, now: datetime) -> str:
    """When it is looked at next; a look that goes on has moved that moment behind its end."""
    if state.next_at is None:
        return "–"
    seconds = int((state.next_at - now).total_seconds())
    return "now" if state.claim or seconds <= 0 else f"in {spoken(seconds)}"


def _certificate(state: ProbeState, *, now: datetime) -> tuple[str, str]:
    ends = state.certificate_ends_at
    if ends is None:
        return "–", ""
    days = (ends - now) / timedelta(days=1)
    if days <= 0:
        return "ended", "bad"
    thresholds = state.probe.config.get("warn_days") or [21]
    tone = "bad" if days <= min(thresholds) else "warn" if days <= max(thresholds) else ""
    return (f"{days:.0f} d" if days >= 2 else f"{days * 24:.0f} h"), tone


def _told(line: Line) -> Told:
    answers = line.answers
    return Told(
        line.words,
        percent(line.uptime.share, digits=3),
        spoken(int(line.uptime.down.total_seconds())) if line.uptime.down else "–",
        f"{line.looks:,}",
        *(duration(answers.quantile(q)) for q in (0.5, 0.95, 0.99)),
    )


def _stacked(means: Sequence[dict[str, float]], highest: float) -> tuple[Phase, ...]:
    floors = [0.0] * len(means)
    found = []
    for name, title in PHASES:
        drawn = []
        for place, one in enumerate(means):
            tall = CHART_HEIGHT * one.get(name, 0.0) / highest
            if tall:
                drawn.append((place * 8.0, round(CHART_HEIGHT - floors[place] - tall, 2), 7.0, round(tall, 2)))
                floors[place] += tall
        if drawn:
            found.append(Phase(name, title, sparklines.outline(drawn)))
    return tuple(found)
