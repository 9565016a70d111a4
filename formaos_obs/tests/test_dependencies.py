"""What is installed is locked by hash, and not older than the releases that mended known holes."""

import re
from importlib.metadata import version

import pytest
from packaging.version import Version

from formaos_obs.environment import BASE_DIR

LOCKS = ["requirements", "requirements-dev", "requirements-node"]
# Package: the first release without the hole named.
FLOORS = {
    "orjson": ("3.9.15", "CVE-2024-27454, recursion without a limit"),
    "celery": ("5.2.2", "CVE-2021-23727, commands from a result backend"),
    "redis": ("4.5.4", "CVE-2023-28859, replies crossed between requests"),
    "brotli": ("1.2.0", "decompression without an output limit"),
    "Django": ("5.2.8", "CVE-2025-64459, SQL by dictionary expansion"),
    "urllib3": ("2.6.0", "CVE-2025-66418, decompression chains"),
    "cryptography": ("44.0.1", "CVE-2024-12797"),
}


@pytest.mark.parametrize("package", FLOORS)
def test_it_is_not_older_than_its_floor(package: str) -> None:
    assert Version(version(package)) >= Version(FLOORS[package][0]), FLOORS[package][1]


def _wanted(name: str) -> set[str]:
    text = re.sub(r"\s+#.*|^#.*", "", (BASE_DIR / name).read_text(), flags=re.MULTILINE)
    lines = [line.strip().lower() for line in text.splitlines() if line.strip() and not line.startswith("-r")]
    return {re.sub(r"\[.*?\]|;.*", "", line).strip() for line in lines}


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_holds_what_is_wanted_each_with_hashes(name: str) -> None:
    lock = (BASE_DIR / f"{name}.lock").read_text()
    # One version of a package, or one for each range of Pythons, which a marker names.
    form = r"^([a-z0-9-]+)(?:\[.*\])?==(\S+)(?: ; .+)? \\\n    --hash=sha256:"
    locked = re.findall(form, lock, re.MULTILINE)
    packages = {package for package, _ in locked}
    assert len(locked) == len(re.findall(r"^[a-z0-9-]+(?:\[.*\])?==", lock, re.MULTILINE))
    for line in _wanted(f"{name}.txt"):
        package, _, pinned = line.partition("==")
        assert (package.replace("_", "-"), pinned) in locked or (not pinned and package in packages), line


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_names_no_registry(name: str) -> None:
    assert not re.search(r"https?://|index-url|find-links", (BASE_DIR / f"{name}.lock").read_text())
