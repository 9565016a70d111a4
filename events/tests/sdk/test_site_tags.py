"""Pages with the tags of Plausible and Umami, in real Chromium: our scripts for them, and Umami's own, unmodified."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from events.persons import reading
from events.tests import npm
from events.tests.arrivals import Arrived, stored
from events.tests.intake import digested, facts
from events.tests.sdk import visits
from events.tests.sdk.conftest import CLIENTS, Shop

pytestmark = [pytest.mark.sdk, pytest.mark.django_db(transaction=True)]

UMAMI = (
    "umami", "2.10.0", "+lmrnV0751R6U2rkIgVAlE1nWI7yZawlMlJDguW9tlFacCKhnGeCyc7tCMIhNNYIiGIQy4DEX5IzJhm4b3+dPA==",
)  # fmt: skip
OF_AGE = {
    "variants": (
        '<script defer data-domain="SITE" event-author="Ada" src="SERVER/js/script.local.outbound-links.file-downloads'
        '.tagged-events.pageview-props.revenue.js"></script><script>window.plausible = window.plausible || function () '
        "{ (plausible.q = plausible.q || []).push(arguments) }</script>"
    ),
    "init": (
        '<script async src="SERVER/js/pa-SITE.js"></script><script>window.plausible = window.plausible || function () '
        "{ (plausible.q = plausible.q || []).push(arguments) }, plausible.init = plausible.init || function (i) "
        "{ plausible.o = i || {} }; plausible.init({ captureOnLocalhost: true, outboundLinks: true, fileDownloads: "
        'true, customProperties: { author: "Ada" } })</script>'
    ),
}


@pytest.fixture
def named(shop: Shop) -> Shop:
    shop.project.analytics = "identified"
    shop.project.save()
    return shop


def visited(shop: Shop, site: tuple[Path, str], browser: Browser, page: str) -> list[dict[str, Any]]:
    """The facts of a visit to a page on another origin; the browser complained of nothing, and asked no leave."""
    folder, origin = site
    (folder / "index.html").write_text(page.replace("SITE", shop.key.public_key).replace("SERVER", shop.server.url))
    to = {"server": shop.server.url, "project": str(shop.project.pk), "key": shop.key.public_key}
    seen = visits.and_leave(browser, f"{origin}/?q=mine", **to)
    assert seen["console"] == []
    assert {status for status, url in seen["statuses"] if url.startswith(shop.server.url)} <= {200, 202}
    report = digested(shop.project)
    assert (report.invalid, report.filtered, report.duplicate) == (0, {}, 0)
    rows = facts(shop.project, "events")
    assert {(row["browser"], row["host"]) for row in rows} == {("Chrome", "127.0.0.1")}
    assert "mine" not in str(rows)
    return [{**row, "properties": dict(row["properties"])} for row in rows]


@pytest.mark.parametrize("age", OF_AGE)
def test_a_page_of_plausible_changes_one_address(
    named: Shop, site: tuple[Path, str], browser: Browser, age: str
) -> None:
    page = (CLIENTS / "plausible_tag.html").read_text().replace("TAG", OF_AGE[age])
    before = len(named.server.answers("/api/event"))
    rows = visited(named, site, browser, page)
    assert {answer.method for answer in named.server.answers("/api/event")[before:]} == {"POST"}, "no preflight"
    views = [row for row in rows if row["event"] == "$pageview"]
    assert [row["path"] for row in views] == ["/", "/basket/"]
    assert {row["properties"]["author"] for row in rows} == {"Ada"}
    by_name = {row["event"]: row for row in rows}
    assert set(by_name) == {
        "$pageview", "$engagement", "signup", "404", "Outbound Link: Click", "File Download", "Add to basket",
    }  # fmt: skip
    assert by_name["signup"]["properties"].items() >= {"plan": "team", "revenue": "12.5", "currency": "EUR"}.items()
    assert by_name["404"]["properties"]["path"] == "/"
    assert by_name["Add to basket"]["properties"]["plan"] == "team"
    assert by_name["Outbound Link: Click"]["properties"]["url"].startswith("https://elsewhere.example/terms")
    assert by_name["File Download"]["properties"]["url"].endswith("/price-list.pdf")
    first, *_, last = [row for row in rows if row["event"] == "$engagement"]
    assert (first["path"], last["path"]) == ("/", "/basket/")
    assert float(first["properties"]["scroll_depth"]) > 50, "it was read further down than it was shown"


def test_a_page_of_umami_changes_one_address(named: Shop, site: tuple[Path, str], browser: Browser) -> None:
    page = (CLIENTS / "umami_tag.html").read_text().replace("SCRIPT", "SERVER/script.js")
    before = len(named.server.answers("/api/send"))
    rows = visited(named, site, browser, page.replace(' data-host-url="SERVER"', ""))
    assert {answer.method for answer in named.server.answers("/api/send")[before:]} == {"POST"}, "no preflight"
    views = [row["path"] for row in rows if row["event"] == "$pageview"]
    assert sorted(views) == ["/", "/basket/", "/made-up"]
    by_name = {row["event"]: row for row in rows}
    assert set(by_name) == {"$pageview", "signup", "$identify", "add to basket"}
    assert by_name["signup"]["properties"].items() >= {"plan": "team", "seats": "3", "tag": "blue"}.items()
    assert by_name["add to basket"]["properties"]["plan"] == "team"
    person = reading.person_with(named.project, "u-1")
    assert person is not None
    assert person.properties["plan"] == "team"


def test_umami_s_own_script_is_understood(
    named: Shop, site: tuple[Path, str], browser: Browser, arrived: Arrived
) -> None:
    source = npm.unpacked(*UMAMI) / "src" / "tracker" / "index.js"
    (site[0] / "own.js").write_bytes(source.read_bytes())
    page = (CLIENTS / "umami_tag.html").read_text().replace("SCRIPT", "/own.js")
    rows = visited(named, site, browser, page.replace("u-1", "").replace('umami.identify("", ', "umami.identify("))
    views = [row["path"] for row in rows if row["event"] == "$pageview"]
    assert sorted(views) == ["/", "/basket/", "/made-up", "/secret"], "this one knows no data-before-send"
    assert {row["event"] for row in rows} == {"$pageview", "signup", "$identify", "add to basket"}
    arrived("Umami's script, from the npm package umami", UMAMI[1], stored(named.project))


SAID = [
    ('data-domain="SITE" src="SERVER/js/script.js"', "", []),  # a developer's own machine
    ('data-domain="SITE" src="SERVER/js/script.local.js"', "", ["/"]),
    ('data-domain="SITE" src="SERVER/js/script.local.js"', "?ignore", []),
    ('data-domain="SITE" src="SERVER/js/script.manual.local.js"', "", []),
    ('data-domain="SITE" src="SERVER/js/script.local.hash.js"', "#a", ["/#a", "/#b"]),
    ('data-domain="SITE" data-exclude="/admin/**, /" src="SERVER/js/script.local.exclusions.js"', "", []),
    ('data-domain="SITE" data-exclude="/admin/*" src="SERVER/js/script.exclusions.local.js"', "", ["/"]),
    ('data-domain="SITE" data-include="/shop/**" src="SERVER/js/script.exclusions.local.js"', "", []),
    ('data-website-id="SITE" src="SERVER/script.js"', "", ["/"]),
    ('data-website-id="SITE" src="SERVER/script.js"', "?ignore", []),
    ('data-website-id="SITE" data-domains="shop.example, 127.0.0.1" src="SERVER/script.js"', "", ["/"]),
    ('data-website-id="SITE" data-domains="shop.example" src="SERVER/script.js"', "", []),
    ('data-website-id="SITE" data-auto-track="false" src="SERVER/script.js"', "", []),
    ('data-website-id="SITE" data-auto-pageview="false" src="SERVER/script.js"', "", []),
    ('data-website-id="SITE" data-exclude-hash="true" src="SERVER/script.js"', "#a", ["/"]),
    ('data-website-id="SITE" data-do-not-track="true" src="SERVER/script.js"', "", []),
]


@pytest.mark.parametrize("script", ["/js/", "/script.js"])
def test_what_a_tag_says_decides_what_is_sent(
    named: Shop, site: tuple[Path, str], browser: Browser, script: str
) -> None:
    folder, origin = site
    said = [case for case in SAID if f"SERVER{script}" in case[0]]
    got = []
    for tag, path, _ in said:
        own = tag.replace("SITE", named.key.public_key).replace("SERVER", named.server.url)
        (folder / "index.html").write_text(
            f'<!doctype html><title>Shop</title><link rel="icon" href="data:,"><script defer {own}></script>'
        )
        got.append((tag, path, [url.removeprefix(origin) for url in viewed(browser, f"{origin}/{path}")]))
    assert got == said


def viewed(browser: Browser, url: str) -> list[str]:
    """The addresses that page views name, of a visitor who objects to tracking and follows a link within the page."""
    page = browser.new_page(user_agent=visits.AGENT)
    posted: list[dict[str, Any]] = []
    page.on("request", lambda request: posted.append(request.post_data_json) if request.method == "POST" else None)
    page.add_init_script(
        """Object.defineProperty(navigator, "doNotTrack", { get: () => "1" });
        if (location.search === "?ignore")
          for (const name of ["plausible_ignore", "umami.disabled"]) localStorage.setItem(name, "true");"""
    )
    page.goto(url, wait_until="networkidle")
    if "#" in url:
        page.evaluate("location.hash = 'b'")
        page.wait_for_timeout(500)
    page.close()
    bodies = [body for body in posted if body.get("n") != "engagement"]
    return [body["payload"]["url"] if "payload" in body else body["u"] for body in bodies]
