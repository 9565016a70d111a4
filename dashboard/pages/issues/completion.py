"""What may stand next in a search: fields and values, from the grammar, the project's rows and its newest errors."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db.models import Count, F

from analytics.engine import EngineError
from analytics.periods import Period
from analytics.questions.errors import tag_facets
from events.issues.search import FIELDS, LEVELS, PRIORITIES, STATES
from events.issues.search.completing import Word, written, written_key
from events.issues.search.terms import is_plain
from events.models import Issue, Project, Release

MOST = 12
_RECENT = timedelta(days=1)
_NEWEST = 20_000
NOTES = {
    "is": "its state", "has": "a field or tag is there", "level": "how bad", "priority": "how urgent",
    "release": "seen in it", "environment": "seen in it", "user": "who met it", "user.id": "who met it",
    "user.email": "who met it", "user.username": "who met it", "url": "the page", "assigned": "who works on it",
    "bookmarks": "whose",
    "message": "in its text", "transaction": "the endpoint", "error.type": "the exception",
    "error.value": "its message", "platform": "the language", "firstSeen": "a time", "lastSeen": "a time",
    "timesSeen": "a number", "users": "a number",
}  # fmt: skip
_TIMES = (("-1h", "within an hour"), ("-24h", "within a day"), ("-7d", "within a week"), ("+7d", "longer ago"))
_NUMBERS = ((">10", ""), (">100", ""), (">1000", ""), ("1", "once"))


@dataclass(frozen=True, slots=True)
class Option:
    """What is put in place of the word, and what is said beside it."""

    text: str
    note: str = ""


def options(project: Project, word: Word, *, now: datetime) -> list[Option]:
    """At most MOST ways to go on, those that begin with what is written first."""
    if not word.key:
        if not word.prefix:
            return []
        fields = [Option(f"{name}:", NOTES[name]) for name in FIELDS]
        found = _matching(fields, word.prefix)
        return found if len(found) > MOST - 4 else [*found, *_tags(project, word.prefix, now=now)][:MOST]
    if word.is_tag or word.key not in FIELDS:
        return _quoted(_tag_values(project, word.key, now=now), word.prefix)
    return _OF[word.key](project, word.prefix) if word.key in _OF else []


def _matching(found: Iterable[Option], prefix: str) -> list[Option]:
    """Those that hold what is written, in their order; those that begin with it first."""
    wanted = prefix.lower()
    held = [one for one in found if wanted in one.text.lower()]
    return sorted(held, key=lambda one: not one.text.lower().startswith(wanted))[:MOST]


def _quoted(values: Iterable[str], prefix: str, note: str = "") -> list[Option]:
    found = _matching((Option(value, note) for value in values), prefix)
    return [Option(written(one.text), one.note) for one in found]


def _known(pairs: Iterable[tuple[str, str]]) -> Callable[[Project, str], list[Option]]:
    listed = [Option(text, note) for text, note in pairs]
    return lambda project, prefix: _matching(listed, prefix)


def _releases(project: Project, prefix: str) -> list[Option]:
    found = Release.objects.filter(project=project, version__icontains=prefix).order_by("-id")
    latest = [Option("latest", "the last release")] if "latest".startswith(prefix.lower()) else []
    return [*latest, *_quoted(found.values_list("version", flat=True)[:MOST], prefix)][:MOST]


def _environments(project: Project, prefix: str) -> list[Option]:
    return _quoted(project.environments.values_list("name", flat=True)[:100], prefix)


def _people(project: Project, prefix: str) -> list[Option]:
    members = get_user_model().objects.filter(memberships__project=project, is_active=True).order_by("username")
    named = _quoted(members.values_list("username", flat=True)[:200], prefix)
    return [*_matching([Option("me", "you"), Option("none", "nobody")], prefix), *named][:MOST]


def _bookmarkers(project: Project, prefix: str) -> list[Option]:
    return [one for one in _people(project, prefix) if one.text != "none"]


def _column(name: str) -> Callable[[Project, str], list[Option]]:
    """The most frequent values of a column of issues."""

    def of(project: Project, prefix: str) -> list[Option]:
        found = Issue.objects.filter(project=project, **{f"{name}__icontains": prefix}).exclude(**{name: ""})
        counted = found.values(value=F(name)).annotate(count=Count("pk")).order_by("-count", "value")[:MOST]
        return _quoted((row["value"] for row in counted), prefix)

    return of


_OF: dict[str, Callable[[Project, str], list[Option]]] = {
    "is": _known((state, "") for state in STATES),
    "level": _known((level, "") for level in LEVELS),
    "priority": _known((priority, "") for priority in PRIORITIES),
    "has": _known((name, NOTES[name]) for name in ("user", "release", "environment", "url", "transaction", "assigned")),
    "firstSeen": _known(_TIMES),
    "lastSeen": _known(_TIMES),
    "timesSeen": _known(_NUMBERS),
    "users": _known(_NUMBERS),
    "release": _releases,
    "environment": _environments,
    "assigned": _people,
    "bookmarks": _bookmarkers,
    "error.type": _column("type"),
    "platform": _column("platform"),
}


def _tags(project: Project, prefix: str, *, now: datetime) -> list[Option]:
    found = _facets(project, (), top=1, now=now)
    named = [Option(one.tag, f"tag of {one.total:,} errors") for one in found if one.tag not in FIELDS]
    shown = (one for one in _matching(named, prefix) if is_plain(one.text) or one.text.isprintable())
    return [Option(written_key(one.text), one.note) for one in shown]


def _tag_values(project: Project, tag: str, *, now: datetime) -> list[str]:
    return [value.value for one in _facets(project, (tag,), top=100, now=now) for value in one.values]


def _facets(project: Project, tags: tuple[str, ...], *, top: int, now: datetime) -> tuple[tag_facets.Facet, ...]:
    """Tags of the newest errors; none when they cannot be read: the search works without."""
    try:
        return tag_facets.tag_facets(
            project, period=Period(now - _RECENT, now), tags=tags, top=top, most=100, newest=_NEWEST
        )
    except EngineError:
        return ()
