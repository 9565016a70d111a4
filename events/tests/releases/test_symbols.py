"""The door to the Rust library: whatever is handed in, an error comes out and the process goes on."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from symbolic import exceptions
from symbolic.sourcemap import SourceMapView

from events.releases import symbols
from events.releases.symbols import Mappings, SymbolsError

ROOT = Path(symbols.__file__).parents[2]
MAP = {"version": 3, "sources": ["a", "b"], "names": ["x"], "mappings": "AAAA,CCAAA;;ADAA"}
ODD = [None, 0, -1, 2**31, 2**32, 1.5, True, "", "AAAA", "g" * 9, [], {}, [None], ["a"], [[0]], "AAAA;;,CAAA", "/////D"]
FIELDS = [
    "sources", "names", "mappings", "sourcesContent", "sourceRoot", "ignoreList", "rangeMappings", "file", "sections",
    "x_facebook_sources", "x_facebook_offsets", "x_metro_module_paths", "debugId", "debug_id",
]  # fmt: skip


def test_only_the_door_knows_the_library() -> None:
    apps = ("events", "analytics", "alerts", "dashboard", "formaos_obs")
    modules = (path for app in apps for path in (ROOT / app).rglob("*.py") if "tests" not in path.parts)
    named = [path for path in modules if "symbolic import" in path.read_text() or "from symbolic" in path.read_text()]
    assert named == [Path(symbols.__file__)]


def test_an_origin_is_that_of_the_last_mapping_before_it_in_its_line() -> None:
    known = Mappings(json.dumps(MAP).encode())
    found = [known.origin(line, column) for line, column in [(0, 0), (0, 1), (0, 2**40), (1, 0), (2, 5), (9, 9)]]
    assert [origin and (origin.source, origin.name) for origin in found] == [
        ("a", None), ("b", "x"), ("b", "x"), None, ("a", None), None,
    ]  # fmt: skip
    assert known.origin(-1, 0) is None
    assert known.origin(2**40, 0) is None
    assert known.origin(0, -5) == known.origin(0, 0)


def test_a_panic_of_the_library_is_an_error_of_this_map(monkeypatch: pytest.MonkeyPatch) -> None:
    """It catches its panics at its border and tells them as errors."""

    def panic(*args: Any) -> None:
        raise exceptions.exceptions_by_code[1]("symbolic panicked: thread 'unnamed' panicked\n\nstack backtrace")

    known = Mappings(json.dumps(MAP).encode())
    monkeypatch.setattr(SourceMapView, "lookup", panic)
    assert known.origin(0, 0) is None
    monkeypatch.setattr(SourceMapView, "from_json_bytes", panic)
    with pytest.raises(SymbolsError, match=r"panicked$"):
        Mappings(json.dumps(MAP).encode())


def mutated(dice: random.Random, depth: int = 0) -> dict[str, Any]:
    made = MAP | {field: dice.choice(ODD) for field in FIELDS if dice.random() < 0.15}
    if dice.random() < 0.3:
        made["mappings"] = "".join(dice.choices("ACDEgKZz/+,;", k=dice.randrange(40)))
    if depth < 2 and dice.random() < 0.3:
        offsets = [{"line": dice.choice([0, 5, 2**32 - 1]), "column": dice.choice([0, 7, 2**32 - 1])} for _ in "ab"]
        made["sections"] = [{"offset": offset, "map": mutated(dice, depth + 1)} for offset in offsets]
    return made


def survive(seed: int) -> None:
    """Reads thousands of mutated maps; to be run where a crash ends nothing else."""
    dice = random.Random(seed)
    for _ in range(5_000):
        raw = bytearray(json.dumps(mutated(dice)).encode())
        if dice.random() < 0.2:
            raw[dice.randrange(len(raw))] = dice.randrange(256)
        try:
            known = Mappings(bytes(raw))
        except SymbolsError:
            continue
        for line, column in [(0, 0), (1, 3), (2**31 - 1, 2**31 - 1)]:
            known.origin(line, column)


def test_no_map_ends_the_process() -> None:
    code = "from events.tests.releases.test_symbols import survive; survive(7); print('alive')"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (ran.returncode, ran.stdout) == (0, "alive\n"), ran.stderr
