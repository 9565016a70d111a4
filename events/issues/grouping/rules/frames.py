"""Rules of stack traces: which frames are the application's, and which count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from events.issues.grouping.exceptions import EXCEPTIONS, threads_of
from events.issues.grouping.frames import RULED
from events.issues.grouping.rules.syntax import Matcher, StackRule
from events.issues.grouping.rules.values import About, exceptions_of, fits, frames_of, of_exception, of_frame
from events.issues.grouping.texts import text


def marked(event: dict[Any, Any], rules: Sequence[StackRule]) -> dict[Any, Any]:
    """A copy of the event whose stacks hold the frames that count, each with the mark that rules gave it."""
    platform = text(event.get("platform"), limit=32)
    changed: dict[Any, Any] = {}
    thrown = exceptions_of(event)
    if any(frames_of(value.get("stacktrace")) for value in thrown):
        changed["exception"] = {"values": [_changed(value, rules, platform, of_exception(value)) for value in thrown]}
    threads = [thread for thread in threads_of(event)[:EXCEPTIONS] if isinstance(thread, dict)]
    if any(frames_of(thread.get("stacktrace")) for thread in threads):
        changed["threads"] = {"values": [_changed(thread, rules, platform, {}) for thread in threads]}
    if frames_of(event.get("stacktrace")):
        changed |= _changed({"stacktrace": event["stacktrace"]}, rules, platform, {})
    return {**event, **changed} if changed else event


def _changed(holder: dict[Any, Any], rules: Sequence[StackRule], platform: str, thrown: About) -> dict[Any, Any]:
    stack = holder.get("stacktrace")
    sent = frames_of(stack)
    if not sent or not isinstance(stack, dict):
        return holder
    return {**holder, "stacktrace": {**stack, "frames": _left(sent, rules, platform, thrown)}}


def _left(sent: list[dict[Any, Any]], rules: Sequence[StackRule], platform: str, thrown: About) -> list[dict[Any, Any]]:
    """The frames that count. Rules see what those before them marked."""
    known: list[dict[str, tuple[str, ...]]] = [{**of_frame(raw, platform), **thrown} for raw in sent]
    own: dict[int, bool] = {}
    out: set[int] = set()
    most, least = 0, 0
    for rule in rules:
        found = [place for place in range(len(known)) if _is_met(rule, known, place)]
        if not found:
            continue
        most, least = rule.most_frames or most, rule.least_frames or least
        for action in rule.actions:
            # Oldest call first: what is above a frame, nearer to the crash, comes behind it.
            reached: Sequence[int] = found
            if action.reach:
                reached = range(found[0] + 1, len(known)) if action.reach == "^" else range(found[-1])
            if action.what == "group":
                out = out - set(reached) if action.is_on else out | set(reached)
                continue
            for place in reached:
                own[place] = action.is_on
                known[place]["app"] = ("yes" if action.is_on else "no",)
    left = [{**raw, RULED: own[place]} if place in own else raw for place, raw in enumerate(sent) if place not in out]
    if len(left) < least:
        return []
    return left[-most:] if most else left


def _is_met(rule: StackRule, known: Sequence[About], place: int) -> bool:
    if not _all_fit(rule.matchers, known[place]):
        return False
    if rule.caller and (place == 0 or not _all_fit(rule.caller, known[place - 1])):
        return False
    return not rule.callee or (place + 1 < len(known) and _all_fit(rule.callee, known[place + 1]))


def _all_fit(matchers: Sequence[Matcher], value: About) -> bool:
    return all(fits(matcher, value) for matcher in matchers)
