"""docs/compatibility.md: which SDKs and tools were tried, in which version, and what arrived, as their tests tell.

A test that drives one says so by `arrived` (arrivals.py). What it says is compared with the rows that the page has for
that very test, so any part of the suite may run, on any number of workers. Each process keeps what it was told in a
file of its own; `python -m events.tests.compatibility` writes the page anew: rows of tests that ran from these files,
others as they are.
"""

import json
import os
import re
from dataclasses import asdict, dataclass

from formaos_obs.environment import BASE_DIR
from formaos_obs.tests import workers

PAGE = BASE_DIR / "docs/compatibility.md"
FOLDER = workers.SHARED / "compatibility"
HEAD = "| SDK or tool | Version | What arrived | Test |"
_ROW = re.compile(
    r"^\| (?P<name>[^|]+) \| (?P<version>[^|]+) \| (?P<kinds>[^|]+) \| `(?P<test>[^`]+)` \|$", re.MULTILINE
)


@dataclass(frozen=True, order=True)
class Row:
    """One line of the page. `test` is its number in pytest, parameters included."""

    name: str
    version: str
    kinds: str
    test: str

    def __str__(self) -> str:
        return f"| {self.name} | {self.version} | {self.kinds} | `{self.test}` |"


def of_page() -> list[Row]:
    return [Row(**match.groupdict()) for match in _ROW.finditer(PAGE.read_text())]


def keep(rows: list[Row]) -> None:
    """Add to the file of this process."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{workers.WORKER or 'one'}-{os.getpid()}.jsonl").open("a") as file:
        file.writelines(json.dumps(asdict(row)) + "\n" for row in rows)


def kept() -> list[Row]:
    """What the processes of all runs were told, the latest of each test."""
    latest: dict[str, set[Row]] = {}
    for file in sorted(FOLDER.glob("*.jsonl"), key=lambda file: file.stat().st_mtime):
        of_file: dict[str, set[Row]] = {}
        for line in file.read_text().splitlines():
            row = Row(**json.loads(line))
            of_file.setdefault(row.test, set()).add(row)
        latest.update(of_file)
    return [row for rows in latest.values() for row in rows]


def written(text: str, told: list[Row]) -> str:
    """The page with the rows of `told`; those of tests that told nothing stay."""
    ran = {row.test for row in told}
    standing = [Row(**match.groupdict()) for match in _ROW.finditer(text)]
    rows = sorted({*told, *(row for row in standing if row.test not in ran)}, key=lambda row: (row.name.lower(), row))
    before, _, _ = text.partition(HEAD)
    return f"{before}{HEAD}\n|---|---|---|---|\n" + "".join(f"{row}\n" for row in rows)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(), kept()))
