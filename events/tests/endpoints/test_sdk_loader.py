"""The loader of the SDK, in a real browser under a policy that allows nothing inline; the bundle is a stand-in that
tells what it was asked."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, Route

from events.accounts import keys
from events.models import IngestKey

SHOP = "https://shop.example"
BUNDLE = "https://cdn.example/bundle.min.js"
STAND_IN = """
window.asked = [];
window.Sentry = {};
["init", "captureException", "captureMessage", "setTag"].forEach(function (name) {
  window.Sentry[name] = function (first, second) {
    window.asked.push([name, first && first.message || first, second || null]);
  };
});
"""


@pytest.fixture(autouse=True)
def bundle(settings: Any) -> None:
    settings.OBS_JS_BUNDLE_URL, settings.OBS_PUBLIC_URL = BUNDLE, "https://obs.example"
    keys.forget()


def address(key: IngestKey) -> str:
    return f"/js-sdk-loader/{key.public_key}.min.js"


@pytest.fixture
def shop(browser: Browser, key: IngestKey) -> Iterator[Any]:
    """Opens a page whose own script is the text given; `loads` lists the bundles that were fetched."""
    page: Page = browser.new_page()
    page.loads = []  # type: ignore[attr-defined]
    loader = Client().get(address(key))
    source = loader.content.decode()

    def opened(script: str, attribute: str = "") -> Page:
        tags = f'<script src="https://obs.example/loader.js" crossorigin="anonymous" {attribute}></script>'
        html = f'<!doctype html><title>Shop</title>{tags}<script src="/shop.js"></script>'

        def answer(route: Route) -> None:
            url = route.request.url
            allowed = {"Access-Control-Allow-Origin": "*"}
            if url == BUNDLE:
                page.loads.append(url)  # type: ignore[attr-defined]
                route.fulfill(body=STAND_IN, content_type="text/javascript", headers=allowed)
            elif url.startswith("https://obs.example"):
                route.fulfill(body=source, content_type="text/javascript", headers=allowed)
            elif url.endswith("/shop.js"):
                route.fulfill(body=script, content_type="text/javascript")
            else:
                policy = "default-src 'none'; script-src https://obs.example https://cdn.example https://shop.example"
                route.fulfill(body=html, content_type="text/html", headers={"Content-Security-Policy": policy})

        page.route("**/*", answer)
        page.goto(f"{SHOP}/")
        return page

    yield opened
    page.close()


def asked(page: Page) -> list[Any]:
    page.wait_for_function("window.asked && window.asked.length > 1")
    return list(page.evaluate("window.asked"))


def dsn(key: IngestKey) -> str:
    return f"https://{key.public_key}@obs.example/{key.project_id}"


def test_nothing_is_loaded_before_it_is_needed(shop: Any) -> None:
    page = shop("window.ready = typeof Sentry.captureMessage; Sentry.setTag('tier', 'gold')")
    assert page.evaluate("window.ready") == "function"
    assert page.loads == []


def test_the_first_error_loads_the_sdk_and_is_handed_over(shop: Any, key: IngestKey) -> None:
    page = shop("Sentry.setTag('tier', 'gold'); throw new Error('broken')")
    assert asked(page) == [
        ["init", {"dsn": dsn(key)}, None],
        ["setTag", "tier", "gold"],
        ["captureException", "broken", {"mechanism": {"type": "onerror", "handled": False}}],
    ]


def test_a_rejection_is_handed_over_and_a_page_may_begin_the_sdk_itself(shop: Any, key: IngestKey) -> None:
    page = shop("Sentry.onLoad(() => Sentry.init({release: 'shop@1'})); Promise.reject(new Error('no answer'))")
    assert asked(page) == [
        ["init", {"dsn": dsn(key), "release": "shop@1"}, None],
        ["captureException", "no answer", {"mechanism": {"type": "onunhandledrejection", "handled": False}}],
    ]


def test_a_page_may_have_it_at_once(shop: Any, key: IngestKey) -> None:
    page = shop("Sentry.onLoad(() => Sentry.captureMessage('hello'))", 'data-lazy="no"')
    assert sorted(name for name, *_ in asked(page)) == ["captureMessage", "init"]
    assert page.loads == [BUNDLE]


@pytest.mark.parametrize("name", ["{key}.min.js", "{key}.js"])
def test_the_script_holds_the_key_and_may_be_kept(key: IngestKey, name: str) -> None:
    answer = Client().get("/js-sdk-loader/" + name.format(key=key.public_key))
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert (answer["Access-Control-Allow-Origin"], answer["Cache-Control"]) == ("*", "public, max-age=3600")
    assert dsn(key) in answer.content.decode()
    assert b"/*CONFIG*/" not in answer.content


def test_there_is_none_for_an_unknown_key_and_none_without_a_bundle(key: IngestKey, settings: Any) -> None:
    for name in ("ab" * 16, "nonsense"):
        assert Client().get(f"/js-sdk-loader/{name}.min.js").status_code == 403
    settings.OBS_JS_BUNDLE_URL = ""
    assert Client().get(address(key)).status_code == 404
