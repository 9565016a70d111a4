"""docs/compatibility.md has rows of tests that exist and say what arrived, and of no others."""

import ast

import pytest

from events.tests import compatibility
from events.tests.compatibility import Row
from formaos_obs.environment import BASE_DIR

ROWS = compatibility.of_page()
FOLDERS = ("events/tests/sdk", "clients/browser/tests", "clients/python/tests")


def telling(path: str) -> set[str]:
    """The tests of a file that ask for `arrived`."""
    tree = ast.parse((BASE_DIR / path).read_text())
    return {
        f"{path}::{node.name}"
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and "arrived" in {given.arg for given in node.args.args}
    }


def test_every_line_of_the_table_is_a_row() -> None:
    _, _, table = compatibility.PAGE.read_text().partition(f"{compatibility.HEAD}\n|---|---|---|---|\n")
    assert table == "".join(f"{row}\n" for row in ROWS)
    assert len(ROWS) > 20
    assert len(set(ROWS)) == len(ROWS)


def test_the_page_has_rows_of_all_tests_that_tell_and_of_no_others() -> None:
    files = sorted(
        {str(file.relative_to(BASE_DIR)) for folder in FOLDERS for file in (BASE_DIR / folder).glob("test_*.py")}
    )
    tell = set().union(*(telling(path) for path in files))
    assert {row.test.partition("[")[0] for row in ROWS} == tell


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_folder_of_senders_is_on_the_page(folder: str) -> None:
    assert any(row.test.startswith(f"{folder}/") for row in ROWS)


def test_rows_of_tests_that_ran_replace_theirs_and_others_stay() -> None:
    text = f"# Tried\n\n{compatibility.HEAD}\n|---|---|---|---|\n"
    old = [Row("b", "1", "errors", "t.py::test_b"), Row("a", "1", "errors", "t.py::test_a[x]")]
    first = compatibility.written(text, old)
    again = compatibility.written(first, [Row("b", "2", "errors, spans", "t.py::test_b")])
    assert again == f"{text}{old[1]}\n| b | 2 | errors, spans | `t.py::test_b` |\n"
    assert compatibility.written(again, []) == again
