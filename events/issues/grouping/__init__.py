"""Which issue an event belongs to: a pure, versioned function of an already scrubbed event of any shape.

A stored group remembers the version that made it; changing what is hashed means a new version, never another meaning
of an old one. A hash is that of the lines alone, so where two versions give the same lines their groups are the same;
where they do not, `earlier` says which group of old the event would have been in."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from events.issues.grouping import exceptions, reports, rules
from events.issues.grouping.fingerprints import expanded, filled, is_default
from events.issues.grouping.frames import FIRST, SCRIPT_PLATFORMS, SECOND, Frame
from events.issues.grouping.texts import LONGEST, first_line, in_one_wording, text, without_variables

VERSION = 3
TITLE_LENGTH = 200
TYPE_LENGTH = 100
VALUE_LENGTH = 500
UNTITLED = "<unlabeled event>"

_LEVELS = {"fatal": "fatal", "critical": "fatal", "error": "error", "warning": "warning", "warn": "warning",
           "info": "info", "log": "info", "debug": "debug"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grouping:
    """An event's group and what to call it. `hash` is a function of `components` alone."""

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
    is_ruled: bool = False  # a fingerprint rule of its project says what is one issue


@dataclass(frozen=True, slots=True)
class _Subject:
    """What an event is about: default components and the parts of its name."""

    components: tuple[str, ...]
    type: str = ""
    value: str = ""
    title: str = ""
    frame: Frame | None = None


def group(event: object, ruleset: rules.Ruleset = rules.NONE) -> Grouping:
    """The event's `Grouping`. Never raises, whatever the event is; time is linear in its size."""
    event = ruleset.marked(event) if isinstance(event, dict) else {}
    subject = _subject(event)
    rule = None if text(event.get("checksum"), limit=200).strip() else ruleset.fingerprint(event)
    components = _components(event, subject, rule=rule)
    title = _titled(rule, event, subject) or subject.title or _said(subject) or UNTITLED
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
        is_ruled=rule is not None,
    )


def earlier(
    event: object, ruleset: rules.Ruleset = rules.NONE, before: Sequence[rules.Ruleset] = ()
) -> tuple[bytes, ...]:
    """The hashes that earlier versions gave the event, where they differ from today's; the newest version first.

    `before` are earlier versions of a project's rules. What a fingerprint rule groups is its own issue from then on, so
    neither today's nor an earlier one leads to another.
    """
    event = event if isinstance(event, dict) else {}
    today = group(event, ruleset)
    if today.is_ruled:
        return ()
    old = [group(event, one) for one in dict.fromkeys((*before, rules.NONE)) if one != ruleset]
    versions = [_digest(_components(event, _subject(event, version=one), version=one)) for one in (SECOND, FIRST)]
    hashes = [*(one.hash for one in old if not one.is_ruled), *versions]
    return tuple(one for one in dict.fromkeys(hashes) if one != today.hash)


def _said(subject: _Subject) -> str:
    value = first_line(subject.value)
    return value if value == subject.type else f"{subject.type}: {value}".strip(": ")


def _titled(rule: rules.FingerprintRule | None, event: dict[Any, Any], subject: _Subject) -> str:
    if rule is None or not rule.title:
        return ""
    return first_line(filled(rule.title, _variables(event, subject)))


def _components(
    event: dict[Any, Any], subject: _Subject, *, version: int = VERSION, rule: rules.FingerprintRule | None = None
) -> tuple[str, ...]:
    checksum = text(event.get("checksum"), limit=200).strip()
    if checksum and version != FIRST:
        return (f"checksum {checksum}",)
    fingerprint = list(rule.parts) if rule else event.get("fingerprint")
    if is_default(fingerprint):
        return subject.components
    default = _digest(subject.components).hex()
    return expanded(fingerprint, default=default, variables=_variables(event, subject))


def _digest(components: tuple[str, ...]) -> bytes:
    # "v1" names the form of what is hashed, which all versions of the rules share.
    return blake2b("\n".join(("v1", *components)).encode(), digest_size=16).digest()


def _subject(event: dict[Any, Any], *, version: int = VERSION) -> _Subject:
    report = reports.report(event)
    if report:
        return _Subject(report.components, type=report.kind, value=report.value, title=report.value)
    platform = text(event.get("platform"), limit=32)
    found = exceptions.chain(event, platform=platform, version=version)
    if found:
        return _of_exceptions(found, version)
    return _of_message(event, platform, version)


def _of_exceptions(found: tuple[exceptions.Thrown, ...], version: int) -> _Subject:
    main = found[-1]
    inner = main.innermost
    title = ""
    if main.is_synthetic and inner:
        # The type was invented, so it says nothing; a nameless function says no more.
        named = f"{inner.shown_function}: " if inner.name else ""
        title = f"{named}{first_line(main.value)}".strip(": ")
    return _Subject(
        exceptions.components(found, version=version),
        type=main.type,
        value=main.value,
        title=title,
        frame=inner,
    )


def _of_message(event: dict[Any, Any], platform: str, version: int) -> _Subject:
    template, shown, has_parameters = _message(event)
    stack = exceptions.bare_stack(event, platform=platform, version=version)
    inner = exceptions.innermost(stack) if stack else None
    if template:
        inner = None if version == FIRST else inner
        if has_parameters:
            return _Subject((f"template {template}",), value=shown, frame=inner)
        plain = in_one_wording(template) if platform in SCRIPT_PLATFORMS else template
        return _Subject((f"message {without_variables(plain)}",), value=shown, frame=inner)
    if inner:
        lines = exceptions.words(stack) if version == FIRST else exceptions.stack_lines(stack)
        return _Subject(lines, title=inner.name if inner.place == "?" else inner.words, frame=inner)
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
    place = (found.shown_module.strip() or found.shown_file).strip()
    return (f"{place} in {found.shown_function or '?'}" if place else found.shown_function or found.place)[
        :TITLE_LENGTH
    ]


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
