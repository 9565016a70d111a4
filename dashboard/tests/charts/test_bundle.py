"""The drawing library is the one its recipe names, byte for byte."""

import hashlib
import json
import re
from pathlib import Path

import plotly
import pytest

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


@pytest.mark.parametrize("name", ["obs", "box", "heatmap", "sankey"])
def test_the_library_never_makes_code_from_text(name: str) -> None:
    code = (VENDOR / f"plotly-{name}-4.1.1.min.js").read_text()
    assert "new Function" not in code
    assert code.startswith("/*! plotly.js v4.1.1")


def test_the_licence_lies_beside_it() -> None:
    assert "Permission is hereby granted" in (VENDOR / "LICENSE-plotly.txt").read_text()


def test_there_is_a_part_for_every_kind_that_a_chart_draws() -> None:
    """Bars and lines are in the core; the page names the file of every other kind."""
    charts = Path(__file__).parents[2] / "charts"
    kinds = {kind for path in charts.glob("*figures.py") for kind in re.findall(r'"type": "(\w+)"', path.read_text())}
    drawn = kinds - {"bar", "scatter", "date", "category", "line", "rect"}
    named = (Path(__file__).parents[2] / "templates/dashboard/parts/chart_scripts.html").read_text()
    assert drawn == {"box", "heatmap", "sankey"}
    assert all(f"data-{kind}=" in named for kind in drawn)


def test_parts_are_small_because_they_borrow_from_the_core() -> None:
    size = {
        name: (VENDOR / f"plotly-{name}-4.1.1.min.js").stat().st_size for name in ("obs", "box", "heatmap", "sankey")
    }
    assert max(size["box"], size["heatmap"]) < 50_000
    assert size["sankey"] < 200_000
    assert size["obs"] < 1_200_000
