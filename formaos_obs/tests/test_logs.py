"""Log lines are scrubbed and stay one line."""

import logging
import sys

import pytest

from formaos_obs.logs import LIMIT, Formatter


def _format(message: str, **extra: object) -> str:
    record = logging.LogRecord("obs", logging.WARNING, __file__, 1, message, (), extra.get("exc_info"))  # type: ignore[arg-type]
    return Formatter("%(levelname)s %(message)s").format(record)


@pytest.mark.parametrize("mark", ["\r", "\n", "\r\n", "\x00", "\x1b[31m", "\u2028", "\x85"])
def test_a_message_cannot_begin_another_line(mark: str) -> None:
    line = _format(f"first{mark}WARNING forged")
    assert len(line.splitlines()) == 1
    assert line.isprintable()


def test_secrets_do_not_reach_the_log() -> None:
    secret = "ghp_" + "aB3" * 12
    assert secret not in _format(f"push failed with token {secret} for jane@example.org")
    assert "jane@example.org" not in _format("hello jane@example.org")


def test_a_traceback_is_on_the_same_line() -> None:
    try:
        raise ValueError("line one\nline two")
    except ValueError:
        line = _format("failed", exc_info=sys.exc_info())
    assert "ValueError: line one\\nline two" in line
    assert "\n" not in line


def test_a_long_message_is_cut() -> None:
    assert len(_format("x " * LIMIT)) <= LIMIT
