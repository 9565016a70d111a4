"""What differs between two versions of a flag, and whether a flag is still needed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from analytics.flags.definitions import Flag
from analytics.flags.operators import text_of

STALE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting that changed, named by its path; empty texts for what was not there."""

    path: str
    before: str
    after: str


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What changed, setting by setting, in the order of the definition."""
    old, new = _flat(before), _flat(after)
    paths = [*new, *(path for path in old if path not in new)]
    return [Difference(path, old.get(path, ""), new.get(path, "")) for path in paths if old.get(path) != new.get(path)]


def _flat(value: Any, path: str = "") -> dict[str, str]:
    """Each plain value by its path; the conditions and variants count from 1."""
    if isinstance(value, Mapping):
        pairs = [(f"{path}.{name}" if path else str(name), inner) for name, inner in value.items()]
    elif isinstance(value, list) and any(isinstance(inner, Mapping | list) for inner in value):
        pairs = [(f"{path} {number}", inner) for number, inner in enumerate(value, 1)]
    else:
        return {} if value in (None, [], "") else {_named(path): text_of(value)}
    return {name: text for inner_path, inner in pairs for name, text in _flat(inner, inner_path).items()}


_WORDS = (
    ("filters.", ""), ("multivariate.", ""), ("groups ", "condition "), ("variants ", "variant "),
    (".properties ", ", property "), (".rollout_percentage", ": percent"), ("is_active", "on"),
)  # fmt: skip


def _named(path: str) -> str:
    for part, words in _WORDS:
        path = path.replace(part, words)
    return path


def is_the_same_for_all(flag: Flag) -> bool:
    """Whether everybody gets one value, so that the code could do without the flag."""
    if not flag.conditions or flag.holdout or flag.is_by_enrollment or flag.starts_at or flag.ends_at or flag.overrides:
        return False
    first = flag.conditions[0]
    is_open = not first.filters and first.rollout in (None, 100.0)
    return is_open and (len(flag.variants) < 2 or first.variant is not None)


def staleness(
    flag: Flag, *, created_at: datetime, changed_at: datetime, asked_at: datetime | None, fetched_on: date | None,
    now: datetime,
) -> str:  # fmt: skip
    """Why the flag looks like one that nobody needs any more; empty for one that is needed, or may be."""
    if flag.is_active and is_the_same_for_all(flag) and now - changed_at >= STALE:
        return "everybody gets it since 30 days or more"
    # SDKs that decide by themselves ask for no single flag.
    may_be_asked_elsewhere = fetched_on is not None and now.date() - fetched_on < STALE
    if now - created_at < STALE or may_be_asked_elsewhere:
        return ""
    return "nobody asked for it in 30 days" if asked_at is None or now - asked_at >= STALE else ""
