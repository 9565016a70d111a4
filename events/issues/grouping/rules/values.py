"""What of an event rules can ask for, and whether a pattern fits: globs on google-re2, which never backtracks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from events.issues.grouping.exceptions import EXCEPTIONS, FRAMES, raised, threads_of
from events.issues.grouping.frames import SCRIPT_PLATFORMS, frame
from events.issues.grouping.rules.syntax import TAGS, TRUTH, Matcher
from events.issues.grouping.texts import text

# One value has several spellings where any of them may fit: a path, a message.
About = Mapping[str, tuple[str, ...]]

_NATIVE = frozenset({"native", "c", "objc", "cocoa", "swift", "rust", "cpp", "apple", "nintendo"})
_OF_EXCEPTIONS = frozenset({"type", "value", "mechanism"})
_OF_FRAMES = frozenset({"function", "module", "path", "package", "app"})
_ANY_CASE = frozenset({"level", "value", "message", "path", "package"})
_PATHS = frozenset({"path", "package"})


@dataclass(frozen=True, slots=True)
class Subject:
    """An event for its rules: itself, each of its messages, exceptions and frames."""

    event: About
    messages: tuple[About, ...]
    exceptions: tuple[About, ...]
    frames: tuple[About, ...]

    def places(self) -> dict[str, tuple[About, ...]]:
        return {"event": (self.event,), "messages": self.messages, "exceptions": self.exceptions, "frames": self.frames}


def about(event: Mapping[Any, Any]) -> Subject:
    platform = text(event.get("platform"), limit=32)
    thrown = exceptions_of(event)
    stacks = [value.get("stacktrace") for value in thrown] or [
        event.get("stacktrace"), *(thread.get("stacktrace") for thread in threads_of(dict(event))[:EXCEPTIONS]
                                   if isinstance(thread, dict) and thread.get("crashed") is True),
    ]  # fmt: skip
    said = [*_messages(event), *(text(value.get("value")) for value in thrown)]
    return Subject(
        event=_of_event(event, platform),
        messages=tuple({"message": (one,)} for one in dict.fromkeys(said) if one),
        exceptions=tuple(of_exception(value) for value in thrown),
        frames=tuple(of_frame(raw, platform) for stack in stacks for raw in frames_of(stack)),
    )


def fulfils(subject: Subject, matchers: Sequence[Matcher]) -> bool:
    """Whether the event fulfils all of them; those about one exception, or one frame, the same exception or frame."""
    groups: defaultdict[str, list[Matcher]] = defaultdict(list)
    for matcher in matchers:
        groups[_place(matcher.key)].append(matcher)
    places = subject.places()
    return all(any(all(fits(one, value) for one in some) for value in places[name]) for name, some in groups.items())


def _place(key: str) -> str:
    if key in _OF_EXCEPTIONS:
        return "exceptions"
    if key in _OF_FRAMES:
        return "frames"
    return "messages" if key == "message" else "event"


def fits(matcher: Matcher, value: About) -> bool:
    """Whether one exception, frame, message or event is what the matcher asks for."""
    sent = value.get(matcher.key, ())
    return any(_fits(matcher.key, matcher.pattern, one) for one in sent) != matcher.is_negated


def _fits(key: str, pattern: str, sent: str) -> bool:
    if key == "family":
        return pattern == "all" or sent in pattern.split(",")
    if key == "app":
        return TRUTH[pattern.lower()] == TRUTH[sent]
    if key in _PATHS:
        plain = sent.replace("\\", "/")
        glob = _glob(pattern, is_path=True, any_case=True)
        return glob.fits(plain) or (not plain.startswith("/") and glob.fits(f"/{plain}"))
    return _glob(pattern, is_path=False, any_case=key in _ANY_CASE).fits(sent)


@dataclass(frozen=True, slots=True)
class _Glob:
    """A pattern as google-re2 has it, and the longest text that it asks for as it is: most values lack that."""

    whole: Any
    literal: str
    any_case: bool

    def fits(self, sent: str) -> bool:
        if self.literal and self.literal not in (sent.lower() if self.any_case else sent):
            return False
        return bool(self.whole.fullmatch(sent))


@lru_cache(maxsize=4096)
def _glob(pattern: str, *, is_path: bool, any_case: bool) -> _Glob:
    """`*` is any text, in a path any but a slash, and `**` any there too; `?` is one character."""
    plain = pattern.replace("\\", "/") if is_path else pattern
    pieces = []
    for number, piece in enumerate(plain.split("**") if is_path else [plain]):
        pieces += [".*"] if number else []
        some, one = ("[^/]*", "[^/]") if is_path else (".*", ".")
        pieces += [{"*": some, "?": one}.get(c) or re2.escape(c) for c in piece]
    literal = max(plain.replace("?", "*").split("*"), key=len)
    if any_case:
        # Letters beyond ASCII may have several small forms.
        literal = literal.lower() if literal.isascii() else ""
    return _Glob(re2.compile(("(?is)" if any_case else "(?s)") + "".join(pieces)), literal, any_case)


def _of_event(event: Mapping[Any, Any], platform: str) -> About:
    sdk = event.get("sdk")
    found = {
        name: (text(event.get(name), limit=250),)
        for name in ("logger", "release", "environment", "transaction", "dist", "platform")
    }
    tags = event.get("tags")
    pairs = tags.items() if isinstance(tags, dict) else ()
    found |= {f"{TAGS}{text(key, limit=200)}": (text(value, limit=200),) for key, value in list(pairs)[:200]}
    found["level"] = (text(event.get("level"), limit=16) or "error",)
    found["sdk"] = (text(sdk.get("name"), limit=64) if isinstance(sdk, dict) else "",)
    found["family"] = (family(platform),)
    return found


def _messages(event: Mapping[Any, Any]) -> list[str]:
    entry = event.get("logentry") or event.get("message")
    if isinstance(entry, dict):
        return [text(entry.get(name)) for name in ("formatted", "message")]
    return [text(entry)]


def exceptions_of(event: Mapping[Any, Any]) -> list[dict[Any, Any]]:
    return [value for value in raised(event) if isinstance(value, dict)]


def frames_of(stack: object) -> list[dict[Any, Any]]:
    raw = stack.get("frames") if isinstance(stack, dict) else None
    return [one for one in raw[-FRAMES:] if isinstance(one, dict)] if isinstance(raw, list) else []


def of_exception(value: Mapping[Any, Any]) -> About:
    mechanism = value.get("mechanism")
    kind = text(mechanism.get("type"), limit=60) if isinstance(mechanism, dict) else ""
    return {"type": (text(value.get("type"), limit=256),), "value": (text(value.get("value")),), "mechanism": (kind,)}


def of_frame(raw: Mapping[Any, Any], platform: str, *, is_own: bool | None = None) -> dict[str, tuple[str, ...]]:
    """What can be asked of a frame; whether it is the application's is told as grouping tells it, or by `is_own`."""
    own = text(raw.get("platform"), limit=32) or platform
    if is_own is None:
        known = frame(dict(raw), platform=platform)
        is_own = known is not None and known.in_app
    paths = (text(raw.get("abs_path"), limit=512), text(raw.get("filename"), limit=512))
    return {
        "function": (text(raw.get("function"), limit=256),),
        "module": (text(raw.get("module"), limit=256),),
        "path": tuple(dict.fromkeys(path for path in paths if path)),
        "package": (text(raw.get("package"), limit=512),),
        "family": (family(own),),
        "app": ("yes" if is_own else "no",),
    }


def family(platform: str) -> str:
    if platform in SCRIPT_PLATFORMS:
        return "javascript"
    return "native" if platform in _NATIVE else "other"
