"""The exceptions of an event, outermost last, and what of them identifies the bug."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from events.issues.grouping.frames import FIRST, SCRIPT_PLATFORMS, SECOND, Frame, frame, is_native
from events.issues.grouping.made_names import written
from events.issues.grouping.texts import in_one_wording, text, without_variables

EXCEPTIONS = 50  # the outermost ones; causes beyond are ignored
FRAMES = 256  # the innermost ones
_ANYWHERE = frozenset({
    "RecursionError", "StackOverflowError", "StackOverflowException", "SystemStackError", "MemoryError",
    "OutOfMemoryError", "OutOfMemoryException", "NoMemoryError", "KeyboardInterrupt", "SystemExit", "Interrupt",
    "SignalException", "SoftTimeLimitExceeded", "TimeLimitExceeded", "RequestTimeoutException", "ThreadAbortException",
    "ApplicationNotResponding", "AppHang", "App Hanging", "WatchdogTermination",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Thrown:
    """One exception of a chain or group."""

    type: str
    value: str
    frames: tuple[Frame, ...]
    is_script: bool
    is_synthetic: bool  # its type was invented by an SDK that had none
    in_group: bool
    code: str = ""  # an NSError's domain and code, which its type and value need not tell

    @property
    def innermost(self) -> Frame | None:
        """The frame to show for this exception."""
        return innermost(self.frames) if self.frames else None


def chain(event: dict[Any, Any], *, platform: str, version: int = 0) -> tuple[Thrown, ...]:
    """The event's exceptions, oldest first; () when it has none that says anything."""
    values = raised(event)
    mechanisms = [_mechanism(value) for value in values]
    groups: set[int] = set()
    for mechanism in reversed(mechanisms):
        own, parent = mechanism.get("exception_id"), mechanism.get("parent_id")
        is_inside = isinstance(parent, int) and parent in groups
        if isinstance(own, int) and (is_inside or mechanism.get("is_exception_group") is True):
            groups.add(own)  # what a member was caused by, or holds, is inside too
    found = (
        _thrown(value, mechanism, groups, platform=platform, version=version)
        for value, mechanism in zip(values, mechanisms, strict=True)
    )
    thrown = tuple(one for one in found if one)
    if version == FIRST or not thrown or any(one.frames for one in thrown):
        return thrown
    last = values[-1] if isinstance(values[-1], dict) else {}
    stack = _frames(_crashed(event, last.get("thread_id"), version), platform=platform, version=version)
    return (*thrown[:-1], replace(thrown[-1], frames=stack)) if stack else thrown


def _crashed(event: dict[Any, Any], thread_id: object, version: int) -> object:
    """The stack of the thread that an exception without one was thrown in, else of the one that crashed, else the only
    one there is. An id may be a number here and a text there."""
    found = [t for t in threads_of(event) if isinstance(t, dict) and t.get("stacktrace")]
    crashed = [t for t in found if t.get("crashed") is True]
    if version == SECOND:
        chosen = [t for t in found if thread_id is not None and t.get("id") == thread_id] or crashed
    else:
        own = [t for t in found if thread_id is not None and str(t.get("id")) == str(thread_id)]
        chosen = own or crashed or (found if len(found) == 1 else [])
    return chosen[0]["stacktrace"] if chosen else None


def raised(event: Mapping[Any, Any]) -> list[Any]:
    """The event's exceptions in any form, the outermost ones, as they were sent."""
    holder = event.get("exception", event.get("sentry.interfaces.Exception"))
    values = holder.get("values", [holder]) if isinstance(holder, dict) else holder
    return values[-EXCEPTIONS:] if isinstance(values, list) else []


def threads_of(event: dict[Any, Any]) -> list[Any]:
    """The event's threads in either form."""
    threads = event.get("threads")
    values = threads.get("values") if isinstance(threads, dict) else threads
    return values if isinstance(values, list) else []


def components(chain: tuple[Thrown, ...], *, version: int = 0) -> tuple[str, ...]:
    """What identifies the chain. The members of an exception group count as a set: their number and order vary."""
    by_frames = any(thrown.frames for thrown in chain)
    blocks = [_block(thrown, by_frames=by_frames, version=version) for thrown in chain]
    members = sorted({block for block, thrown in zip(blocks, chain, strict=True) if thrown.in_group})
    others = [block for block, thrown in zip(blocks, chain, strict=True) if not thrown.in_group]
    return tuple(line for block in [*members, *dict.fromkeys(others)] for line in block)


def bare_stack(event: dict[Any, Any], *, platform: str, version: int = 0) -> tuple[Frame, ...]:
    """The stack of an event without exceptions: its own, or that of the thread that crashed or was current."""
    own = _frames(event.get("stacktrace"), platform=platform, version=version)
    if own:
        return own
    threads = threads_of(event)
    listed = threads[:EXCEPTIONS] if version == FIRST else threads
    running = [t for t in listed if isinstance(t, dict) and t.get("stacktrace")]
    running.sort(key=lambda t: (t.get("crashed") is not True, t.get("current") is not True))
    return _frames(running[0]["stacktrace"], platform=platform, version=version) if running else ()


def innermost(frames: tuple[Frame, ...]) -> Frame:
    """The last in-app frame, else the last frame."""
    return next((found for found in reversed(frames) if found.in_app), frames[-1])


def stack_lines(frames: tuple[Frame, ...]) -> tuple[str, ...]:
    """What is hashed of a stack: its frames, and the source line of the innermost of them."""
    chosen = _chosen(frames)
    line = chosen[-1].line if chosen else ""
    return (*words(frames), *((f"line {line}",) if line else ()))


def words(frames: tuple[Frame, ...]) -> tuple[str, ...]:
    """The in-app frames (all when none is), each once, so that the depth of a recursion does not count."""
    return tuple(dict.fromkeys(f"frame {found.words}" for found in _hashed(frames)))


def _chosen(frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
    listed = tuple(found for found in frames if not is_native(found)) or frames
    chosen = tuple(found for found in listed if found.in_app) or listed
    # Chrome continues a stack over `await`, other engines do not: the last part is what all of them have.
    resumed = max((index for index, found in enumerate(chosen[:-1]) if found.resumed), default=-1)
    return chosen[resumed + 1 :]


def _hashed(frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
    # Nameless frames (arrows, top levels, handlers) differ between engines; the named ones tell enough.
    here = _chosen(frames)
    return tuple(found for found in here if found.name) or here


def _block(thrown: Thrown, *, by_frames: bool, version: int) -> tuple[str, ...]:
    message = in_one_wording(thrown.value) if thrown.is_script else thrown.value
    kind = "RangeError" if message == "too much recursion" and thrown.is_script else thrown.type
    lines = [] if thrown.is_synthetic and thrown.frames else [f"exception {kind}"]
    lines += words(thrown.frames)
    if version == FIRST:
        is_weak = thrown.is_script and not any(found.name for found in thrown.frames)
    else:
        is_weak = not any(found.name for found in _hashed(thrown.frames))
        lines[1:1] = [f"code {thrown.code}"] if thrown.code else []
        chosen = _chosen(thrown.frames)
        if chosen and chosen[-1].line and not _strikes_anywhere(kind, message):
            lines.append(f"line {chosen[-1].line}")
    # Nameless frames say no more than the file: there the message without its variables must tell bugs apart.
    if not by_frames or (thrown.frames and is_weak):
        lines.append(f"message {without_variables(message)}")
    return tuple(lines)


def _strikes_anywhere(kind: str, message: str) -> bool:
    """Whether such an error hits whatever line runs at the time: a full stack, no memory left, a time that is over."""
    return kind.rsplit(".", 1)[-1].rsplit("\\", 1)[-1] in _ANYWHERE or message == "too much recursion"


def _mechanism(value: object) -> dict[Any, Any]:
    mechanism = value.get("mechanism") if isinstance(value, dict) else None
    return mechanism if isinstance(mechanism, dict) else {}


def _thrown(
    value: object, mechanism: dict[Any, Any], groups: set[int], *, platform: str, version: int
) -> Thrown | None:
    if not isinstance(value, dict):
        return None
    kind, message, code = text(value.get("type"), limit=256), text(value.get("value")), ""
    frames = _frames(value.get("stacktrace"), platform=platform, version=version)
    if version != FIRST:
        kind = written(kind) if "@" in kind or "$" in kind else kind
        named, said, code = of_system(mechanism)
        if not kind and not message:
            kind, message = named, said
    if not (kind or message or frames):
        return None
    return Thrown(
        type=kind,
        value=message,
        frames=frames,
        is_script=platform in SCRIPT_PLATFORMS,
        is_synthetic=mechanism.get("synthetic") is True,
        in_group=isinstance(parent := mechanism.get("parent_id"), int) and parent in groups,
        code=code,
    )


def of_system(mechanism: Mapping[Any, Any]) -> tuple[str, str, str]:
    """What the operating system says of an error: type, value, and an NSError's identity."""
    meta = mechanism.get("meta")
    parts = {name: part for name, part in meta.items() if isinstance(part, dict)} if isinstance(meta, dict) else {}
    error = parts.get("ns_error", {})
    domain, number = text(error.get("domain"), limit=200), text(error.get("code"), limit=40)
    if domain or number:
        return domain or "NSError", f"Code {number}" if number else "", f"{domain} {number}"
    for name in ("mach_exception", "signal", "errno"):
        part = parts.get(name, {})
        said = (
            text(part.get("name"), limit=100)
            or text(part.get("exception"), limit=40)
            or text(part.get("number"), limit=40)
        )
        if said:
            return said if not said.lstrip("-").isdecimal() else f"{name} {said}", "", ""
    return "", "", ""


def _frames(stacktrace: object, *, platform: str, version: int = 0) -> tuple[Frame, ...]:
    raw = stacktrace.get("frames") if isinstance(stacktrace, dict) else None
    if not isinstance(raw, list):
        return ()
    found = (frame(item, platform=platform, version=version) for item in raw[-FRAMES:])
    return tuple(item for item in found if item)
