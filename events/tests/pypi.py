"""Packages of PyPI that tests drive and that cannot live beside ours: each in a folder of its own, by its lock file."""

import hashlib
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from formaos_obs.tests import workers

LOCKS = Path(__file__).parent / "sdk" / "pypi"


def installed(name: str) -> Path:
    """The folder with what `sdk/pypi/<name>.lock` names: a PYTHONPATH for a Python that is started with `-S`."""
    lock = LOCKS / f"{name}.lock"
    folder = workers.SHARED / f"pypi-{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    with workers.one_at_a_time(f"pypi-{name}"):
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
            command += ["--require-hashes", "--target", str(folder), "--requirement", str(lock)]
            subprocess.run(command, check=True, timeout=300)
            (folder / "complete").touch()
    return folder


def version(folder: Path, name: str) -> str:
    """The version of a package in a folder."""
    [found] = metadata.distributions(name=name, path=[str(folder)])
    return found.version
