"""The npm packages that tests drive: pinned, installed once per lock file, for all workers and runs."""

import base64
import hashlib
import shutil
import subprocess
from pathlib import Path

from formaos_obs.tests import archives, workers


def installed(source: Path, *, name: str) -> Path:
    """The `node_modules` of what the package.json and the lock file in `source` name."""
    lock = (source / "package-lock.json").read_bytes()
    folder = workers.SHARED / f"{name}-{hashlib.sha256(lock).hexdigest()[:12]}"
    with workers.one_at_a_time(name):
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for file in ("package.json", "package-lock.json"):
                shutil.copy(source / file, folder)
            subprocess.run(["npm", "ci", "--ignore-scripts", "--silent"], cwd=folder, check=True, timeout=300)
            (folder / "complete").touch()
    return folder / "node_modules"


def unpacked(package: str, version: str, integrity: str) -> Path:
    """The folder of one published package, without what it stands on; `integrity` is its SHA-512 in base64."""
    folder = workers.SHARED / f"npm-{package}-{version}"
    with workers.one_at_a_time(f"npm-{package}"):
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            subprocess.run(["npm", "pack", "--silent", f"{package}@{version}"], cwd=folder, check=True, timeout=300)
            [archive] = folder.glob("*.tgz")
            assert base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() == integrity
            with archive.open("rb") as file:
                archives.unpack(file, folder)
            (folder / "complete").touch()
    return folder / "package"
