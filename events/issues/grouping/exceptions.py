"""The exceptions of an event, outermost last, and what of them identifies the bug."""

from dataclasses import dataclass
from typing import Any

from events.issues.grouping.frames import SCRIPT_PLATFORMS, Frame, frame, is_native
from events.issues.grouping.texts import in_one_wording, text, without_variables

EXCEPTIONS = 50  # the outermost ones; causes beyond are ignored
FRAMES = 256  # the innermost ones


@dataclass(frozen=True, slots=True)
class Thrown:
    """One exception of a chain or group."""

    type: str
    value: str
    frames: tuple[Frame, ...]
    is_script: bool
    is_synthetic: bool  # its type was invented by an SDK that had none
    in_group: bool

    @property
    def innermost(self) -> Frame | None:
        """The frame to show for this exception."""
        return innermost(self.frames) if self.frames else None


def chain(event: dict[Any, Any], *, platform: str) -> tuple[Thrown, ...]:
    """The event's exceptions, oldest first; () when it has none that says anything."""
    holder = event.get("exception", event.get("sentry.interfaces.Exception"))
    values = holder.get("values", [holder]) if isinstance(holder, dict) else holder
    if not isinstance(values, list):
        return ()
    mechanisms = [_mechanism(value) for value in values[-EXCEPTIONS:]]
    groups: set[int] = set()
    for mechanism in reversed(mechanisms):
        own, parent = mechanism.get("exception_id"), mechanism.get("parent_id")
        is_inside = isinstance(parent, int) and parent in groups
        if isinstance(own, int) and (is_inside or mechanism.get("is_exception_group") is True):
            groups.add(own)  # what a member was caused by, or holds, is inside too
    found = (
        _thrown(value, mechanism, groups, platform=platform)
        for value, mechanism in zip(values[-EXCEPTIONS:], mechanisms, strict=True)
    )
    return tuple(thrown for thrown in found if thrown)


def components(chain: tuple[Thrown, ...]) -> tuple[str, ...]:
    """What identifies the chain. The members of an exception group count as a set: their number and order vary."""
    by_frames = any(thrown.frames for thrown in chain)
    blocks = [_block(thrown, by_frames=by_frames) for thrown in chain]
    members = sorted({block for block, thrown in zip(blocks, chain, strict=True) if thrown.in_group})
    others = [block for block, thrown in zip(blocks, chain, strict=True) if not thrown.in_group]
    return tuple(line for block in [*members, *dict.fromkeys(others)] for line in block)


def bare_stack(event: dict[Any, Any], *, platform: str) -> tuple[Frame, ...]:
    """The stack of an event without exceptions: its own, or that of the thread that crashed or was current."""
    own = _frames(event.get("stacktrace"), platform=platform)
    if own:
        return own
    threads = event.get("threads")
    values = threads.get("values") if isinstance(threads, dict) else threads
    if not isinstance(values, list):
        return ()
    running = [t for t in values[:EXCEPTIONS] if isinstance(t, dict) and t.get("stacktrace")]
    running.sort(key=lambda t: (t.get("crashed") is not True, t.get("current") is not True))
    return _frames(running[0]["stacktrace"], platform=platform) if running else ()


def innermost(frames: tuple[Frame, ...]) -> Frame:
    """The last in-app frame, else the last frame."""
    return next((found for found in reversed(frames) if found.in_app), frames[-1])


def words(frames: tuple[Frame, ...]) -> tuple[str, ...]:
    """The in-app frames (all when none is), each once, so that the depth of a recursion does not count."""
    listed = [found for found in frames if not is_native(found)] or frames
    chosen = [found for found in listed if found.in_app] or listed
    # Chrome continues a stack over `await`, other engines do not: the last part is what all of them have.
    resumed = max((index for index, found in enumerate(chosen[:-1]) if found.resumed), default=-1)
    here = chosen[resumed + 1 :]
    # Nameless frames (arrows, top levels, handlers) differ between engines; the named ones tell enough.
    return tuple(dict.fromkeys(found.words for found in [found for found in here if found.name] or here))


def _block(thrown: Thrown, *, by_frames: bool) -> tuple[str, ...]:
    message = in_one_wording(thrown.value) if thrown.is_script else thrown.value
    kind = "RangeError" if message == "too much recursion" and thrown.is_script else thrown.type
    lines = [] if thrown.is_synthetic and thrown.frames else [f"exception {kind}"]
    lines += [f"frame {line}" for line in words(thrown.frames)]
    # Nameless script frames say no more than the file: there the message without its variables must tell bugs apart.
    is_weak = thrown.is_script and not any(found.name for found in thrown.frames)
    if not by_frames or (thrown.frames and is_weak):
        lines.append(f"message {without_variables(message)}")
    return tuple(lines)


def _mechanism(value: object) -> dict[Any, Any]:
    mechanism = value.get("mechanism") if isinstance(value, dict) else None
    return mechanism if isinstance(mechanism, dict) else {}


def _thrown(value: object, mechanism: dict[Any, Any], groups: set[int], *, platform: str) -> Thrown | None:
    if not isinstance(value, dict):
        return None
    kind, message = text(value.get("type"), limit=256), text(value.get("value"))
    frames = _frames(value.get("stacktrace"), platform=platform)
    if not (kind or message or frames):
        return None
    return Thrown(
        type=kind,
        value=message,
        frames=frames,
        is_script=platform in SCRIPT_PLATFORMS,
        is_synthetic=mechanism.get("synthetic") is True,
        in_group=isinstance(parent := mechanism.get("parent_id"), int) and parent in groups,
    )


def _frames(stacktrace: object, *, platform: str) -> tuple[Frame, ...]:
    raw = stacktrace.get("frames") if isinstance(stacktrace, dict) else None
    if not isinstance(raw, list):
        return ()
    found = (frame(item, platform=platform) for item in raw[-FRAMES:])
    return tuple(item for item in found if item)
