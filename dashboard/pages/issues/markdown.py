"""An event as Markdown, to paste into a ticket or a chat. Fences outgrow whatever they hold."""

import re2

from dashboard.pages.issues.events import EventView
from dashboard.pages.issues.exceptions import ExceptionView, FrameRun

MAX_FRAMES = 40
_TICKS = re2.compile(r"`+")
_SPECIAL = re2.compile(r"([\\`*_\[\]<>#|~])")


def present(event: EventView, *, title: str, url: str) -> str:
    """The event under `title`, with a link back to `url`."""
    lines = [f"# {_plain(title)}", "", url, ""]
    facts = {
        "Level": event.level, "Environment": event.environment, "Release": event.release,
        "Transaction": event.transaction, "Event": event.event_id, "Trace": event.trace_id,
        "Time": event.at.isoformat() if event.at else "",
    }  # fmt: skip
    lines += [f"- {name}: {_code(value)}" for name, value in facts.items() if value]
    if event.message and not event.exceptions:
        lines += ["", *_fenced(event.message)]
    for exception in event.exceptions:
        lines += ["", f"## {_plain(exception.title)}", "", *_fenced(_exception(exception))]
    if event.threads and not any(exception.runs for exception in event.exceptions):
        thread = event.threads[0]
        lines += ["", f"## {_plain(thread.name)}", "", *_fenced("\n".join(_stack(thread.runs)))]
    if event.request and event.request.url:
        lines += ["", "## Request", "", _code(f"{event.request.method} {event.request.url}".strip())]
    if event.tags:
        lines += ["", "## Tags", "", *(f"- {_code(tag.name)}: {_code(tag.value)}" for tag in event.tags[:30])]
    return "\n".join(lines) + "\n"


def _exception(exception: ExceptionView) -> str:
    return "\n".join([f"{exception.title}: {exception.value}".strip(": "), *exception.signals, *_stack(exception.runs)])


def _stack(runs: tuple[FrameRun, ...]) -> list[str]:
    lines = []
    for frame in [frame for run in runs for frame in run.frames][:MAX_FRAMES]:
        mark = "→" if frame.in_app else " "
        where = f"{frame.place}{f':{frame.line}' if frame.line else ''}"
        lines.append(
            "  ".join(part for part in (f"{mark} {frame.function}", where, frame.library, frame.address) if part)
        )
        lines += [f"      {source.code.strip()}" for source in frame.source if source.is_hit and frame.in_app]
    return lines


def _fenced(text: str) -> list[str]:
    longest = max((len(run) for run in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence, text, fence]


def _code(text: str) -> str:
    one_line = " ".join(text.split())
    longest = max((len(run) for run in _TICKS.findall(one_line)), default=0)
    ticks = "`" * (longest + 1)
    return f"{ticks}{one_line}{ticks}" if not longest else f"{ticks} {one_line} {ticks}"


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
