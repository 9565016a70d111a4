"""A lazy module is imported when something of it is used, once, whoever comes first."""

import ast
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from events.runtime.lazy import lazy

ROOT = Path(__file__).parents[3]
APPS = ("events", "analytics", "alerts", "dashboard", "formaos_obs")


def test_it_is_not_there_before_and_is_the_module_after() -> None:
    code = (
        "import sys; from events.runtime.lazy import lazy; found = lazy('xml.dom.minidom');"
        "print('xml.dom.minidom' in sys.modules); used = found.parseString;"
        "import xml.dom.minidom; print(used is xml.dom.minidom.parseString)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "True"]


def test_what_the_module_does_not_have_it_does_not_have_either() -> None:
    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = lazy("json").no_such_thing


def test_threads_that_come_first_together_see_a_whole_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slow_to_load.py").write_text("import time\nearly = 1\ntime.sleep(0.2)\nlate = 2\n")
    monkeypatch.syspath_prepend(tmp_path)
    found, seen = lazy("slow_to_load"), []
    threads = [threading.Thread(target=lambda: seen.append((found.early, found.late))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [(1, 2)] * 8


def _declared(path: Path) -> Iterator[tuple[str, str, str | None]]:
    """(name in the file, module that is imported late, module that the type checker is shown) for each lazy module."""
    for node in ast.parse(path.read_text()).body:
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            continue
        shown = {}
        for each in node.body:
            if isinstance(each, ast.Import):
                shown |= {alias.asname or alias.name: alias.name for alias in each.names}
            elif isinstance(each, ast.ImportFrom):
                shown |= {alias.asname or alias.name: f"{each.module}.{alias.name}" for alias in each.names}
        for each in node.orelse:
            assert isinstance(each, ast.Assign)
            names, calls = (list(getattr(part, "elts", [part])) for part in (each.targets[0], each.value))
            for name, call in zip(names, calls, strict=True):
                yield ast.unparse(name), ast.literal_eval(call.args[0]), shown.get(ast.unparse(name))


def test_what_is_imported_late_is_what_the_type_checker_is_shown() -> None:
    tracked = [path for app in APPS for path in sorted((ROOT / app).rglob("*.py")) if "lazy(" in path.read_text()]
    declared = [(path, *each) for path in tracked if "tests" not in path.parts for each in _declared(path)]
    assert len(declared) > 20
    assert [each for each in declared if each[2] != each[3]] == []
