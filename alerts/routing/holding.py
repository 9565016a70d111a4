"""What holds news back: silences, maintenance and inhibition. They act when people are told, never on a judgement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from alerts.models import Inhibition, Maintenance, Notice, Silence
from alerts.routing import matchers, windows
from alerts.routing.matchers import Matcher


@dataclass(frozen=True, slots=True)
class Hold:
    """Why nobody is told: what kind of thing it is, and which."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Mute:
    """A silence or a maintenance window that is on."""

    matchers: tuple[Matcher, ...]
    hold: Hold


@dataclass(frozen=True, slots=True)
class Barred:
    """An inhibition, and the labels of what is on and meets its source, by key of the notice."""

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...]
    sources: tuple[tuple[int, Mapping[str, str]], ...]
    hold: Hold


@dataclass(frozen=True, slots=True)
class Holds:
    """All that holds news of a project back at one moment."""

    mutes: Sequence[Mute] = ()
    barred: Sequence[Barred] = ()

    def of(self, key: int, labels: Mapping[str, str]) -> Hold | None:
        """What holds news of this notice back; None: people may hear."""
        for mute in self.mutes:
            if matchers.match(mute.matchers, labels):
                return mute.hold
        for one in self.barred:
            if is_inhibited(one, key, labels):
                return one.hold
        return None


def is_inhibited(one: Barred, key: int, labels: Mapping[str, str]) -> bool:
    """Whether a source of the same labels is on. What is source and target at once holds nothing of its kind back."""
    if not matchers.match(one.target, labels):
        return False
    is_both = matchers.match(one.source, labels)
    return any(
        other != key
        and all(found.get(name, "") == labels.get(name, "") for name in one.equal)
        and not (is_both and matchers.match(one.target, found))
        for other, found in one.sources
    )


def load(project_id: int, *, now: datetime) -> Holds:
    """What holds news of the project back now."""
    mutes = [_of_silence(one) for one in silences(project_id, now=now)]
    mutes += [_of_maintenance(one) for one in maintenance(project_id, now=now)]
    return Holds(mutes, _barred(project_id))


def silences(project_id: int, *, now: datetime) -> list[Silence]:
    """Those that last now."""
    return list(Silence.objects.filter(project_id=project_id, starts_at__lte=now, ends_at__gt=now))


def maintenance(project_id: int, *, now: datetime) -> list[Maintenance]:
    """Those that are open now."""
    ahead = Q(ends_at__gt=now) | Q(ends_at=None) | ~Q(cron="")
    begun = Maintenance.objects.filter(ahead, project_id=project_id, starts_at__lte=now)
    return [one for one in begun if windows.open_at(one, now) is not None]


def _of_silence(one: Silence) -> Mute:
    return Mute(matchers.of_pairs(one.matchers), Hold("silence", one.reason))


def _of_maintenance(one: Maintenance) -> Mute:
    return Mute(matchers.read(one.matchers), Hold("maintenance", one.name))


def _barred(project_id: int) -> list[Barred]:
    inhibitions = list(Inhibition.objects.filter(project_id=project_id))
    if not inhibitions:
        return []
    on = list(Notice.objects.filter(project_id=project_id, is_on=True).values_list("pk", "labels"))
    return [barred(one.name, one.source, one.target, one.equal, on) for one in inhibitions]


def barred(
    name: str, source: str, target: str, equal: Iterable[str], on: Iterable[tuple[int, Mapping[str, str]]]
) -> Barred:
    """The inhibition, with those of what is on that meet its source."""
    asked = matchers.read(source)
    sources = tuple((key, labels) for key, labels in on if matchers.match(asked, labels))
    return Barred(asked, matchers.read(target), tuple(equal), sources, Hold("inhibition", name))
