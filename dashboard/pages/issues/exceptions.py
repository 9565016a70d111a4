"""Exceptions, stack traces and frames of an event, newest first, in-app frames in front."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.pages.issues import highlighting, values
from dashboard.pages.issues.highlighting import Part
from dashboard.pages.issues.values import Pair
from events.issues.grouping import systems
from events.issues.grouping.exceptions import of_system
from events.issues.grouping.frames import frame as grouped

MAX_EXCEPTIONS = 20
MAX_FRAMES = 120
MAX_THREADS = 20
MAX_IMAGES = 200
_LINE = 400


@dataclass(frozen=True, slots=True)
class SourceLine:
    number: int | None
    code: str
    is_hit: bool
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class FrameView:
    """One frame. `original` names the minified place when a source map found the source shown.

    `library` and `address` are of compiled programs: without symbols they are all there is.
    """

    place: str
    function: str
    line: int | None
    column: int | None
    in_app: bool
    source: tuple[SourceLine, ...]
    variables: tuple[Pair, ...]
    library: str
    address: str
    original: str
    file: str = ""

    @property
    def spot(self) -> tuple[str, int | None]:
        """Where it is, for whoever knows the address of its source."""
        return self.file, self.line

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
    signals: tuple[str, ...] = ()
    registers: tuple[Pair, ...] = ()

    @property
    def title(self) -> str:
        return self.type or "Error"


@dataclass(frozen=True, slots=True)
class ThreadView:
    """One thread; `is_open` for the one that is looked for."""

    name: str
    is_crashed: bool
    is_open: bool
    runs: tuple[FrameRun, ...]
    registers: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class ImageView:
    """A program or library that was loaded: what symbols will be found by."""

    debug_id: str
    file: str
    arch: str
    address: str
    kind: str


def chain(payload: Mapping[str, Any]) -> tuple[ExceptionView, ...]:
    """The exceptions of an event, the one raised last first."""
    raw = values.last_items(payload.get("exception"), limit=MAX_EXCEPTIONS)
    found = [values.mapping(item) for item in reversed(raw)]
    platform = values.line(payload.get("platform"), limit=32)
    shown = [_exception(item, is_first=i == 0, platform=platform) for i, item in enumerate(found) if item]
    if not shown and values.mapping(payload.get("stacktrace")):
        runs, left_out = _runs(payload.get("stacktrace"), platform=platform)
        shown = [ExceptionView("Stack trace", "", "", "", None, "", runs, left_out)] if runs else []
    return tuple(shown)


def threads(payload: Mapping[str, Any]) -> tuple[ThreadView, ...]:
    """The threads that bring a stack trace of their own: the one that crashed first, then the one that ran."""
    platform = values.line(payload.get("platform"), limit=32)
    raw = [values.mapping(item) for item in values.items(payload.get("threads"), limit=10_000)]
    raw.sort(key=lambda thread: (thread.get("crashed") is not True, thread.get("current") is not True))
    found: list[ThreadView] = []
    for thread in raw:
        if len(found) == MAX_THREADS:
            break
        runs, _ = _runs(thread.get("stacktrace"), platform=platform)
        if runs:
            name = values.line(thread.get("name"), limit=100) or f"Thread {values.line(thread.get('id'), limit=40)}"
            is_crashed = thread.get("crashed") is True
            is_open = is_crashed or (not found and thread.get("current") is True)
            found.append(ThreadView(name, is_crashed, is_open, runs, _registers(thread.get("stacktrace"))))
    return tuple(found)


def images(payload: Mapping[str, Any]) -> tuple[ImageView, ...]:
    """The loaded images of a native event."""
    listed = values.items(values.mapping(payload.get("debug_meta")).get("images"), limit=MAX_IMAGES)
    found = [values.mapping(item) for item in listed]
    return tuple(
        ImageView(
            debug_id=values.line(image.get("debug_id") or image.get("uuid") or image.get("code_id"), limit=80),
            file=values.line(image.get("code_file") or image.get("debug_file") or image.get("name"), limit=300),
            arch=values.line(image.get("arch"), limit=20),
            address=_address(image.get("image_addr")),
            kind=values.line(image.get("type"), limit=20),
        )
        for image in found
        if image
    )


def _signals(mechanism: Mapping[str, Any]) -> tuple[str, ...]:
    """What the operating system said: `SIGABRT (6)`, `EXC_CRASH (10), code 0, subcode 0`."""
    meta = values.mapping(mechanism.get("meta"))
    found = []
    for name, number in (("signal", "number"), ("mach_exception", "exception"), ("errno", "number")):
        part = values.mapping(meta.get(name))
        said = values.line(part.get("name"), limit=80)
        numbered = values.line(part.get(number), limit=40)
        words = f"{said} ({numbered})" if said and numbered else said or (f"{name} {numbered}" if numbered else "")
        more = [values.line(part.get("code_name"), limit=40)]
        more += [
            f"{key} {values.line(part.get(key), limit=40)}" for key in ("code", "subcode") if part.get(key) is not None
        ]
        if words:
            found.append(", ".join([words, *(one for one in more if one)]))
    error = values.mapping(meta.get("ns_error"))
    if error:
        found.append(f"{values.line(error.get('domain'), limit=100)} code {values.line(error.get('code'), limit=40)}")
    return tuple(found)


def _registers(stacktrace: object) -> tuple[Pair, ...]:
    return values.pairs(values.mapping(stacktrace).get("registers"), limit=128)


def _address(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return hex(value)
    return values.line(value, limit=40)


def _exception(item: Mapping[str, Any], *, is_first: bool, platform: str) -> ExceptionView:
    mechanism = values.mapping(item.get("mechanism"))
    runs, left_out = _runs(item.get("stacktrace"), platform=platform)
    kind, value = values.line(item.get("type"), limit=200), values.text(item.get("value"))
    if not kind and not value:
        kind, value, _ = of_system(mechanism)
    handled = mechanism.get("handled")
    source = values.line(mechanism.get("source"), limit=60)
    relation = (
        ""
        if is_first
        else {"__cause__": "caused by", "__context__": "while handling"}.get(source, source or "caused by")
    )
    return ExceptionView(
        type=kind,
        value=value,
        module=values.line(item.get("module"), limit=200),
        mechanism=values.line(mechanism.get("type"), limit=80),
        is_handled=handled if isinstance(handled, bool) else None,
        relation=relation,
        runs=runs,
        left_out=left_out,
        signals=_signals(mechanism),
        registers=_registers(item.get("stacktrace")),
    )


def _runs(stacktrace: object, *, platform: str) -> tuple[tuple[FrameRun, ...], int]:
    """The frames of a stack trace, innermost first, in runs, and how many were left out."""
    raw = values.mapping(stacktrace).get("frames")
    kept = values.last_items(raw, limit=MAX_FRAMES)
    sent = [item for item in reversed(kept) if isinstance(item, dict)]
    is_marked = any(isinstance(item.get("in_app"), bool) for item in sent)
    frames = [
        _frame(item, is_app=_is_app(item, is_marked=is_marked, platform=platform), platform=platform) for item in sent
    ]
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


def _is_app(frame: Mapping[str, Any], *, is_marked: bool, platform: str) -> bool:
    """As grouping has it: an SDK in a browser cannot know, and those of compiled programs leave it to the server."""
    if is_marked and frame.get("in_app") is not True:
        return False
    found = grouped(frame, platform=platform)
    return found is not None and found.in_app


def _frame(frame: Mapping[str, Any], *, is_app: bool, platform: str) -> FrameView:
    line = values.number(frame.get("lineno"))
    data = values.mapping(frame.get("data"))
    minified = (values.line(data.get(f"orig_{part}"), limit=200) for part in ("filename", "lineno", "colno"))
    library = values.line(systems.library(values.line(frame.get("package"), limit=500)), limit=200)
    place = _place(frame)
    file = values.line(frame.get("filename") or frame.get("abs_path"), limit=300)
    return FrameView(
        place=place or library or "<unknown>",
        function=values.line(frame.get("function") or frame.get("raw_function"), limit=200) or "?",
        line=line,
        column=values.number(frame.get("colno")),
        in_app=is_app,
        source=_source(frame, line, language=highlighting.language(file, platform=platform)),
        variables=values.pairs(frame.get("vars"), limit=60),
        library=library if place else "",
        address=_address(frame.get("instruction_addr")),
        original=":".join(part for part in minified if part),
        file=file,
    )


def _place(frame: Mapping[str, Any]) -> str:
    """The file; led by the class or module where the file's name alone says too little, as Java's does."""
    file = values.line(frame.get("filename") or frame.get("abs_path"), limit=300)
    module = values.line(frame.get("module"), limit=300)
    if module and "." in module and file and "/" not in file and "\\" not in file:
        return f"{module} ({file})"
    return file or module


def _source(frame: Mapping[str, Any], line: int | None, *, language: str) -> tuple[SourceLine, ...]:
    hit = frame.get("context_line")
    if not isinstance(hit, str):
        return ()
    before = [values.text(code, limit=_LINE) for code in values.last_items(frame.get("pre_context"), limit=10)]
    after = [values.text(code, limit=_LINE) for code in values.items(frame.get("post_context"), limit=10)]
    start = line - len(before) if line is not None else None
    lines = [*before, values.text(hit, limit=_LINE), *after]
    return tuple(
        SourceLine(None if start is None else start + i, code, i == len(before), parts)
        for i, (code, parts) in enumerate(zip(lines, highlighting.lines(tuple(lines), language), strict=True))
    )
