"""The React bindings in a React application: a boundary that sends, a timing, a feature steered from afar."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from clients.browser.tests.conftest import HERE, Receiver, Visit

pytestmark = [pytest.mark.browser, pytest.mark.sdk]


@pytest.fixture
def application(node_modules: Path, tmp_path: Path) -> str:
    built = tmp_path / "app.js"
    subprocess.run(
        [node_modules / ".bin/esbuild", "react.js", "--bundle", f"--outfile={built}", "--log-level=error",
         '--define:process.env.NODE_ENV="production"', f"--alias:web-vitals={node_modules}/web-vitals"],
        check=True, timeout=60, cwd=HERE / "site", env={"NODE_PATH": str(node_modules), "PATH": os.environ["PATH"]},
    )  # fmt: skip
    return built.read_text()


def test_a_boundary_sends_a_timing_ends_and_a_feature_changes(
    visit: Callable[..., Visit], receiver: Receiver, application: str
) -> None:
    receiver.max_age = 0
    receiver.config["features"]["new-basket"] = 100
    page = visit("")
    page.page.clock.install()
    page.page.goto(page.url)
    page.run(f"document.body.innerHTML = '<div id=root></div>'; window.DSN = '{receiver.dsn}'")
    page.page.add_script_tag(content=application)
    page.page.clock.run_for(500)
    page.until(lambda: page.page.inner_text("#feature") == "new")
    page.page.click("#break")
    assert page.page.inner_text("#retry") == "the basket has no bottom"
    page.page.click("#retry")
    assert page.page.inner_text("#basket") == "A basket"
    page.page.clock.run_for(5000)
    page.until(lambda: len(receiver.errors()) == 1)
    (error,) = receiver.errors()
    assert error["exception"]["values"][-1]["value"] == "the basket has no bottom"
    assert " at " in error["extra"]["componentStack"]
    page.until(lambda: [i for i in receiver.items() if i.get("name") == "shop-ready"] != [])
    (ready,) = [item for item in receiver.items() if item.get("name") == "shop-ready"]
    assert ready["ms"] >= 90
    receiver.config["features"]["new-basket"] = 0
    page.until(lambda: page.page.clock.run_for(1000) or page.page.inner_text("#feature") == "old")
