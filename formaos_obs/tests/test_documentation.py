"""Each page of docs/ is reachable from its index, and each link leads somewhere."""

import re
from pathlib import Path

import pytest

from formaos_obs.environment import BASE_DIR

PAGES = [BASE_DIR / "README.md", BASE_DIR / "CONTRIBUTING.md", *sorted((BASE_DIR / "docs").rglob("*.md"))]


def _links(page: Path) -> list[str]:
    return [link for link in re.findall(r"\]\(([^)#\s]+)", page.read_text()) if "://" not in link]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(BASE_DIR)))
def test_links_lead_somewhere(page: Path) -> None:
    assert [link for link in _links(page) if not (page.parent / link).exists()] == []


def test_the_index_lists_each_page() -> None:
    listed = set(_links(BASE_DIR / "docs/README.md"))
    docs = BASE_DIR / "docs"
    pages = {page.relative_to(docs).as_posix() for place in ("*.md", "clients/*.md") for page in docs.glob(place)}
    assert pages - {"README.md"} <= listed
