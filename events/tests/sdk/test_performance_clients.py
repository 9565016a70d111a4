"""The clients of performance data, from their packages: the OpenTelemetry SDK, Node, and pages in real Chromium."""

import base64
import sys
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from playwright.sync_api import Browser

from events.ingest import payloads
from events.models import Issue, Occurrence
from events.protocols import posthog_vitals
from events.tests.arrivals import Arrived, npm, package, stored
from events.tests.intake import digested, facts
from events.tests.npm import installed
from events.tests.sdk import visits
from events.tests.sdk.conftest import CLIENTS, HERE, Shop

pytestmark = [pytest.mark.sdk, pytest.mark.django_db(transaction=True)]

PAGE = """<!doctype html><title>Shop</title><link rel="icon" href="data:,"><h1>Items</h1><button>Buy</button>
<script src="/page.js"></script>"""


@pytest.fixture(scope="session")
def packages() -> Path:
    """The pinned npm packages of performance data, installed once per lock file."""
    return installed(HERE / "npm_performance", name="npm_performance")


@pytest.fixture
def visit(shop: Shop, packages: Path, site: tuple[Path, str], browser: Browser) -> Any:
    """Builds a page, opens it in Chromium, clicks, and leaves; returns what was seen."""

    def visit(case: str, path: str = "items/42", *, page: str = PAGE) -> dict[str, Any]:
        folder, origin = site
        if page is PAGE:
            shop.run(
                packages / ".bin" / "esbuild", f"{case}_page.js", "--bundle", "--minify", "--log-level=error",
                f"--outfile={folder}/page.js", '--define:process.env.NODE_ENV="production"', NODE_PATH=str(packages),
                cwd=CLIENTS,
            )  # fmt: skip
        shown = folder / path
        shown.mkdir(parents=True, exist_ok=True)
        (shown / "index.html").write_text(page)
        to = {"server": shop.server.url, "project": str(shop.project.pk), "key": shop.key.public_key}
        return visits.and_leave(browser, f"{origin}/{path}/", **to)

    return visit


def thrown(shop: Shop, title: str) -> list[str]:
    """The functions of the frames that the only issue of this title has, the innermost last."""
    issue = Issue.objects.get(project=shop.project, title__startswith=title)
    assert issue.event_count == 1
    [occurrence] = Occurrence.objects.filter(group__issue=issue)
    kept = payloads.unpack(bytes(occurrence.payload))
    return [str(frame["function"]) for frame in kept["exception"]["values"][-1]["stacktrace"]["frames"]]


def test_the_opentelemetry_sdk_s_three_signals_arrive(shop: Shop, arrived: Arrived) -> None:
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
    arrived("opentelemetry-sdk", package("opentelemetry-sdk"), stored(shop.project))


def test_web_vitals_beacons_arrive(shop: Shop, packages: Path, visit: Any, arrived: Arrived) -> None:
    seen = visit("vitals")
    assert seen["console"] == []
    assert digested(shop.project).invalid == 0
    rows = facts(shop.project, "vitals")
    assert {"LCP", "FCP", "TTFB", "CLS"} <= {row["metric"] for row in rows}
    assert {row["route"] for row in rows} == {"/items/{id}/"}
    assert {row["browser"] for row in rows} == {"Chrome"}
    assert all(row["metric_id"].startswith("v6-") for row in rows)
    arrived("web-vitals", npm(packages, "web-vitals"), stored(shop.project))


def test_posthog_js_starts_without_complaints_and_its_web_vitals_arrive(
    shop: Shop, packages: Path, visit: Any, arrived: Arrived
) -> None:
    seen = visit("posthog")
    assert seen["console"] == []
    assert {status for status, url in seen["statuses"] if url.startswith(shop.server.url)} == {200}
    report = digested(shop.project)
    assert report.filtered == {}
    assert {"$pageview", "signup", "$exception"} <= {row["event"] for row in facts(shop.project, "events")}
    assert thrown(shop, "TypeError: the basket is empty")[-1].endswith("pay")
    rows = facts(shop.project, "vitals")
    assert {"LCP", "FCP"} <= {row["metric"] for row in rows}
    assert {row["route"] for row in rows} == {"/items/{id}/"}
    arrived("posthog-js", npm(packages, "posthog-js"), stored(shop.project))


def test_posthog_js_finds_here_what_it_loads_of_itself(
    shop: Shop, packages: Path, visit: Any, arrived: Arrived
) -> None:
    seen = visit("posthog_automatic")
    assert [line for line in seen["console"] if "nobody caught this" not in line] == []
    answered = {url.partition("?")[0]: status for status, url in seen["statuses"] if url.startswith(shop.server.url)}
    assert set(answered.values()) == {200}
    for name in ("exception-autocapture", "dead-clicks-autocapture", "tracing-headers"):
        assert any(url.endswith(f"/{name}.js") for url in answered), name
    assert digested(shop.project).invalid == 0
    issue = Issue.objects.get(project=shop.project)
    assert (issue.title, issue.event_count) == ("RangeError: nobody caught this", 1)
    arrived("posthog-js", npm(packages, "posthog-js"), stored(shop.project))


def test_posthog_s_loader_snippet_finds_its_script_here(
    shop: Shop, packages: Path, visit: Any, arrived: Arrived
) -> None:
    head = shop.run(
        "node", CLIENTS / "posthog_snippet.cjs", shop.server.url, shop.key.public_key,
        NODE_PATH=str(packages), NODE_ENV="production",
    )  # fmt: skip
    assert "/static/array.js" in head
    seen = visit("snippet", page=PAGE.replace("<h1>", f"{head}<h1>").replace('<script src="/page.js"></script>', ""))
    assert seen["console"] == []
    answered = {url.partition("?")[0]: status for status, url in seen["statuses"] if url.startswith(shop.server.url)}
    assert answered[f"{shop.server.url}/static/array.js"] == 200
    assert set(answered.values()) == {200}
    assert digested(shop.project).invalid == 0
    rows = facts(shop.project, "vitals")
    assert {"LCP", "FCP"} <= {row["metric"] for row in rows}
    assert {row["route"] for row in rows} == {"/items/{id}/"}
    arrived("posthog-docusaurus, PostHog's HTML snippet", npm(packages, "posthog-docusaurus"), stored(shop.project))


def test_posthog_js_of_years_ago_is_understood_in_every_wrapping(
    shop: Shop, packages: Path, visit: Any, arrived: Arrived
) -> None:
    seen = visit("posthog_older")
    assert seen["console"] == []
    assert {status for status, url in seen["statuses"] if url.startswith(shop.server.url)} == {200}
    sent = [(each["url"], base64.b64decode(each["body"])) for each in seen["sent"] if each["url"].startswith("/e/")]
    assert any(body.startswith(b"data=e") and b"compression" not in body for _, body in sent)  # base64
    assert any("compression=gzip-js" in url for url, _ in sent)  # a Blob, which Chromium does not show
    (oldest,) = (body for _, body in sent if body.startswith(b"data=N") and body.endswith(b"&compression=lz64"))
    (event,) = posthog_vitals.read(oldest).events
    assert (event["event"], event["properties"]["plan"]) == ("as PostHog answered then", "Café 🦔")
    report = digested(shop.project)
    assert report.invalid == 0
    assert "as PostHog answered then" in {row["event"] for row in facts(shop.project, "events")}
    assert len(facts(shop.project, "events")) >= len(sent) - report.filtered.get("replay", 0)
    arrived("posthog-js", npm(packages, "posthog-js-1.20"), stored(shop.project))


def test_vercel_s_server_sdk_is_counted_and_leaves_nothing_personal(
    shop: Shop, packages: Path, arrived: Arrived
) -> None:
    endpoint = f"{shop.server.url}/_vercel/insights/event?sentry_key={shop.key.public_key}"
    printed = shop.run(
        "node", CLIENTS / "vercel_server.cjs", NODE_PATH=str(packages), NODE_ENV="production",
        VERCEL_WEB_ANALYTICS_ENDPOINT=endpoint,
    )  # fmt: skip
    assert printed == ""
    *_, answer = shop.server.answers("/_vercel/insights/event")
    assert (answer.method, answer.status) == ("POST", 200)
    kept = shop.server.log.read_text()
    for model in apps.get_app_config("events").get_models():
        kept += str(list(model._default_manager.values()))
    assert "very-secret-session" not in kept
    assert "203.0.113.77" not in kept
    assert digested(shop.project).stored == 1
    [row] = facts(shop.project, "events")
    assert row["sdk"].startswith("@vercel/analytics/server")
    assert "very-secret-session" not in str(row)
    assert "203.0.113.77" not in str(row)
    arrived("@vercel/analytics/server", npm(packages, "@vercel/analytics"), stored(shop.project))


def test_vercel_s_packages_run_our_scripts(shop: Shop, packages: Path, visit: Any, arrived: Arrived) -> None:
    seen = visit("vercel")
    assert seen["console"] == []
    report = digested(shop.project)
    assert report.filtered == {}
    assert {row["event"] for row in facts(shop.project, "events")} == {"$pageview", "signup"}
    rows = facts(shop.project, "vitals")
    assert {"LCP", "FCP", "TTFB"} <= {row["metric"] for row in rows}
    assert {row["route"] for row in rows} == {"/items/[id]"}
    arrived("@vercel/analytics", npm(packages, "@vercel/analytics"), stored(shop.project))
    arrived("@vercel/speed-insights", npm(packages, "@vercel/speed-insights"), stored(shop.project))


@pytest.mark.parametrize("mode", [[], ["v1"]])
def test_posthog_s_python_sdk_counts_each_event_once(shop: Shop, arrived: Arrived, mode: list[str]) -> None:
    shop.project.analytics = "identified"
    shop.project.save()
    shop.run(sys.executable, CLIENTS / "posthog_app.py", shop.server.url, shop.key.public_key, *mode)
    report = digested(shop.project)
    assert (report.stored, report.invalid, report.duplicate) == (124, 0, 0)
    assert thrown(shop, "ValueError: the basket is empty") == ["<module>", "pay"]
    rows = facts(shop.project, "events")
    paid = [row for row in rows if row["event"] == "order paid"]
    assert (len(paid), len({row["visitor"] for row in paid})) == (120, 40)
    assert {dict(row["properties"])["plan"] for row in paid} == {"team"}
    assert [row["visitor"] for row in rows if row["event"] == "$ai_generation"]
    answers = shop.server.answers("/i/v1/analytics/events" if mode else "/batch")
    answers += shop.server.answers("/i/v0/ai/batch/")
    assert {answer.status for answer in answers} == {200}
    arrived("posthog (Python)", package("posthog"), stored(shop.project))
