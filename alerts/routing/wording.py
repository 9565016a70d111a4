"""What one message of a group says: the notice's own words where it is one, a list where there are several; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from alerts.delivery import messages, notify
from alerts.delivery.messages import LEVELS, Message
from alerts.models import Notice
from alerts.routing.grouping import Said

LINES = 10
# What a kind of message is called when it is said again.
_AGAIN = {"firing": "still_firing"}


def message_of(
    said: Said, notices: Mapping[int, Notice], *, group: int, labels: Mapping[str, str], link: str, now: datetime
) -> Message:
    """The message; `notices` by key has all that are mentioned."""
    mentioned = [*said.flapping, *said.on, *said.ended]
    if len(mentioned) == 1:
        return single(notices[mentioned[0]], said, group=group, now=now)
    return several(said, notices, group=group, labels=labels, link=link, now=now)


def single(notice: Notice, said: Said, *, group: int, now: datetime) -> Message:
    own = messages.unpack(notice.payload)
    kind = "flapping" if said.flapping else _AGAIN.get(own.kind, own.kind) if said.is_repeat else own.kind
    dedup = notify.dedup_id("notice", notice.key, notice.began_at.isoformat(), kind, group, now.isoformat())
    return replace(own, kind=kind, dedup=dedup, at=now.isoformat(), thread=thread_of(group))


def thread_of(group: int) -> str:
    """What a group says is one thread, so that its end is told where its beginning was, under one name."""
    return notify.dedup_id("group", group)


def several(
    said: Said, notices: Mapping[int, Notice], *, group: int, labels: Mapping[str, str], link: str, now: datetime
) -> Message:
    """One message that lists them: what is new first, then what lasts, flaps and is over."""
    lasting = [key for key in said.on if key not in said.new]
    parts = [("Fires", said.new), ("Still fires", lasting), ("Flapping", said.flapping), ("Ended", said.ended)]
    lines = [f"{word}: {_line(notices[key])}" for word, keys in parts for key in keys]
    counts = [(len(said.on), "firing"), (len(said.flapping), "flapping"), (len(said.ended), "ended")]
    about = ", ".join(f"{name} {value}" for name, value in labels.items() if value)
    title = ", ".join(f"{count} {word}" for count, word in counts if count)
    is_on = bool(said.on or said.flapping)
    kind = ("still_firing" if said.is_repeat else "firing") if is_on else "alert_ended"
    all_told = [messages.unpack(notices[key].payload) for key in (*said.on, *said.flapping, *said.ended)]
    judged = all_told[: len(said.on) + len(said.flapping)] or all_told
    dedup = notify.dedup_id("group", group, kind, now.isoformat(), *sorted(notices[key].key for key in said.on))
    return Message(
        kind=kind,
        dedup=dedup,
        title=f"{title}: {about}" if about else title,
        project=all_told[0].project,
        at=now.isoformat(),
        level=_worst([one.level for one in judged]),
        thread=thread_of(group),
        environment=_common([one.environment for one in all_told]),
        release=_common([one.release for one in all_told]),
        link=link,
        lines=tuple(lines[:LINES]),
        more_count=max(0, len(lines) - LINES),
    )


def escalated(notice: Notice, *, after_minutes: int, step: int, group: int, now: datetime) -> Message:
    """What those hear who come in when nobody has."""
    own = messages.unpack(notice.payload)
    kind = _AGAIN.get(own.kind, own.kind)
    dedup = notify.dedup_id("escalation", notice.key, notice.began_at.isoformat(), step)
    details = (*own.details, ("Escalated", f"nobody has looked after it for {after_minutes} min"))
    return replace(own, kind=kind, dedup=dedup, at=now.isoformat(), details=details, thread=thread_of(group))


def _line(notice: Notice) -> str:
    own = messages.unpack(notice.payload)
    return f"{own.title} ({own.reason})" if own.reason else own.title


def _worst(levels: Sequence[str]) -> str:
    known = [level for level in levels if level in LEVELS]
    return max(known, key=LEVELS.index, default="error")


def _common(values: Sequence[str]) -> str:
    return values[0] if len(set(values)) == 1 else ""
