"""The rules of grouping that a project's people write: kept by version, tried before they are saved, then in force.

A version is never changed. Where rules of stacks give other hashes, the first error of a new group is looked up under
the hashes that the versions before gave it, so that no issue splits; what a fingerprint rule names is an issue of its
own from its first error on.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import ndiff
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from events.accounts import audit
from events.ingest import payloads
from events.issues import grouping
from events.issues.grouping import rules
from events.issues.grouping.rules import Ruleset
from events.models import GroupingRules, Issue, IssueGroup, Occurrence, Project

# Versions before the present one that errors are looked up under.
BEFORE = 5
# Kept events that rules are tried against, the newest of all.
TRIED = 500
# Changes that are told one by one, and lines of a change in the audit trail.
TOLD = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """The rules in force, and those before them, newest first. Version 0 is of no rules."""

    version: int = 0
    ruleset: Ruleset = rules.NONE
    before: tuple[Ruleset, ...] = ()
    fingerprints: str = ""
    stacks: str = ""


@dataclass(slots=True)
class Rules:
    """The standing rules of the projects of one batch, asked for once each."""

    _known: dict[int, Standing] = field(default_factory=dict)

    def of(self, project_id: int) -> Standing:
        if project_id not in self._known:
            self._known[project_id] = standing(project_id)
        return self._known[project_id]


@dataclass(frozen=True, slots=True)
class Change:
    """What would become of issues: "merged" into one, "split" into several, or "moved" as a whole."""

    kind: str
    title: str
    issues: tuple[Issue, ...]
    events: int
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Trial:
    """What rules would do to events of the past: how many were tried, how many would be grouped otherwise."""

    tried: int
    regrouped: int
    changes: tuple[Change, ...]
    # How many events each fingerprint rule matched, by its line.
    matched: Mapping[int, int]


def standing(project_id: int) -> Standing:
    """The rules in force now."""
    rows = list(GroupingRules.objects.filter(project_id=project_id).order_by("-version")[: 1 + BEFORE])
    if not rows:
        return Standing()
    newest, *older = (_read(row) for row in rows)
    return Standing(rows[0].version, newest, tuple(older), rows[0].fingerprints, rows[0].stacks)


def history(project: Project) -> list[GroupingRules]:
    """All versions, the newest first."""
    return list(GroupingRules.objects.filter(project=project).select_related("made_by").order_by("-version")[:100])


def save(
    project: Project, *, fingerprints: str, stacks: str, based_on: int | None = None, actor: Any, now: datetime
) -> Standing:
    """A new version, in force from the next batch on. Raises ValidationError that names each line that is no rule.

    `based_on` is the version that was changed: where another was saved meanwhile, nothing is.
    """
    _checked(fingerprints, stacks)
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        current = standing(project.pk)
        if based_on is not None and based_on != current.version:
            raise ValidationError(f"Version {current.version} was saved meanwhile; look at it and change that one.")
        if (fingerprints, stacks) == (current.fingerprints, current.stacks):
            return current
        made = GroupingRules.objects.create(
            project=project, version=current.version + 1, fingerprints=fingerprints, stacks=stacks, made_at=now,
            made_by=actor if getattr(actor, "pk", None) else None,
        )  # fmt: skip
        detail = {
            "version": made.version,
            "fingerprint_rules": _difference(current.fingerprints, fingerprints),
            "stack_trace_rules": _difference(current.stacks, stacks),
        }
        audit.record("grouping_rules.change", actor=actor, project=project, obj=made, detail=detail, now=now)
    return standing(project.pk)


def try_out(project: Project, *, fingerprints: str, stacks: str, most: int = TRIED) -> Trial:
    """What the rules would do to the newest kept events. Raises ValidationError as `save` does; changes nothing."""
    draft = _checked(fingerprints, stacks)
    now = standing(project.pk).ruleset
    rows = (
        Occurrence.objects.filter(project=project).select_related("group__issue").order_by("-pk")[:most].iterator(100)
    )
    matched: Counter[int] = Counter()
    found: list[_Regrouped] = []
    regrouped = 0
    for row in rows:
        event = payloads.unpack(bytes(row.payload))
        old, new = grouping.group(event, now), grouping.group(event, draft)
        if (rule := draft.fingerprint(event)) is not None and new.is_ruled:
            matched[rule.line] += 1
        is_other = old.hash != new.hash
        regrouped += is_other
        found.append(_Regrouped(row.group.issue, new if is_other else None))
    return Trial(len(found), regrouped, tuple(_changes(project, found)[:TOLD]), dict(sorted(matched.items())))


@dataclass(frozen=True, slots=True)
class _Regrouped:
    """An event of an issue, and how it would be grouped if otherwise than today."""

    issue: Issue
    new: grouping.Grouping | None


def _changes(project: Project, found: Sequence[_Regrouped]) -> list[Change]:
    """What the events' ways say of issues. An event goes to the issue that has its new group; without one to a new
    issue if a fingerprint rule names it, else it stays, and takes along who comes to the same group."""
    hashes = {UUID(bytes=one.new.hash) for one in found if one.new}
    groups = IssueGroup.objects.filter(project=project, hash__in=hashes).select_related("issue")
    homes = {group.hash: group.issue for group in groups}
    issues = {one.issue.pk: one.issue for one in found} | {issue.pk: issue for issue in homes.values()}
    first: dict[UUID, int] = {}
    arrivals: defaultdict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    titles: dict[tuple[str, str], str] = {}
    for one in found:
        place, title = ("issue", str(one.issue.pk)), one.issue.title
        if one.new:
            key = UUID(bytes=one.new.hash)
            if key in homes:
                place, title = ("issue", str(homes[key].pk)), homes[key].title
            elif one.new.is_ruled:
                place, title = ("new", key.hex), one.new.title
            else:
                place = ("issue", str(first.setdefault(key, one.issue.pk)))
                title = issues[int(place[1])].title
        arrivals[place][one.issue.pk] += 1
        titles[place] = title
    changes = []
    ways: defaultdict[int, set[tuple[str, str]]] = defaultdict(set)
    for place, came in arrivals.items():
        for pk in came:
            ways[pk].add(place)
        here = {*came, *([int(place[1])] if place[0] == "issue" else [])}
        if len(here) > 1:
            changes.append(Change("merged", titles[place], _named(here, issues), sum(came.values())))
    for pk, places in ways.items():
        count = sum(arrivals[place][pk] for place in places)
        if len(places) > 1:
            changes.append(Change("split", issues[pk].title, (issues[pk],), count, len(places)))
        elif (place := next(iter(places)))[0] == "new" and len(arrivals[place]) == 1:
            changes.append(Change("moved", titles[place], (issues[pk],), count))
    return sorted(changes, key=lambda change: -change.events)


def _named(pks: set[int], issues: Mapping[int, Issue]) -> tuple[Issue, ...]:
    return tuple(issues[pk] for pk in sorted(pks))


def _checked(fingerprints: str, stacks: str) -> Ruleset:
    try:
        return rules.read(fingerprints, stacks)
    except rules.Unreadable as error:
        raise ValidationError([str(problem) for problem in error.problems]) from error


def _read(row: GroupingRules) -> Ruleset:
    """The rules of a row; a text that an older version of the server could read, and this one cannot, says nothing."""
    try:
        return rules.read(row.fingerprints, row.stacks)
    except rules.Unreadable:
        return rules.NONE


def _difference(old: str, new: str) -> list[str]:
    """The lines that went and came, as `- line` and `+ line`."""
    lines = [line[:200] for line in ndiff(old.splitlines(), new.splitlines()) if line[:2] in ("- ", "+ ")]
    return lines if len(lines) <= TOLD else [*lines[:TOLD], f"and {len(lines) - TOLD} more"]
