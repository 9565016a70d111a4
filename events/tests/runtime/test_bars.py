"""Long commands draw a bar with rate and time left on a terminal, and nothing anywhere else."""

import os
import pty
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from events.accounts import audit
from events.runtime.bars import bar
from events.runtime.progress import unwatched
from formaos_obs.environment import BASE_DIR

CODE = "from events.runtime.bars import bar; print(sum(bar('Counting', unit='numbers')(range(1000))))"


def test_what_passes_stays_what_it_was() -> None:
    assert list(bar("x", unit="y")(iter("abc"), total=3)) == list(unwatched("abc")) == ["a", "b", "c"]


def test_on_a_terminal_a_bar_is_drawn_beside_the_output() -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        ran = subprocess.run(
            [sys.executable, "-c", CODE], stdout=subprocess.PIPE, stderr=theirs, cwd=BASE_DIR, check=True
        )
        os.close(theirs)
        shown = terminal.read(65536).decode()
    assert ran.stdout == b"499500\n"
    assert "Counting: 100%" in shown
    assert "1000/1000" in shown
    assert "numbers/s" in shown


def test_without_a_terminal_nothing_is_said() -> None:
    ran = subprocess.run([sys.executable, "-c", CODE], capture_output=True, cwd=BASE_DIR, check=True)
    assert (ran.stdout, ran.stderr) == (b"499500\n", b"")


def verify() -> None:
    audit.record("test", actor=None, now=timezone.now())
    call_command("verify_audit")


COMMANDS: list[Callable[[], Any]] = [
    verify,
    lambda: call_command("compact"),
    lambda: call_command("prune"),
    lambda: call_command("replay_dead_letters"),
    lambda: call_command("rotate_secrets"),
    lambda: call_command("seed_demo", days=1, events=5, calm=True),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("clean_redis")
def test_commands_say_what_they_did_and_no_more(capfd: pytest.CaptureFixture[str]) -> None:
    for command in COMMANDS:
        command()
        said = capfd.readouterr()
        assert said.out.count("\n") == 1
        assert said.err == ""


@pytest.mark.django_db
def test_an_export_says_how_many_rows_it_wrote(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    audit.record("test", actor=None, now=timezone.now())
    call_command("export", "audit", output=tmp_path / "audit.ndjson")
    assert capfd.readouterr().err == "1 rows.\n"
