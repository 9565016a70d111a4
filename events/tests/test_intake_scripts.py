"""The scripts that other people's pages load: committed as built, and small."""

import gzip
import hashlib

import pytest

from events import browser_scripts

SUMS = (browser_scripts.FOLDER / "SHA256SUMS").read_text().splitlines()
BUDGETS = {"insights.js": 1024, "speed-insights.js": 5 * 1024, "posthog-web-vitals.js": 5 * 1024}
BUDGETS["posthog-web-vitals-with-attribution.js"] = 10 * 1024


@pytest.mark.parametrize("line", SUMS)
def test_a_script_is_the_one_that_was_built(line: str) -> None:
    digest, _, name = line.partition("  ")
    content = (browser_scripts.FOLDER / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == digest
    assert len(gzip.compress(content)) <= BUDGETS[name]


def test_every_script_has_a_checksum() -> None:
    assert {line.partition("  ")[2] for line in SUMS} == {path.name for path in browser_scripts.FOLDER.glob("*.js")}
