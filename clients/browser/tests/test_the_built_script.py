"""The committed script: within its budget, as its sources build it, with its checksum and licence, served to last."""

import gzip
import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import brotli
import pytest
from django.test import Client

from clients.browser.tests.conftest import BUILT, SCRIPT, SOURCE

BUDGET = 6000


def test_it_keeps_its_budget() -> None:
    assert len(gzip.compress(SCRIPT.read_bytes(), 9)) <= BUDGET


def test_each_file_has_its_checksum() -> None:
    listed = dict(reversed(line.split("  ")) for line in (BUILT / "SHA256SUMS").read_text().splitlines())
    assert {path.name for path in BUILT.iterdir()} == {*listed, "SHA256SUMS"}
    for name, digest in listed.items():
        assert hashlib.sha256((BUILT / name).read_bytes()).hexdigest() == digest, name


def test_the_compressed_forms_are_the_same_script() -> None:
    script = SCRIPT.read_bytes()
    assert gzip.decompress(SCRIPT.with_name(f"{SCRIPT.name}.gz").read_bytes()) == script
    assert brotli.decompress(SCRIPT.with_name(f"{SCRIPT.name}.br").read_bytes()) == script


def test_it_names_what_is_inside_and_its_licence() -> None:
    lock = json.loads((SOURCE / "package-lock.json").read_text())
    version = lock["packages"]["node_modules/web-vitals"]["version"]
    assert f"web-vitals {version}" in SCRIPT.read_text()[:200]
    assert "Apache License" in (BUILT / "LICENSE-web-vitals.txt").read_text()


def test_the_lock_names_no_host() -> None:
    lock = json.loads((SOURCE / "package-lock.json").read_text())
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]


def test_it_keeps_nothing_and_makes_no_code_from_text() -> None:
    assert not re.findall(
        r"cookie|localStorage|sessionStorage|indexedDB|\beval\(|new Function|innerHTML", SCRIPT.read_text()
    )


@pytest.mark.sdk
def test_the_sources_build_it_byte_for_byte(node_modules: Path, tmp_path: Path) -> None:
    source = tmp_path / "clients" / "browser"
    source.mkdir(parents=True)
    for path in SOURCE.glob("*.*"):
        if path.is_file():
            shutil.copy(path, source)
    (source / "node_modules").symlink_to(node_modules)
    subprocess.run(["node", "build.mjs"], cwd=source, check=True, capture_output=True, timeout=120)
    for path in BUILT.iterdir():
        assert (tmp_path / "events/static/clients" / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize(("encoding", "suffix"), [("br", ".br"), ("gzip", ".gz")])
def test_it_is_served_compressed_to_every_site_and_for_ever(encoding: str, suffix: str) -> None:
    response = Client().get(f"/static/clients/{SCRIPT.name}", headers={"accept-encoding": encoding})
    assert response["Content-Encoding"] == encoding
    assert response["Cache-Control"] == "max-age=315360000, public, immutable"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Content-Type"].startswith("text/javascript")
    assert b"".join(response.streaming_content) == SCRIPT.with_name(SCRIPT.name + suffix).read_bytes()
