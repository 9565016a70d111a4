"""docs/security.md names tests that exist, and counts them rightly."""

import ast
import re

import pytest

from formaos_obs.environment import BASE_DIR

PAGE = (BASE_DIR / "docs/security.md").read_text()
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("path", "name"), NAMED, ids=lambda part: part.rpartition("/")[2])
def test_the_test_named_exists(path: str, name: str) -> None:
    tree = ast.parse((BASE_DIR / path).read_text())
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_each_threat_has_a_test() -> None:
    threats = PAGE.split("## Threats")[1].split("\n## ")[0]
    rows = [line for line in threats.splitlines() if line.startswith("| ") and not line.startswith("| Threat")]
    assert len(rows) > 20
    assert [row for row in rows if "::test_" not in row] == []


def test_the_count_is_right() -> None:
    rows = re.findall(r"^\| \d+\.\d+\.\d+ \| .+ \| (.+) \|$", PAGE, re.MULTILINE)
    tested = [row for row in rows if row != "none"]
    assert f"**{len(tested)} of {len(rows)} with an automated test.**" in PAGE


def test_each_test_of_an_advisory_says_whose_it_was() -> None:
    for path in re.findall(r"`(\w+/tests/test_advisories\.py)`", PAGE):
        tree = ast.parse((BASE_DIR / path).read_text())
        tests = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
        assert [node.name for node in tests if not ast.get_docstring(node)] == []
