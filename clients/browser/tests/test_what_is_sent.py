"""What a page with the script tells: errors, vitals, pages, events, timings, and clicks where the page marked them."""

from collections.abc import Callable

import pytest

from clients.browser.tests.conftest import Receiver, Visit

pytestmark = pytest.mark.browser

Visiting = Callable[..., Visit]


def test_errors_are_sent_with_stack_route_and_release(visit: Visiting, receiver: Receiver) -> None:
    page = visit(receiver.dsn, release="shop@1.2", environment="production").open("/orders/1042?email=a@b.c&ref=mail#x")
    page.run("failLater(1)")
    page.run("failLater(1)")
    page.run("rejectLater()")
    page.run("setTimeout(() => { throw 'a string' })")
    page.until(lambda: len(receiver.errors()) == 3)
    page.run("void Promise.reject(null)")
    page.until(lambda: len(receiver.errors()) == 4)
    assert receiver.errors().pop()["exception"]["values"][0]["value"] == "null"
    sent = {error["exception"]["values"][-1]["type"]: error for error in receiver.errors()[:3]}
    error, rejected, thrown = sent["TypeError"], sent["RangeError"], sent["Error"]
    assert error["exception"]["values"][0]["type"] == "TypeError"
    frames = error["exception"]["values"][0]["stacktrace"]["frames"]
    assert (frames[-1]["function"], frames[-1]["lineno"], frames[-1]["colno"]) == ("priceOf", 3, 21)
    assert frames[-1]["filename"] == f"{page.url}/shop.js"
    assert error["exception"]["values"][0]["mechanism"] == {"type": "onerror", "handled": False}
    assert error["transaction"] == "/orders/{id}"
    assert error["request"]["url"] == f"{page.url}/orders/1042?ref=mail"
    assert (error["release"], error["environment"]) == ("shop@1.2", "production")
    values = rejected["exception"]["values"]
    assert [(value["type"], value["value"]) for value in values] == [
        ("Error", "rates are old"), ("RangeError", "no such currency"),
    ]  # fmt: skip
    assert thrown["exception"]["values"][0]["value"] == "a string"


def test_an_error_before_the_config_came_is_not_lost(visit: Visiting, receiver: Receiver) -> None:
    receiver.mode = "slow"
    page = visit(receiver.dsn).open()
    page.run("failLater(1)")
    assert receiver.bodies == []
    page.until(lambda: len(receiver.errors()) == 1)


def test_a_storm_of_errors_is_thirty(visit: Visiting, receiver: Receiver) -> None:
    page = visit(receiver.dsn).open()
    page.run("for (let i = 0; i < 500; i++) obs.capture(new Error(`number ${i}`))")
    page.until(lambda: len(receiver.errors()) == 30)
    page.leave()
    assert len(receiver.errors()) == 30


def test_vitals_come_when_the_page_is_left_each_with_its_element(visit: Visiting, receiver: Receiver) -> None:
    page = visit(receiver.dsn, release="shop@1.2", route="/shop").open("/?token=secret&utm_source=mail")
    page.page.click("#buy")
    page.page.wait_for_function("performance.getEntriesByType('first-input').length")
    page.page.wait_for_timeout(1200)  # web-vitals reads them when the page is idle, or after a second
    page.leave()
    page.until(lambda: {"LCP", "INP", "CLS", "FCP", "TTFB"} <= {vital["name"] for vital in receiver.vitals()})
    last = {vital["name"]: vital for vital in receiver.vitals()}
    assert last["LCP"]["attribution"]["target"].endswith("h1.hero.big")
    assert "button#buy" in last["INP"]["attribution"]["interactionTarget"]
    for vital in last.values():
        assert (vital["route"], vital["release"]) == ("/shop", "shop@1.2")
        assert vital["url"] == f"{page.url}/?utm_source=mail"
        assert vital["value"] >= 0
        assert "entries" not in vital


def test_pages_of_the_history_api_are_seen_under_their_routes(visit: Visiting, receiver: Receiver) -> None:
    page = visit(receiver.dsn).open("/items/17")
    steps = (
        "history.pushState({}, '', '/items/18'); obs.route('/items/{slug}'); "
        "history.replaceState({}, '', '/items/18?sort=price')",
        "history.pushState({}, '', '/about')",
        "history.back()",
    )
    for already, step in enumerate(steps, start=1):
        # Two batches on their way at once may arrive in either order.
        page.until(lambda already=already: len(receiver.items()) >= already)
        page.run(step)
    page.until(lambda: len(receiver.items()) >= 4)
    seen = [item["route"] for item in receiver.items() if item["type"] == "page"]
    assert seen == ["/items/{id}", "/items/{slug}", "/about", "/items/{id}"]


def test_events_and_timings_also_those_from_before_the_script(visit: Visiting, receiver: Receiver) -> None:
    page = visit(receiver.dsn, early="(window.obs ||= []).push(['timing', 'early', 7])").open()
    page.run("obs.track('signup', { plan: 'team' })")
    page.run(
        "(async () => { const stop = obs.time('search'); await new Promise((r) => setTimeout(r, 50)); stop(); })()"
    )
    page.until(lambda: any(item.get("name") == "search" for item in receiver.items()))
    items = {item.get("name"): item for item in receiver.items()}
    assert items["signup"]["props"] == {"plan": "team"}
    assert 45 < items["search"]["ms"] < 1000
    assert all(item["ago"] >= 0 for item in receiver.items())


def test_clicks_are_looked_at_only_where_marked_and_only_when_asked_for(visit: Visiting, receiver: Receiver) -> None:
    receiver.config["features"]["clicks"] = 100
    page = visit(receiver.dsn).open()
    page.page.wait_for_timeout(300)
    page.page.click("#buy")
    page.page.wait_for_timeout(1100)
    page.page.click("#unmarked", click_count=4)
    page.page.click("#find")
    page.page.wait_for_timeout(1100)
    # In one go: a busy machine takes longer over four of them than a person in rage.
    page.run("for (let count = 0; count < 4; count += 1) document.querySelector('#nothing').click()")
    page.until(lambda: any(item["type"] == "dead" and item["ago"] < 2900 for item in receiver.items()))
    page.leave()
    types = [item["type"] for item in receiver.items() if item["type"] != "page"]
    assert types.count("rage") == 1
    assert types.count("submit") == 1
    assert types.count("click") == 6
    assert {item["name"] for item in receiver.items() if item["type"] in ("click", "rage", "dead")} == {"basket"}


def test_without_the_feature_clicks_are_nobodys_business(visit: Visiting, receiver: Receiver) -> None:
    page = visit(receiver.dsn).open()
    page.page.click("#buy")
    page.page.click("#nothing")
    page.run("obs.track('done')")
    page.until(lambda: any(item.get("name") == "done" for item in receiver.items()))
    page.page.wait_for_timeout(1200)
    page.leave()
    assert {item["type"] for item in receiver.items()} == {"page", "track"}
