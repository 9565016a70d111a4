"""A server that is slow, hung, refusing or gone: the page does not notice, and nothing piles up."""

from collections.abc import Callable

import pytest

from clients.browser.tests.conftest import KEY, Receiver, Visit

pytestmark = pytest.mark.browser

Visiting = Callable[..., Visit]
BROWSERS_OWN = "Failed to load resource"


def use(page: Visit) -> float:
    """Everything the script offers, many times; the milliseconds of the page's thread that it took."""
    took = page.run("""() => {
      const startedAt = performance.now();
      for (let i = 0; i < 10000; i++) obs.track("many", { number: i });
      for (let i = 0; i < 100; i++) obs.capture(new Error(`number ${i}`));
      obs.time("nothing")();
      return performance.now() - startedAt;
    }""")
    page.page.click("#buy")
    return float(took)


def works(page: Visit) -> bool:
    return page.page.inner_text("#said") == "Bought." and not [
        said for said in page.complaints if not said.startswith(BROWSERS_OWN)
    ]


@pytest.mark.parametrize("mode", ["up", "slow", "hung", "403", "500"])
def test_the_page_works_all_the_same(visit: Visiting, receiver: Receiver, mode: str) -> None:
    receiver.mode = mode
    page = visit(receiver.dsn).open()
    took = use(page)
    page.page.wait_for_timeout(3000)
    page.leave()
    page.page.go_back()
    page.page.click("#buy")
    assert works(page)
    assert took < 500
    assert receiver.asked <= 4
    assert len(receiver.bodies) <= 80


def test_the_page_works_when_nobody_listens(visit: Visiting, free_port: int) -> None:
    page = visit(f"http://{KEY}@127.0.0.1:{free_port}/1").open()
    use(page)
    page.page.wait_for_timeout(3000)
    assert works(page)
    assert page.asked(f":{free_port}/") == 1


def test_a_script_that_never_comes_leaves_the_page_whole(visit: Visiting, free_port: int) -> None:
    page = visit(f"http://{KEY}@127.0.0.1:{free_port}/1", script=f"http://127.0.0.1:{free_port}/obs.js")
    page.page.goto(page.url)
    page.run("(window.obs ||= []).push(['track', 'early'])")
    page.page.click("#buy")
    assert works(page)


@pytest.mark.parametrize("dsn", ["", "nonsense", "http://nokey/1", "https://key@host/notanumber"])
def test_a_bad_dsn_does_nothing(visit: Visiting, dsn: str) -> None:
    page = visit(dsn).open()
    use(page)
    assert works(page)
    assert all(page.url in request for request in page.requests)


def test_the_queue_is_bounded_and_says_what_it_left_out(visit: Visiting, receiver: Receiver) -> None:
    receiver.mode = "slow"
    page = visit(receiver.dsn).open()
    page.run("for (let i = 0; i < 10000; i++) obs.track('many')")
    page.until(lambda: len(receiver.items()) > 0)
    kinds = [item["type"] for item in receiver.items()]
    assert kinds.count("track") == 60
    assert next(item["count"] for item in receiver.items() if item["type"] == "dropped") >= 9940


def test_after_a_refusal_it_holds_its_peace_for_a_minute(visit: Visiting, receiver: Receiver) -> None:
    page = visit(receiver.dsn).open()
    page.until(lambda: len(receiver.bodies) > 0)
    receiver.mode = "429"
    page.run("obs.track('refused')")
    page.until(lambda: any(item.get("name") == "refused" for item in receiver.items()))
    receiver.mode = "up"
    sent = len(receiver.bodies)
    page.run("obs.track('later')")
    page.page.wait_for_timeout(3500)
    assert len(receiver.bodies) == sent
