"""Which issue an event belongs to: a pure, versioned function of an already scrubbed event of any shape.

A stored group remembers the version that made it; changing what is hashed means a new version, never another meaning
of an old one."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from events.issues.grouping import exceptions, reports
from events.issues.grouping.fingerprints import expanded, is_default
from events.issues.grouping.frames import SCRIPT_PLATFORMS, Frame
from events.issues.grouping.texts import LONGEST, first_line, in_one_wording, text, without_variables

VERSION = 1
TITLE_LENGTH = 200
TYPE_LENGTH = 100
VALUE_LENGTH = 500
UNTITLED = "<unlabeled event>"

_LEVELS = {"fatal": "fatal", "critical": "fatal", "error": "error", "warning": "warning", "warn": "warning",
           "info": "info", "log": "info", "debug": "debug"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grouping:
    """An event's group and what to call it. `hash` is a function of `version` and `components` alone."""

    version: int
    hash: bytes  # 16
    components: tuple[str, ...]  # what was hashed, for people: "exception ValueError", "frame shop.views in pay"
    title: str
    type: str
    value: str
    culprit: str
    location: str  # file (or module) of the innermost in-app frame
    function: str  # its function, as sent
    level: str


@dataclass(frozen=True, slots=True)
class _Subject:
    """What an event is about: default components and the parts of its name."""

    components: tuple[str, ...]
    type: str = ""
    value: str = ""
    title: str = ""
    frame: Frame | None = None


def group(event: object) -> Grouping:
    """The event's `Grouping`. Never raises, whatever the event is; time is linear in its size."""
    event = event if isinstance(event, dict) else {}
    subject = _subject(event)
    components = subject.components
    fingerprint = event.get("fingerprint")
    if not is_default(fingerprint):
        components = expanded(fingerprint, default=_digest(components).hex(), variables=_variables(event, subject))
    title = subject.title or f"{subject.type}: {first_line(subject.value)}".strip(": ") or UNTITLED
    return Grouping(
        version=VERSION,
        hash=_digest(components),
        components=components,
        title=title if len(title) <= TITLE_LENGTH else title[: TITLE_LENGTH - 1] + "…",
        type=subject.type[:TYPE_LENGTH],
        value=subject.value[:VALUE_LENGTH],
        culprit=_culprit(event, subject),
        location=subject.frame.shown_file if subject.frame else "",
        function=subject.frame.shown_function if subject.frame else "",
        level=_LEVELS.get(text(event.get("level"), limit=16).lower(), "error"),
    )


def _digest(components: tuple[str, ...]) -> bytes:
    return blake2b("\n".join((f"v{VERSION}", *components)).encode(), digest_size=16).digest()


def _subject(event: dict[Any, Any]) -> _Subject:
    report = reports.report(event)
    if report:
        return _Subject(report.components, type=report.kind, value=report.value, title=report.value)
    platform = text(event.get("platform"), limit=32)
    found = exceptions.chain(event, platform=platform)
    if found:
        return _of_exceptions(found)
    return _of_message(event, platform)


def _of_exceptions(found: tuple[exceptions.Thrown, ...]) -> _Subject:
    main = found[-1]
    inner = main.innermost
    kind, title = main.type, ""
    if main.is_synthetic and inner and inner.shown_function:
        title = f"{inner.shown_function}: {first_line(main.value)}".strip(": ")
    return _Subject(
        exceptions.components(found),
        type=kind,
        value=main.value,
        title=title,
        frame=inner,
    )


def _of_message(event: dict[Any, Any], platform: str) -> _Subject:
    template, shown, has_parameters = _message(event)
    if template:
        if has_parameters:
            return _Subject((f"template {template}",), value=shown)
        plain = in_one_wording(template) if platform in SCRIPT_PLATFORMS else template
        return _Subject((f"message {without_variables(plain)}",), value=shown)
    stack = exceptions.bare_stack(event, platform=platform)
    if stack:
        inner = exceptions.innermost(stack)
        words = tuple(f"frame {words}" for words in exceptions.words(stack))
        return _Subject(words, title=inner.words, frame=inner)
    kind = text(event.get("type"), limit=64)
    return _Subject((f"type {kind or 'unknown'}", f"transaction {text(event.get('transaction'), limit=200)}"))


def _message(event: dict[Any, Any]) -> tuple[str, str, bool]:
    """Template, message to show, and whether the template is known to be one (values are apart from it)."""
    for key in ("logentry", "message", "sentry.interfaces.Message"):
        entry = event.get(key)
        if isinstance(entry, dict):
            template, formatted = text(entry.get("message")), text(entry.get("formatted"))
            if template or formatted:
                has_parameters = bool(template) and (bool(entry.get("params")) or formatted not in ("", template))
                return template or formatted, formatted or template, has_parameters
        elif text(entry):
            return text(entry), text(entry), False
    return "", "", False


def _culprit(event: dict[Any, Any], subject: _Subject) -> str:
    given = text(event.get("transaction"), limit=TITLE_LENGTH) or text(event.get("culprit"), limit=TITLE_LENGTH)
    found = subject.frame
    if given or not found:
        return given
    return f"{found.shown_module or found.shown_file} in {found.shown_function or '?'}"[:TITLE_LENGTH]


def _variables(event: dict[Any, Any], subject: _Subject) -> dict[str, str]:
    """The variables of Sentry's fingerprint rules, by the names its documentation gives them."""
    request = event.get("request")
    tags = event.get("tags")
    pairs = tags.items() if isinstance(tags, dict) else tags if isinstance(tags, list) else ()
    named = {
        f"tags.{text(pair[0], limit=200)}": text(pair[1], limit=200)
        for pair in list(pairs)[:200]
        if isinstance(pair, (list, tuple)) and len(pair) == 2
    }
    values = {
        "message": subject.value or _message(event)[1],
        "value": subject.value,
        "type": subject.type,
        "transaction": text(event.get("transaction"), limit=LONGEST),
        "level": text(event.get("level"), limit=16) or "error",
        "logger": text(event.get("logger"), limit=200),
        "environment": text(event.get("environment"), limit=200),
        "release": text(event.get("release"), limit=250),
        "function": subject.frame.shown_function if subject.frame else "",
        "abs_path": subject.frame.shown_file if subject.frame else "",
        "module": subject.frame.shown_module if subject.frame else "",
        "url": text(request.get("url")) if isinstance(request, dict) else "",
    }
    return named | values | {full: values[short] for full, short in _LONG_NAMES.items()}


_LONG_NAMES = {
    "error.type": "type",
    "error.value": "value",
    "stack.function": "function",
    "stack.module": "module",
    "stack.abs_path": "abs_path",
}
