"""What `make test` needs besides Python is found, or named in one line before any test runs."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from formaos_obs.environment import BASE_DIR
from formaos_obs.tests.provision import _gist

PROGRAM = "import sys; from pathlib import Path; from formaos_obs.tests.provision import provide; "
PROGRAM += "provide(Path.cwd(), tools=Path(sys.argv[1]))"
NOBODY = "http://127.0.0.1:1"  # where nothing listens: the index, the registry and the downloads of these tests


@dataclass(frozen=True)
class Machine:
    """A machine on which only `installed` is installed, and which reaches no registry."""

    folder: Path

    @property
    def installed(self) -> Path:
        return self.folder / "installed"

    @property
    def tools(self) -> Path:
        return self.folder / "tools"

    def has(self, name: str, program: str | None = None) -> Path:
        """Install the real program, or a script in its place."""
        path = self.installed / name
        if program is None:  # with the PATH that it was installed for: Debian's Chromium is a script that wants tools
            real = shutil.which("chromium" if "chrom" in name else name) or name
            program = f'PATH={shlex.quote(os.environ["PATH"])} exec {shlex.quote(real)} "$@"'
        path.write_text(f"#!/bin/sh\n{program}\n")
        path.chmod(0o755)
        return path

    def provide(self, **environment: str) -> subprocess.CompletedProcess[str]:
        home = self.folder / "home"
        kept = {name: os.environ[name] for name in ("LANG", "PLAYWRIGHT_NODEJS_PATH") if name in os.environ}
        closed = {
            "PATH": f"{self.installed}:{self.folder / 'core'}", "HOME": str(home),
            "PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": NOBODY, "npm_config_registry": NOBODY,
            "PLAYWRIGHT_DOWNLOAD_HOST": NOBODY, "PLAYWRIGHT_BROWSERS_PATH": str(home / "browsers"),
        }  # fmt: skip
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, str(self.tools / "bin")], cwd=BASE_DIR, env=kept | closed | environment,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    for name in ("installed", "core", "home"):
        (tmp_path / name).mkdir()
    for name in ("sh", "env", "cat", "basename", "dirname", "readlink", "uname", "ls", "mkdir", "expr", "sed", "grep"):
        if found := shutil.which(name):
            (tmp_path / "core" / name).symlink_to(found)
    return Machine(tmp_path)


@pytest.fixture
def with_node(machine: Machine) -> Machine:
    for name in ("node", "npm", "npx"):
        machine.has(name)
    return machine


def test_what_is_installed_is_taken_and_nothing_is_fetched(with_node: Machine) -> None:
    with_node.has("chromium")
    done = with_node.provide()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert {path.name for path in (with_node.tools / "bin").iterdir()} <= {"chromium", "playwright-node"}
    assert sorted(path.name for path in with_node.tools.iterdir()) == ["bin"]
    version = subprocess.run([with_node.tools / "bin" / "chromium", "--version"], capture_output=True, text=True)
    assert re.search(r"\d+\.\d+\.\d+\.\d+", version.stdout)


def test_a_broken_browser_is_passed_by_for_one_that_starts(with_node: Machine) -> None:
    with_node.has("chromium", "exit 1")
    chrome = with_node.has("google-chrome")
    assert with_node.provide().returncode == 0
    assert str(chrome) in (with_node.tools / "bin" / "chromium").read_text()


def test_the_browser_that_was_named_is_the_one(with_node: Machine) -> None:
    with_node.has("chromium", "exit 1")
    named = with_node.has("my-chromium")
    assert with_node.provide(CHROMIUM="my-chromium").returncode == 0
    assert str(named) in (with_node.tools / "bin" / "chromium").read_text()


@pytest.mark.parametrize("named", ["/nowhere/chromium", "broken"])
def test_a_named_browser_that_does_not_start_is_refused_in_a_line(with_node: Machine, named: str) -> None:
    with_node.has("chromium")
    with_node.has("broken", "exit 1")
    done = with_node.provide(CHROMIUM=named)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("CHROMIUM does not start: ")
    assert named in line
    assert line.endswith("Cure: name one that does, or leave it out")


def test_no_browser_to_be_had_is_one_line_with_every_way_and_the_cure(with_node: Machine) -> None:
    with_node.has("chromium", "echo error while loading shared libraries: libnss3.so >&2; exit 127")
    done = with_node.provide()
    assert done.returncode == 1
    line = done.stderr.splitlines()[-1]
    assert line.startswith(f"make test needs a browser, and none starts: {with_node.installed}/chromium (")
    for way in ("playwright install chromium (", "npm ci @sparticuz/chromium ("):
        assert way in line
    assert line.endswith("Cure: install chromium, or name one: CHROMIUM=/path/to/chromium make test")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("version", ["v18.20.4", "nonsense", ""])
def test_a_node_too_old_and_no_other_to_be_had_is_one_line_with_the_cure(machine: Machine, version: str) -> None:
    machine.has("node", f"echo {version}")
    machine.has("npm", "exit 0")
    machine.has("npx", "exit 0")
    done = machine.provide()
    assert done.returncode == 1
    line = done.stderr.splitlines()[-1]
    assert line.startswith("make test needs Node.js and npm: ")
    assert line.endswith("Cure: install Node.js 20.19 or later with npm, or let pip reach a package index")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("complaint", "gist"),
    [
        ("", "it said nothing"),
        ("one\ntwo", "one"),
        ("Fetching …\n\x1b[31mError: getaddrinfo ENOTFOUND cdn\x1b[0m\n  at Get", "Error: getaddrinfo ENOTFOUND cdn"),
        ("Call log:\n  - libnss3.so: cannot open shared object file", "libnss3.so: cannot open shared object file"),
        ("error " + "x" * 500, "error " + "x" * 194),
    ],
)  # fmt: skip
def test_the_gist_of_a_complaint_is_one_short_line(complaint: str, gist: str) -> None:
    assert _gist(complaint) == gist
