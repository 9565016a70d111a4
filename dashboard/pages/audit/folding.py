"""Looks are many and changes are few: looks of one person in one sitting become one line. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from events.models import AuditEntry

# Who looks again after so long sits down anew: as long as a login lasts without a request.
SITTING = timedelta(minutes=30)
# How the action of a page ends that only shows: forms that were opened too, for what they change has its own entry.
LOOKS = (
    "view", "list", "search", "find", "weekly", "cohorts", "funnels", "journeys", "saved", "trends", "usage", "raw",
    "markdown", "try", "preview", "look", "new", "edit", "goals", "schema", "get", "definitions", "remote_config",
)  # fmt: skip


@dataclass
class Line:
    """One change, or the looks of a sitting, the newest first."""

    entries: list[AuditEntry] = field(default_factory=list)
    is_look: bool = False

    @property
    def newest(self) -> AuditEntry:
        return self.entries[0]

    @property
    def oldest(self) -> AuditEntry:
        return self.entries[-1]

    @property
    def looks(self) -> list[tuple[str, int]]:
        """The actions of a sitting, the most frequent first."""
        return Counter(entry.action for entry in self.entries).most_common()


def is_look(action: str) -> bool:
    return action.rpartition(".")[2] in LOOKS


def fold(entries: Iterable[AuditEntry]) -> list[Line]:
    """The lines of entries that come newest first; a sitting stands where its last look was."""
    lines: list[Line] = []
    sitting: dict[tuple[str, str], Line] = {}
    for entry in entries:
        if not is_look(entry.action):
            lines.append(Line([entry]))
            continue
        who = (entry.actor, entry.via)
        line = sitting.get(who)
        if line is not None and _is_near(line.oldest.at, entry.at):
            line.entries.append(entry)
            continue
        sitting[who] = Line([entry], is_look=True)
        lines.append(sitting[who])
    return lines


def _is_near(later: datetime, earlier: datetime) -> bool:
    return later - earlier <= SITTING
