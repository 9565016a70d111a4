"""docs/security.md counts its requirements rightly; that its tests exist is looked at in test_promises.py."""

import ast
import re

from formaos_obs.environment import BASE_DIR

PAGE = (BASE_DIR / "docs/security.md").read_text()


def test_the_count_is_right() -> None:
    rows = re.findall(r"^\| \d+\.\d+\.\d+ \| .+ \| (.+) \|$", PAGE, re.MULTILINE)
    tested = [row for row in rows if row != "none"]
    assert f"**{len(tested)} of {len(rows)} with an automated test.**" in PAGE


def test_each_test_of_an_advisory_says_whose_it_was() -> None:
    for path in re.findall(r"`(\w+/tests/test_advisories\.py)`", PAGE):
        tree = ast.parse((BASE_DIR / path).read_text())
        tests = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
        assert [node.name for node in tests if not ast.get_docstring(node)] == []
