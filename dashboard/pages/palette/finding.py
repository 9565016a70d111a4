"""What a word finds in a project: issues, endpoints, statements, releases, hosts, flags, and a person by an id."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse

from analytics.engine import EngineError
from analytics.models import Flag
from analytics.periods import Period
from analytics.questions.hosts import host_names
from analytics.questions.performance import statements
from events.facts.dimensions import OTHER
from events.models import DimensionValue, Issue, Project
from events.persons import reading
from events.values.texts import one_line

MOST = 6
"""Of each kind."""
SHORTEST = 2
_LONGEST = 100
# Statements and hosts are looked for in what was sent so lately; both are asked of facts, not of rows.
_LATELY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Hit:
    """One line of the palette; `icon` is a symbol of static/dashboard/icons."""

    title: str
    url: str
    note: str
    icon: str


@dataclass(frozen=True, slots=True)
class Found:
    """`unanswered` names the kinds that could not be asked in time."""

    hits: list[Hit]
    unanswered: list[str]


Finder = Callable[[Project, str, datetime], list[Hit]]


def find(project: Project, text: str, *, sees_persons: bool, now: datetime) -> Found:
    """At most MOST of each kind; nothing for less than SHORTEST signs. Persons only for those who may see them."""
    words = text.replace("\x00", "").strip()[:_LONGEST]
    found = Found([], [])
    if len(words) < SHORTEST:
        return found
    finders = {**FINDERS, "persons": _persons} if sees_persons else FINDERS
    for kind, finder in finders.items():
        try:
            found.hits.extend(finder(project, words, now))
        except EngineError:
            found.unanswered.append(kind)
    return found


def _issues(project: Project, text: str, now: datetime) -> list[Hit]:
    """By title and culprit; those that are open first, then the last seen."""
    named = Q(title__icontains=text) | Q(culprit__icontains=text)
    found = list(Issue.objects.filter(named, project=project).order_by("-last_seen_at", "-pk")[: 2 * MOST])
    found.sort(key=lambda one: one.status != Issue.Status.UNRESOLVED)
    return [
        Hit(
            one.title[:120],
            reverse("dashboard:issue", args=[project.slug, one.pk]),
            f"{one.level} · {one.status}{f' · {one.culprit}' if one.culprit else ''}"[:100],
            "bug",
        )
        for one in found[:MOST]
    ]


def _endpoints(project: Project, text: str, now: datetime) -> list[Hit]:
    known = DimensionValue.objects.filter(dimension__project=project, dimension__name="requests.route")
    routes = known.filter(value__icontains=text).exclude(value=OTHER).order_by("-seen_on", "value")
    page = reverse("dashboard:endpoint", args=[project.slug])
    return [
        Hit(route, f"{page}?{urlencode({'route': route})}", "endpoint", "gauge")
        for route in routes.values_list("value", flat=True)[:MOST]
    ]


def _statements(project: Project, text: str, now: datetime) -> list[Hit]:
    found = statements.statements(project, text=text, period=Period(now - _LATELY, now), most=MOST)
    return [
        Hit(
            one_line(one.statement)[:160],
            reverse("dashboard:query", args=[project.slug, one.fingerprint]),
            "query",
            "database",
        )
        for one in found
    ]


def _releases(project: Project, text: str, now: datetime) -> list[Hit]:
    versions = project.releases.filter(version__icontains=text).order_by("-id").values_list("version", flat=True)
    return [
        Hit(version, reverse("dashboard:release", args=[project.slug, version]), "release", "rocket")
        for version in versions[:MOST]
    ]


def _hosts(project: Project, text: str, now: datetime) -> list[Hit]:
    page = reverse("dashboard:resources", args=[project.slug])
    names = host_names.host_names(project, period=Period(now - _LATELY, now), now=now)
    matching = [name for name in names if text.casefold() in name.casefold()]
    return [Hit(name, page, "host", "server") for name in matching[:MOST]]


def _flags(project: Project, text: str, now: datetime) -> list[Hit]:
    named = Q(key__icontains=text) | Q(description__icontains=text)
    found = Flag.objects.filter(named, project=project, archived_at__isnull=True).order_by("key")
    return [
        Hit(
            flag.key,
            reverse("dashboard:flag", args=[project.slug, flag.pk]),
            f"flag · {'on' if flag.is_active else 'off'}",
            "flag",
        )
        for flag in found[:MOST]
    ]


def _persons(project: Project, text: str, now: datetime) -> list[Hit]:
    """The one whose id this is, whole: ids are kept as pseudonyms, which no part of one finds."""
    person = reading.person_with(project, text)
    if person is None:
        return []
    return [Hit(text, reverse("dashboard:person", args=[project.slug, person.uuid]), "person", "users")]


FINDERS: dict[str, Finder] = {
    "issues": _issues,
    "endpoints": _endpoints,
    "releases": _releases,
    "flags": _flags,
    "hosts": _hosts,
    "queries": _statements,
}
