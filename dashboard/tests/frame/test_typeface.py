"""The pages bring their typefaces and pictures along: small, whole, under licences that lie beside them."""

import hashlib
from pathlib import Path

import pytest
import re2

from dashboard.frame import navigation

STATIC = Path(__file__).parents[2] / "static/dashboard"
TEMPLATES = Path(__file__).parents[2] / "templates/dashboard"
CSS = (STATIC / "typeface.css").read_text()


@pytest.mark.parametrize("folder", ["fonts", "icons"])
def test_each_file_is_the_one_that_was_built(folder: str) -> None:
    listed = dict(reversed(line.split("  ")) for line in (STATIC / folder / "SHA256SUMS").read_text().splitlines())
    assert {path.name for path in (STATIC / folder).iterdir()} == {*listed, "SHA256SUMS"}
    for name, digest in listed.items():
        assert hashlib.sha256((STATIC / folder / name).read_bytes()).hexdigest() == digest, name


def test_the_licences_are_open() -> None:
    for name in ("inter", "jetbrains-mono"):
        assert "SIL OPEN FONT LICENSE" in (STATIC / f"fonts/LICENSE-{name}.txt").read_text().upper()
    assert (STATIC / "icons/LICENSE-lucide.txt").read_text().startswith("ISC License")


def test_all_faces_together_stay_small() -> None:
    assert sum(path.stat().st_size for path in (STATIC / "fonts").glob("*.woff2")) < 120_000


def test_text_is_shown_before_its_face_has_come() -> None:
    named = re2.findall(r'url\("(fonts/[^"]+)"\)', CSS)
    assert {(STATIC / name).name for name in named} == {path.name for path in (STATIC / "fonts").glob("*.woff2")}
    assert CSS.count("font-display: swap") == CSS.count("url(") == len(named)
    assert "//" not in CSS
    assert named[0] in (TEMPLATES / "frame/typeface.html").read_text()


def test_each_picture_that_a_page_names_is_there() -> None:
    drawn = set(re2.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons/lucide-1.62.0.svg").read_text()))
    pages = "".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
    named = set(re2.findall(r'{% icon "([\w-]+)" %}', pages)) | {page.icon for page in navigation.PROJECT_PAGES}
    assert named
    assert named <= drawn
