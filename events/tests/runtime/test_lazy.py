"""A lazy module is imported when something of it is used, once, whoever comes first."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from events.runtime.lazy import lazy


def test_it_is_not_there_before_and_is_the_module_after() -> None:
    code = (
        "import sys; from events.runtime.lazy import lazy; found = lazy('xml.dom.minidom');"
        "print('xml.dom.minidom' in sys.modules); used = found.parseString;"
        "import xml.dom.minidom; print(used is xml.dom.minidom.parseString)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=True, capture_output=True, text=True
    )
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
