"""What a status page shows: components with their days, notices with their updates. Nothing that people did not write
for it, and no name of anything inside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce

from django.db.models import QuerySet

from alerts.incidents.status import days, states
from alerts.incidents.status.states import WORDS, Overall, Seconds, State
from alerts.models import StatusComponent, StatusDay, StatusNotice, StatusPage

RECENT = timedelta(days=15)
MOST_NOTICES = 50


@dataclass(frozen=True, slots=True)
class Day:
    """One bar, at `x`."""

    x: int
    colour: str
    words: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One component; `uptime` is over the days that are shown, None where nothing is known."""

    component: StatusComponent
    state: State
    words: str
    bars: tuple[Day, ...]
    uptime: float | None


@dataclass(frozen=True, slots=True)
class Status:
    """The whole page at a moment."""

    page: StatusPage
    overall: Overall
    components: tuple[Shown, ...]
    open: tuple[StatusNotice, ...]
    planned: tuple[StatusNotice, ...]
    past: tuple[StatusNotice, ...]


def public(slug: str) -> StatusPage | None:
    """The page at this address, if it is published."""
    return (
        StatusPage.objects.filter(slug=slug, is_published=True, project__deleted_at=None)
        .select_related("project")
        .first()
    )


def status(page: StatusPage, *, now: datetime, with_days: bool = True) -> Status:
    """Read what the page shows."""
    components = list(page.components.all())
    counted: dict[int, dict[date, StatusDay]] = {component.pk: {} for component in components}
    for component in components:
        component.page = page
    today = now.astimezone(days.zone_of(page.zone)).date()
    if with_days:
        first = today - timedelta(days=days.SHOWN - 1)
        for row in StatusDay.objects.filter(component__in=components, day__gte=first, day__lte=today):
            counted[row.component_id][row.day] = row
    shown = tuple(_shown(one, counted[one.pk], today, now=now) for one in components)
    unresolved = notices(page).filter(ended_at=None)
    incidents = tuple(unresolved.filter(kind=StatusNotice.Kind.INCIDENT)[:MOST_NOTICES])
    planned = tuple(unresolved.filter(kind=StatusNotice.Kind.MAINTENANCE).order_by("scheduled_for")[:MOST_NOTICES])
    past = tuple(notices(page).filter(ended_at__gt=now - RECENT)[:MOST_NOTICES])
    return Status(page, states.overall(one.state for one in shown), shown, incidents, planned, past)


def notices(page: StatusPage) -> QuerySet[StatusNotice]:
    """All notices, the latest first, with their updates."""
    return page.notices.prefetch_related("updates").order_by("-started_at", "-pk")


def notice(page: StatusPage, public_id: str) -> StatusNotice | None:
    return notices(page).filter(public_id=public_id).first()


def _shown(component: StatusComponent, counted: dict[date, StatusDay], today: date, *, now: datetime) -> Shown:
    state = days.present(component, now=now)
    bars, totals = [], []
    for place in range(days.SHOWN):
        day = today - timedelta(days=days.SHOWN - 1 - place)
        row = counted.get(day)
        of = seconds_of(row) if row else Seconds()
        totals.append(of)
        bars.append(Day(place * 4, states.colour(of), f"{day:%d %b %Y}: {said(of)}"))
    total = reduce(Seconds.plus, totals, Seconds())
    return Shown(component, state, WORDS[state], tuple(bars), states.uptime(total))


def seconds_of(row: StatusDay) -> Seconds:
    return Seconds(row.known, row.degraded, row.partial, row.major, row.maintenance)


def said(of: Seconds) -> str:
    """A day in words."""
    parts = [
        f"{name} for {_minutes(length)}"
        for name, length in (
            ("major outage", of.major), ("partial outage", of.partial), ("degraded", of.degraded),
            ("planned maintenance", of.maintenance),
        )
        if length >= states.SHORT
    ]  # fmt: skip
    if not of.known and not of.maintenance:
        return "no data"
    return ", ".join(parts) or "no trouble"


def _minutes(seconds: int) -> str:
    minutes = max(1, round(seconds / 60))
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def names(page: StatusPage, codes: Iterable[str]) -> Sequence[str]:
    """What components are called."""
    known = {one.public_id: one.name for one in page.components.all()}
    return [known[code] for code in codes if code in known]
