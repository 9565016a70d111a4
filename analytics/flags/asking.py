"""One way to ask for flags, whatever protocol asks: who, which flags, and what is remembered and counted of it.

Of a request nothing is stored but counts by flag and value, and the numbers of `places`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from analytics.flags import evaluation, places
from analytics.flags.counting import tally
from analytics.flags.definitions import Book, Place
from analytics.flags.evaluation import Subject, Verdict
from events.values import lenient
from events.values.errors import Malformed

LONGEST_ID = 400
MOST_KEYS = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks. `runtime` is where the code runs that asks, where that is known."""

    distinct_id: str = ""
    anonymous_id: str = ""
    device_id: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    group_properties: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    keys: Collection[str] | None = None
    runtime: str = ""


def of_posthog(sent: Mapping[str, Any], *, is_page: bool) -> Asked:
    """A body of `/flags` or `/decide`. Raises Malformed where nobody is named."""
    distinct_id = _id(sent.get("distinct_id") or sent.get("$distinct_id"))
    if not distinct_id:
        raise Malformed("The distinct_id field is missing from the request.", reason="distinct_id")
    keys = sent.get("flag_keys_to_evaluate", sent.get("flag_keys"))
    runtime = sent.get("evaluation_runtime")
    groups = {str(name): text for name, value in lenient.mapping(sent.get("groups")).items() if (text := _id(value))}
    return Asked(
        distinct_id=distinct_id,
        anonymous_id=_id(sent.get("$anon_distinct_id")),
        device_id=_id(sent.get("$device_id") or sent.get("device_id")),
        properties=lenient.mapping(sent.get("person_properties")),
        groups=groups,
        group_properties={
            name: {"$group_key": key, **lenient.mapping(lenient.mapping(sent.get("group_properties")).get(name))}
            for name, key in groups.items()
        },
        keys=[str(key) for key in keys[:MOST_KEYS]] if isinstance(keys, list) else None,
        runtime=runtime if runtime in ("client", "server") else "client" if is_page else "",
    )


def without_consent(asked: Asked, stranger: str) -> Asked:
    """The same question of who did not agree: a `stranger` for today, whom nothing is known of but their groups."""
    return replace(asked, distinct_id=stranger, anonymous_id="", device_id="", properties={})


def ask(book: Book, asked: Asked, *, now: datetime) -> dict[str, Verdict]:
    """The verdicts on all flags that may be told to who asks."""
    remembered: Mapping[int, Place] = {}
    if any(flag.is_continuous and flag.is_on(now) for flag in book.flags.values()):
        remembered = places.of(book, asked.distinct_id, anonymous_id=asked.anonymous_id, now=now)
    who = subject(book, asked, remembered=remembered)
    wanted = [
        key for key, flag in book.flags.items()
        if (asked.keys is None or key in asked.keys) and (not asked.runtime or flag.runtime in ("all", asked.runtime))
    ]  # fmt: skip
    verdicts = evaluation.evaluate(book, who, now=now, keys=wanted)
    tally.note(verdicts.values(), now=now)
    return verdicts


def subject(book: Book, asked: Asked, *, remembered: Mapping[int, Place] | None = None) -> Subject:
    """Who is asked about, in the evaluator's words."""
    return Subject(
        distinct_id=asked.distinct_id,
        device_id=asked.device_id,
        properties=asked.properties,
        groups=asked.groups,
        group_properties=asked.group_properties,
        pseudonym=places.pseudonym(book, asked.distinct_id) if book.has_overrides and asked.distinct_id else "",
        places=remembered or {},
    )


def _id(value: Any) -> str:
    return str(value)[:LONGEST_ID] if isinstance(value, str | int) and not isinstance(value, bool) else ""
