"""Who decides what is sent: the visitor first, then the project, and both within a minute."""

from collections.abc import Callable

import pytest

from clients.browser.tests.conftest import Receiver, Visit

pytestmark = pytest.mark.browser

Visiting = Callable[..., Visit]
# Counts every look at what a browser keeps.
KEPT = """
window.looks = 0;
for (const name of ["getItem", "setItem"]) {
  const original = Storage.prototype[name];
  Storage.prototype[name] = function (...given) { window.looks++; return original.apply(this, given); };
}
const cookie = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
Object.defineProperty(document, "cookie", {
  get() { window.looks++; return cookie.get.call(document); },
  set(text) { window.looks++; cookie.set.call(document, text); },
});
const open = indexedDB.open.bind(indexedDB);
indexedDB.open = (...given) => { window.looks++; return open(...given); };
"""


def use(page: Visit) -> None:
    page.run("failLater(1)")
    page.run("obs.track('used')")
    page.run("history.pushState({}, '', '/other')")
    page.page.wait_for_timeout(2500)


def test_before_consent_nothing_happens_at_all(visit: Visiting, receiver: Receiver) -> None:
    page = visit(receiver.dsn, consent="required", early=KEPT).open()
    use(page)
    assert (receiver.asked, receiver.bodies) == (0, [])
    page.run("obs.consent(true)")
    page.run("obs.track('agreed')")
    page.until(lambda: any(item.get("name") == "agreed" for item in receiver.items()))
    assert not any(item.get("name") == "used" for item in receiver.items())
    page.run("obs.consent(false)")
    sent = len(receiver.bodies)
    use(page)
    page.leave()
    page.page.wait_for_timeout(300)
    assert len(receiver.bodies) == sent


def test_a_project_that_asks_for_consent_gets_nothing_without(visit: Visiting, receiver: Receiver) -> None:
    receiver.config["consent"] = True
    page = visit(receiver.dsn).open()
    use(page)
    page.leave()
    page.page.wait_for_timeout(300)
    assert (receiver.asked, receiver.bodies) == (1, [])


def test_consent_given_before_the_script_came_counts(visit: Visiting, receiver: Receiver) -> None:
    receiver.config["consent"] = True
    page = visit(receiver.dsn, early="(window.obs ||= []).push(['consent', true])").open()
    page.run("obs.track('agreed')")
    page.until(lambda: any(item.get("name") == "agreed" for item in receiver.items()))
    assert receiver.asked == 1


def test_who_is_named_with_it_is_told_to_the_server(visit: Visiting, receiver: Receiver) -> None:
    page = visit(receiver.dsn).open()
    page.run("obs.consent(true)")
    page.run("obs.consent(true, { id: 'customer 7', version: '2026-11' })")
    page.until(lambda: len(receiver.consents) == 1)
    page.run("obs.consent(false, { id: 'customer 7' })")
    page.until(lambda: len(receiver.consents) == 2)
    assert receiver.consents == [
        {"distinct_id": "customer 7", "state": "given", "version": "2026-11"},
        {"distinct_id": "customer 7", "state": "withdrawn"},
    ]


@pytest.mark.parametrize("signal", ["globalPrivacyControl: true", "doNotTrack: '1'"])
def test_a_visitor_who_objects_is_left_alone(visit: Visiting, receiver: Receiver, signal: str) -> None:
    name, value = signal.split(": ")
    objection = f"Object.defineProperty(navigator, '{name}', {{ value: {value} }})"
    page = visit(receiver.dsn, early=objection).open()
    page.run("obs.consent(true)")
    use(page)
    assert (receiver.asked, receiver.bodies) == (0, [])


def test_nothing_is_kept_in_the_browser(visit: Visiting, receiver: Receiver) -> None:
    page = visit(receiver.dsn, early=KEPT).open()
    use(page)
    page.until(lambda: len(receiver.bodies) >= 2)
    assert page.run("window.looks") == 0
    assert page.page.context.cookies() == []


def test_shares_are_of_page_loads_and_steady_within_one(visit: Visiting, receiver: Receiver) -> None:
    receiver.config["features"] |= {"errors": 0, "vitals": 0, "pages": 100, "third": 30, "none": 0, "all": 100}
    page = visit(receiver.dsn).open()
    use(page)
    page.leave()
    page.page.wait_for_timeout(300)
    assert {door for door, _ in receiver.bodies} == {"browser"}
    page.open()
    page.until(lambda: page.run("obs.feature('all')"))
    assert not page.run("obs.feature('none') || obs.feature('unknown')")
    assert page.run("new Set(Array.from({ length: 100 }, () => obs.feature('third'))).size") == 1
    share = page.run(
        "Array.from({ length: 10000 }, (_, i) => obs.feature('third', `team-${i}`)).filter(Boolean).length"
    )
    assert 2800 < share < 3200
    teams = "Array.from({ length: 50 }, (_, i) => obs.feature('third', `team-${i}`))"
    before = page.run(teams)
    page.open()
    page.until(lambda: page.run("obs.feature('all')"))
    assert page.run(teams) == before


def test_a_switch_turned_off_silences_open_pages_at_the_next_question(visit: Visiting, receiver: Receiver) -> None:
    receiver.max_age = 0  # the clock of the browser's cache cannot be turned
    page = visit(receiver.dsn)
    page.page.clock.install()
    page.open()
    page.run("obs.track('before')")
    page.page.clock.run_for(4000)
    page.until(lambda: any(item.get("name") == "before" for item in receiver.items()))
    receiver.config["on"] = False
    page.run("window.changes = 0; void obs.subscribe(() => window.changes++)")
    page.until(lambda: page.page.clock.run_for(1000) or page.run("window.changes") > 0)
    assert page.run("performance.now()") < 60_000
    sent = len(receiver.bodies)
    page.run("obs.track('after')")
    page.run("failLater(1)")
    page.page.clock.run_for(10_000)
    page.leave()
    page.page.wait_for_timeout(300)
    assert len(receiver.bodies) == sent


def test_a_config_too_old_is_not_acted_upon(visit: Visiting, receiver: Receiver) -> None:
    page = visit(receiver.dsn)
    page.page.clock.install()
    page.open()
    page.page.clock.run_for(4000)
    page.until(lambda: len(receiver.bodies) > 0)
    receiver.mode = "500"
    page.page.clock.run_for(120_000)
    sent = len(receiver.bodies)
    page.run("obs.track('after')")
    page.page.clock.run_for(5_000)
    page.leave()
    page.page.wait_for_timeout(300)
    assert len(receiver.bodies) == sent
