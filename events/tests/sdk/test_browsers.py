"""@sentry/browser and @sentry/react in real Chromium, built and uploaded as a pipeline does: pages show source."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from events.models import Artifact, Occurrence, Segment
from events.tests.arrivals import Arrived, npm, stored
from events.tests.sdk import visits
from events.tests.sdk.conftest import CLIENTS, Shop
from events.values import pseudonyms

pytestmark = [pytest.mark.sdk, pytest.mark.django_db(transaction=True)]

RELEASE = "shop-web@2.0.1"
PAGE = '<!doctype html><link rel="icon" href="data:,"><div id="root"></div><script src="/{}.js"></script>'
CASES = {"browser": "browser_app.ts", "react": "react_app.tsx"}


def build(shop: Shop, modules: Path, folder: Path, case: str) -> None:
    """Bundle and minify, with a source map beside."""
    shop.run(
        modules / ".bin" / "esbuild", CASES[case], "--bundle", "--minify", "--sourcemap", "--jsx=automatic",
        f"--outfile={folder}/{case}.js", '--define:process.env.NODE_ENV="production"', "--log-level=error",
        NODE_PATH=str(modules), cwd=CLIENTS,  # by a bare name: esbuild takes what stands before a "=" for an output
    )  # fmt: skip
    (folder / "index.html").write_text(PAGE.format(case))


@pytest.fixture
def visit(shop: Shop, browser: Browser) -> Callable[..., None]:
    """Opens a page whose envelopes must all be taken."""

    def visit(url: str, *, tunnel: str = "") -> None:
        seen = visits.until_done(browser, url, dsn=shop.dsn, tunnel=tunnel)
        assert seen["complaints"] == []
        assert seen["statuses"]
        assert set(seen["statuses"]) == {200}

    return visit


def frames(shop: Shop) -> list[dict[str, Any]]:
    occurrence = Occurrence.objects.get(project=shop.project)
    raw = shop.client.get(f"/p/web/issues/{occurrence.group.issue_id}/events/{occurrence.event_id.hex}/json/").json()
    return list(raw["exception"]["values"][-1]["stacktrace"]["frames"])


@pytest.mark.parametrize("case", CASES)
def test_an_error_in_the_browser_is_shown_in_the_source_someone_wrote(
    shop: Shop,
    node_modules: Path,
    cli: Callable[..., str],
    site: tuple[Path, str],
    visit: Callable[..., None],
    case: str,
    arrived: Arrived,
) -> None:
    folder, url = site
    build(shop, node_modules, folder, case)
    cli("sourcemaps", "inject", folder)
    cli("sourcemaps", "upload", "--release", RELEASE, folder)
    assert set(Artifact.objects.values_list("project__slug", flat=True)) == {"web"}
    (folder / f"{case}.js.map").unlink()
    visit(url)
    shop.digest()
    issue = shop.issue("TypeError")
    assert "priceof" in json.dumps(issue.groups.get().components).lower()
    page = shop.page(issue)
    for text in (
        "basket.ts", "priceOf", "return line.price!.amount;", "totalOf", "put the thing into the basket", "eu-central",
        RELEASE, "production", pseudonyms.of(bytes(shop.project.pepper), "user", "42"),
    ):  # fmt: skip
        assert text in page
    assert "alice@example.com" not in page
    assert frames(shop)[-1]["data"]["orig_filename"].endswith(f"/{case}.js")
    assert "sessions" in set(Segment.objects.filter(project=shop.project).values_list("fact", flat=True))
    arrived(f"@sentry/{case}", npm(node_modules, f"@sentry/{case}"), stored(shop.project))


def test_maps_uploaded_after_the_error_are_used_by_its_page(
    shop: Shop, node_modules: Path, cli: Callable[..., str], site: tuple[Path, str], visit: Callable[..., None]
) -> None:
    folder, url = site
    build(shop, node_modules, folder, "browser")
    cli("sourcemaps", "inject", folder)
    visit(url)
    shop.digest()
    issue = shop.issue("TypeError")
    assert "return line.price!.amount;" not in shop.page(issue)
    cli("sourcemaps", "upload", folder)
    assert "return line.price!.amount;" in shop.page(issue)


def test_without_debug_ids_release_and_address_find_the_maps(
    shop: Shop, node_modules: Path, cli: Callable[..., str], site: tuple[Path, str], visit: Callable[..., None]
) -> None:
    folder, url = site
    build(shop, node_modules, folder, "browser")
    cli("sourcemaps", "upload", "--release", RELEASE, "--url-prefix", "~/", folder)
    visit(url)
    shop.digest()
    assert "return line.price!.amount;" in shop.page(shop.issue("TypeError"))


def test_what_comes_through_the_tunnel_counts_the_same(
    shop: Shop, node_modules: Path, site: tuple[Path, str], visit: Callable[..., None]
) -> None:
    folder, url = site
    build(shop, node_modules, folder, "browser")
    visit(url, tunnel=f"{shop.server.url}/tunnel/")
    shop.digest(path="/tunnel/")
    assert "put the thing into the basket" in shop.page(shop.issue("TypeError"))
    assert not shop.server.answers(f"/api/{shop.project.pk}/envelope/")
