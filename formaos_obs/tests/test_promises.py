"""The pages that promise something name, for each promise, tests that exist and run."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from formaos_obs.environment import BASE_DIR

PAGES = ("security", "scrubbing", "audit", "people", "performance-intake")
_TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")
_LEFT_OUT = {"skip", "skipif", "xfail", "importorskip"}


def text(page: str) -> str:
    return (BASE_DIR / "docs" / f"{page}.md").read_text()


def promises(page: str) -> list[str]:
    """The rows of a page's tables of promises."""
    rows, inside = [], False
    for line in text(page).splitlines():
        if line in ("| Promise | Test |", "| Threat | Control | Test |"):
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not line.startswith("|---"):
            rows.append(line)
    return rows


NAMED = sorted({(page, *named) for page in PAGES for named in _TEST.findall(text(page))})


@cache
def tree(path: str) -> ast.Module:
    return ast.parse((BASE_DIR / path).read_text())


def is_left_out(node: ast.AST) -> bool:
    """Whether something below is skipped, or expected to fail."""
    named = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
    called = {each.func.id for each in ast.walk(node) if isinstance(each, ast.Call) and isinstance(each.func, ast.Name)}
    return bool((named | called) & _LEFT_OUT)


def marks(module: ast.Module) -> list[ast.AST]:
    """What `pytestmark` of a module says."""
    assigned = (node for node in module.body if isinstance(node, ast.Assign))
    return [
        node.value
        for node in assigned
        if any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets)
    ]


@pytest.mark.parametrize(("page", "path", "name"), NAMED, ids=lambda part: part.rpartition("/")[2])
def test_the_test_named_exists_and_runs(page: str, path: str, name: str) -> None:
    assert re.fullmatch(r"test_\w+\.py", Path(path).name), "pytest does not collect it"
    (found,) = (node for node in tree(path).body if isinstance(node, ast.FunctionDef) and node.name == name)
    assert name.startswith("test_")
    assert not is_left_out(found)
    assert not any(is_left_out(mark) for mark in marks(tree(path)))


@pytest.mark.parametrize("page", PAGES)
def test_each_promise_has_a_test(page: str) -> None:
    rows = promises(page)
    assert len(rows) >= 10
    assert [row for row in rows if not _TEST.search(row.rpartition(" | ")[2])] == []


@pytest.mark.parametrize("page", PAGES)
def test_no_promise_is_made_twice(page: str) -> None:
    said = [row.split(" | ")[0] for row in promises(page)]
    assert len(said) == len(set(said))


@pytest.mark.parametrize("word", ["skip", "xfail"])
@pytest.mark.parametrize(
    "code", ["@pytest.mark.{}\ndef test_it(): ...", "def test_it():\n    pytest.{}()", "def test_it():\n    {}()"]
)
def test_a_skip_is_seen(code: str, word: str) -> None:
    assert is_left_out(ast.parse(code.format(word)))
