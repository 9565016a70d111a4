"""Rules that a project's people write: which events are one issue, and which frames are the application's.

Pure: `read` makes a `Ruleset` of two texts in Sentry's own syntax, or says which lines cannot be read; `marked` and
`fingerprint` apply it to an event. Time is linear in the event's size times the number of rules, which is bounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from events.issues.grouping.rules import frames, syntax, values
from events.issues.grouping.rules.syntax import FingerprintRule, Problem, StackRule, Unreadable

__all__ = ["NONE", "FingerprintRule", "Problem", "Ruleset", "StackRule", "Unreadable", "read"]


@dataclass(frozen=True, slots=True)
class Ruleset:
    """The rules of one version, in the order in which they were written."""

    fingerprints: tuple[FingerprintRule, ...] = ()
    stacks: tuple[StackRule, ...] = ()

    def marked(self, event: dict[Any, Any]) -> dict[Any, Any]:
        """The event with the frames that the rules of stacks leave, each with their mark; itself where none applies."""
        return frames.marked(event, self.stacks) if self.stacks else event

    def fingerprint(self, event: dict[Any, Any]) -> FingerprintRule | None:
        """The first rule that all of whose matchers the event fulfils."""
        if not self.fingerprints:
            return None
        about = values.about(event)
        return next((rule for rule in self.fingerprints if values.fulfils(about, rule.matchers)), None)


NONE = Ruleset()


@lru_cache(maxsize=256)
def read(fingerprints: str, stacks: str) -> Ruleset:
    """The rules of both texts. Raises Unreadable, which names every line that cannot be read."""
    found, bad = syntax.fingerprints(fingerprints)
    marks, worse = syntax.stacks(stacks)
    if bad or worse:
        raise Unreadable((*bad, *worse))
    return Ruleset(found, marks)
