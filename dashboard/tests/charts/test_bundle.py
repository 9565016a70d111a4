"""The drawing library is the one its recipe names, byte for byte."""

import hashlib
import json
from pathlib import Path

import plotly

VENDOR = Path(__file__).parents[2] / "static/dashboard/vendor"
RECIPE = Path(__file__).parents[2] / "bundle"


def test_each_committed_file_has_its_checksum() -> None:
    listed = dict(reversed(line.split("  ")) for line in (VENDOR / "SHA256SUMS").read_text().splitlines())
    assert {path.name for path in VENDOR.iterdir()} == {*listed, "SHA256SUMS"}
    for name, digest in listed.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name


def test_the_version_is_that_of_the_python_package() -> None:
    packaged = (Path(plotly.__file__).parent / "package_data/plotly.min.js").read_text()[:200]
    version = json.loads((RECIPE / "package.json").read_text())["dependencies"]["plotly.js"]
    assert f"plotly.js v{version}" in packaged
    assert (VENDOR / f"plotly-obs-{version}.min.js").read_text().startswith(f"/*! plotly.js v{version}")


def test_the_lock_names_no_host() -> None:
    lock = json.loads((RECIPE / "package-lock.json").read_text())
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]


def test_the_library_never_makes_code_from_text() -> None:
    code = (VENDOR / "plotly-obs-4.1.1.min.js").read_text()
    assert "new Function" not in code
    assert "Permission is hereby granted" in (VENDOR / "LICENSE-plotly.txt").read_text()
