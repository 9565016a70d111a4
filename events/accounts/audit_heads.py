"""Heads of the audit trail, noted where whoever alters the database does not reach: a cut tail shows against them.

A head is the number and mac of the last entry. It goes to a file in the var folder, to the log, and to the file that
OBS_AUDIT_HEADS names; an address named there is sent to by `alerts.delivery.audit_heads`. What is read back may be a
file of heads or any log that holds the lines.
"""

import logging
import os
import re
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from events.accounts import audit

logger = logging.getLogger(__name__)

# At the end of a line, whatever a log puts before it.
_LINE = re.compile(r"(?:^|\s)(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00) (?P<id>\d{1,19}) (?P<mac>[0-9a-f]{64})\s*$")


def path() -> Path:
    """The file that this installation keeps by itself."""
    return Path(settings.OBS_VAR_DIR) / "audit_heads.log"


def named_file() -> Path | None:
    """The file that the operator named, if it is one."""
    named = settings.OBS_AUDIT_HEADS
    return Path(named) if named and "://" not in named else None


def note(*, now: datetime) -> str:
    """The line of the head, written to the log and to each file whose last head is another.

    It is a warning, because workers write warnings: a head that stays in the process tells nobody anything.
    """
    line = line_of(audit.head(), now=now)
    logger.warning("Audit head %s", line)
    for file in filter(None, (path(), named_file())):
        try:
            _append(file, line)
        except OSError as error:
            logger.error("The audit head could not be written to %s: %s", file, error.strerror)
    return line


def line_of(head: audit.Head, *, now: datetime) -> str:
    return f"{now.astimezone(UTC).isoformat(timespec='seconds')} {head.entry_id} {head.mac}"


def default_files() -> list[Path]:
    """The files of heads that exist, this installation's and the operator's."""
    return [file for file in (path(), named_file()) if file and file.exists()]


def read(file: Path, *, is_log: bool = False) -> list[audit.Head]:
    """The heads in `file`, oldest first. Raises ValueError on a line that is none, which only a log may have."""
    with file.open(encoding="utf-8", errors="replace") as lines:
        return list(_heads(lines, file, is_log=is_log))


def _heads(lines: Iterator[str], file: Path, *, is_log: bool) -> Iterator[audit.Head]:
    for line in lines:
        found = _LINE.search(line)
        if found:
            yield audit.Head(int(found["id"]), found["mac"], found["at"])
        elif line.strip() and not is_log:
            raise ValueError(f"{file} holds a line that is not a head; a log is read with --log")


def _append(file: Path, line: str) -> None:
    """Append `line`, unless the last one tells the same head: a quiet night takes no space."""
    with os.fdopen(os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "a+", encoding="ascii") as opened:
        opened.seek(max(0, opened.seek(0, os.SEEK_END) - 400))
        last = deque(opened, maxlen=1)
        if not last or last[0].split()[1:] != line.split()[1:]:
            opened.write(f"{line}\n")
            opened.flush()
            os.fsync(opened.fileno())
