"""What was done to an issue, in words, and what its groups are made of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.pages.issues import values
from events.models import Activity, IssueGroup


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the activity: who did what; `text` is a comment."""

    at: datetime
    actor: str
    words: str
    text: str


@dataclass(frozen=True, slots=True)
class GroupView:
    pk: int
    title: str
    culprit: str
    short_hash: str
    version: int
    parts: tuple[str, ...]
    event_count: int
    last_seen_at: datetime


def activity(lines: Iterable[Activity], *, people: Mapping[int, str]) -> list[Line]:
    """The activity in words; `people` are names by user id, for assignments."""
    return [
        Line(
            line.at,
            line.actor.get_username() if line.actor else "obs",
            words(line.action, line.detail, people=people),
            line.text,
        )
        for line in lines
    ]


def words(action: str, detail: object, *, people: Mapping[int, str]) -> str:
    """What `action` with `detail` did; the action's own name when nothing better is known."""
    told = values.mapping(detail)
    match action:
        case "resolve":
            release = values.line(told.get("release"), limit=100)
            if told.get("in_next"):
                return (
                    f"resolved this in the release after {release}" if release else "resolved this in the next release"
                )
            return f"resolved this in {release}" if release else "resolved this"
        case "unresolve":
            return "reopened this"
        case "ignore":
            return f"ignored this{_until(told)}"
        case "assign":
            person = values.number(told.get("to"))
            return f"assigned this to {people.get(person, 'somebody')}" if person else "took the assignee away"
        case "prioritise":
            to = values.line(told.get("to"), limit=10)
            return f"gave this {to} priority" if to else "left the priority to the level"
        case "comment":
            return "wrote"
        case "merge":
            count = len(values.items(told.get("merged")))
            return f"merged {count} issue{'s' if count != 1 else ''} into this"
        case "unmerge":
            return "took a group out"
        case "undo":
            return "took the last change back"
        case "regression":
            release = values.line(told.get("release"), limit=100)
            return f"saw it come back in {release}" if release else "saw it come back"
        case "unignored":
            return "ended the ignoring"
    return values.line(action.replace("_", " "), limit=80)


def groups(found: Iterable[IssueGroup]) -> list[GroupView]:
    """The groups with what was hashed, bounded."""
    return [
        GroupView(
            group.pk, group.title, group.culprit, group.hash.hex[:12], group.version,
            tuple(values.line(part, limit=200) for part in values.items(group.components, limit=40)),
            group.event_count, group.last_seen_at,
        )
        for group in found
    ]  # fmt: skip


def _until(told: Mapping[str, Any]) -> str:
    ends = []
    if told.get("until"):
        ends.append(values.line(told["until"], limit=16).replace("T", " "))
    if told.get("events"):
        within = f" within {values.line(told['window_minutes'], limit=10)} min" if told.get("window_minutes") else ""
        ends.append(f"{values.line(told['events'], limit=10)} more events{within}")
    if told.get("users"):
        ends.append(f"{values.line(told['users'], limit=10)} more users")
    return f" until {' or '.join(ends)}" if ends else ""


def tag_search(name: str, value: str) -> str:
    """The search for events with this tag."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("*", "\\*")
    key = (
        name
        if name.replace("_", "").replace(".", "").replace("-", "").isalnum() and name.isascii()
        else f"tags[{name}]"
    )
    return f'{key}:"{escaped}"'
