"""Exceptions, stack traces and frames of an event, newest first, in-app frames in front."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.pages.issues import values
from dashboard.pages.issues.values import Pair

MAX_EXCEPTIONS = 20
MAX_FRAMES = 120
MAX_THREADS = 20
_LINE = 400


@dataclass(frozen=True, slots=True)
class SourceLine:
    number: int | None
    code: str
    is_hit: bool


@dataclass(frozen=True, slots=True)
class FrameView:
    """One frame. `original` names the minified place when a source map found the source shown."""

    place: str
    function: str
    line: int | None
    column: int | None
    in_app: bool
    source: tuple[SourceLine, ...]
    variables: tuple[Pair, ...]
    package: str
    original: str

    @property
    def has_more(self) -> bool:
        return bool(self.source or self.variables)


@dataclass(frozen=True, slots=True)
class FrameRun:
    """Neighbouring frames that are shown, or folded away, together."""

    is_app: bool
    frames: tuple[FrameView, ...]


@dataclass(frozen=True, slots=True)
class ExceptionView:
    """One exception of a chain. `relation` says how it came about; empty for the first shown."""

    type: str
    value: str
    module: str
    mechanism: str
    is_handled: bool | None
    relation: str
    runs: tuple[FrameRun, ...]
    left_out: int

    @property
    def title(self) -> str:
        return self.type or "Error"


@dataclass(frozen=True, slots=True)
class ThreadView:
    name: str
    is_crashed: bool
    runs: tuple[FrameRun, ...]


def chain(payload: Mapping[str, Any]) -> tuple[ExceptionView, ...]:
    """The exceptions of an event, the one raised last first."""
    raw = values.last_items(payload.get("exception"), limit=MAX_EXCEPTIONS)
    found = [values.mapping(item) for item in reversed(raw)]
    shown = [_exception(item, is_first=i == 0) for i, item in enumerate(found) if item]
    if not shown and values.mapping(payload.get("stacktrace")):
        runs, left_out = _runs(payload.get("stacktrace"))
        shown = [ExceptionView("Stack trace", "", "", "", None, "", runs, left_out)] if runs else []
    return tuple(shown)


def threads(payload: Mapping[str, Any]) -> tuple[ThreadView, ...]:
    """The threads that bring a stack trace of their own."""
    found = []
    for item in values.items(payload.get("threads"), limit=MAX_THREADS):
        thread = values.mapping(item)
        runs, _ = _runs(thread.get("stacktrace"))
        if runs:
            name = values.line(thread.get("name"), limit=100) or f"Thread {values.line(thread.get('id'), limit=40)}"
            found.append(ThreadView(name, thread.get("crashed") is True, runs))
    return tuple(found)


def _exception(item: Mapping[str, Any], *, is_first: bool) -> ExceptionView:
    mechanism = values.mapping(item.get("mechanism"))
    runs, left_out = _runs(item.get("stacktrace"))
    handled = mechanism.get("handled")
    source = values.line(mechanism.get("source"), limit=60)
    relation = (
        ""
        if is_first
        else {"__cause__": "caused by", "__context__": "while handling"}.get(source, source or "caused by")
    )
    return ExceptionView(
        type=values.line(item.get("type"), limit=200),
        value=values.text(item.get("value")),
        module=values.line(item.get("module"), limit=200),
        mechanism=values.line(mechanism.get("type"), limit=80),
        is_handled=handled if isinstance(handled, bool) else None,
        relation=relation,
        runs=runs,
        left_out=left_out,
    )


def _runs(stacktrace: object) -> tuple[tuple[FrameRun, ...], int]:
    """The frames of a stack trace, innermost first, in runs, and how many were left out."""
    raw = values.mapping(stacktrace).get("frames")
    kept = values.last_items(raw, limit=MAX_FRAMES)
    frames = [_frame(values.mapping(item)) for item in reversed(kept) if isinstance(item, dict)]
    nobody_said = not any(frame.in_app for frame in frames)
    runs: list[FrameRun] = []
    for i, frame in enumerate(frames):
        # Without any in-app frame the innermost one is the best there is to show.
        is_app = frame.in_app or (nobody_said and i == 0)
        if runs and runs[-1].is_app == is_app:
            runs[-1] = FrameRun(is_app, (*runs[-1].frames, frame))
        else:
            runs.append(FrameRun(is_app, (frame,)))
    return tuple(runs), max(0, len(raw) - len(kept)) if isinstance(raw, list) else 0


def _frame(frame: Mapping[str, Any]) -> FrameView:
    line = values.number(frame.get("lineno"))
    data = values.mapping(frame.get("data"))
    minified = (values.line(data.get(f"orig_{part}"), limit=200) for part in ("filename", "lineno", "colno"))
    place = values.line(frame.get("filename") or frame.get("module") or frame.get("abs_path"), limit=300)
    return FrameView(
        place=place or "<unknown>",
        function=values.line(frame.get("function") or frame.get("raw_function"), limit=200) or "?",
        line=line,
        column=values.number(frame.get("colno")),
        in_app=frame.get("in_app") is True,
        source=_source(frame, line),
        variables=values.pairs(frame.get("vars"), limit=60),
        package=values.line(frame.get("package"), limit=200),
        original=":".join(part for part in minified if part),
    )


def _source(frame: Mapping[str, Any], line: int | None) -> tuple[SourceLine, ...]:
    hit = frame.get("context_line")
    if not isinstance(hit, str):
        return ()
    before = [values.text(code, limit=_LINE) for code in values.last_items(frame.get("pre_context"), limit=10)]
    after = [values.text(code, limit=_LINE) for code in values.items(frame.get("post_context"), limit=10)]
    start = line - len(before) if line is not None else None
    lines = [*before, values.text(hit, limit=_LINE), *after]
    return tuple(
        SourceLine(None if start is None else start + i, code, i == len(before)) for i, code in enumerate(lines)
    )
