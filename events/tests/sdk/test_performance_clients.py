"""The clients of performance data, from their packages: the OpenTelemetry SDK, and four packages in real Chromium."""

import hashlib
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from events.tests.intake import digested, facts
from events.tests.sdk.conftest import CLIENTS, HERE, Shop

pytestmark = [pytest.mark.sdk, pytest.mark.django_db(transaction=True)]

PAGE = """<!doctype html><title>Shop</title><link rel="icon" href="data:,"><h1>Items</h1><button>Buy</button>
<script src="/page.js"></script>"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="session")
def packages() -> Path:
    """The pinned npm packages of performance data, installed once per lock file."""
    source = HERE / "npm_performance"
    digest = hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest()[:12]
    folder = Path(django_settings.OBS_VAR_DIR) / f"npm-performance-{digest}"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(source, folder)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--silent"], cwd=folder, check=True, timeout=300)
        (folder / "complete").touch()
    return folder / "node_modules"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address of the web server over it."""
    folder = tmp_path / "site"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    running = threading.Thread(target=server.serve_forever)
    running.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    running.join()
    server.server_close()


@pytest.fixture
def visit(shop: Shop, packages: Path, site: tuple[Path, str]) -> Any:
    """Builds a page, opens it in Chromium, clicks, and leaves; returns what leave.py saw."""

    def visit(case: str, path: str = "items/42") -> dict[str, Any]:
        folder, origin = site
        shop.run(
            packages / ".bin" / "esbuild", CLIENTS / f"{case}_page.js", "--bundle", "--minify", "--log-level=error",
            f"--outfile={folder}/page.js", '--define:process.env.NODE_ENV="production"', NODE_PATH=str(packages),
        )  # fmt: skip
        shown = folder / path
        shown.mkdir(parents=True, exist_ok=True)
        (shown / "index.html").write_text(PAGE)
        printed = shop.run(
            sys.executable, CLIENTS / "leave.py", f"{origin}/{path}/", shop.server.url, str(shop.project.pk),
            shop.key.public_key,
        )  # fmt: skip
        return dict(json.loads(printed))

    return visit


def test_the_opentelemetry_sdk_s_three_signals_arrive(shop: Shop) -> None:
    shop.run(sys.executable, CLIENTS / "otel_app.py", f"{shop.server.url}/otlp", shop.key.public_key)
    answers = shop.server.answers("/otlp/v1/")
    assert {answer.path for answer in answers} == {"/otlp/v1/traces", "/otlp/v1/metrics", "/otlp/v1/logs"}
    assert {answer.status for answer in answers} == {200}
    assert digested(shop.project).filtered == {}
    (served,) = facts(shop.project, "requests")
    assert (served["route"], served["status"], served["db_count"]) == ("GET /items/{id}", 404, 6)
    (query,) = facts(shop.project, "queries")
    assert (query["statement"], query["finding"]) == ("SELECT * FROM lines WHERE id = ?", "n_plus_one")
    (line,) = facts(shop.project, "logs")
    assert (line["body"], line["level"], line["trace_id"]) == ("item 7 is out of stock", "warning", served["trace_id"])
    assert {"orders", "baskets", "checkout.duration", "system.memory.usage"} <= {
        row["name"] for row in facts(shop.project, "metrics")
    }


def test_web_vitals_beacons_arrive(shop: Shop, visit: Any) -> None:
    seen = visit("vitals")
    assert seen["console"] == []
    assert digested(shop.project).invalid == 0
    rows = facts(shop.project, "vitals")
    assert {"LCP", "FCP", "TTFB", "CLS"} <= {row["metric"] for row in rows}
    assert {row["route"] for row in rows} == {"/items/{id}/"}
    assert {row["browser"] for row in rows} == {"Chrome"}
    assert all(row["metric_id"].startswith("v6-") for row in rows)


def test_posthog_js_starts_without_complaints_and_its_web_vitals_arrive(shop: Shop, visit: Any) -> None:
    seen = visit("posthog")
    assert seen["console"] == []
    assert {status for status, url in seen["statuses"] if url.startswith(shop.server.url)} == {200}
    report = digested(shop.project)
    assert report.filtered["not_yet_collected"] >= 2
    rows = facts(shop.project, "vitals")
    assert {"LCP", "FCP"} <= {row["metric"] for row in rows}
    assert {row["route"] for row in rows} == {"/items/{id}/"}


def test_vercel_s_packages_run_our_scripts(shop: Shop, visit: Any) -> None:
    seen = visit("vercel")
    assert seen["console"] == []
    report = digested(shop.project)
    assert report.filtered == {"not_yet_collected": 2}
    rows = facts(shop.project, "vitals")
    assert {"LCP", "FCP", "TTFB"} <= {row["metric"] for row in rows}
    assert {row["route"] for row in rows} == {"/items/[id]"}
