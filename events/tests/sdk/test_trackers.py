"""Other houses' clients of product analytics, from their packages: servers in Node, and pages in real Chromium."""

from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser

from events.models import Group
from events.persons import reading
from events.tests import pypi
from events.tests.arrivals import Arrived, npm, stored
from events.tests.intake import digested, facts
from events.tests.npm import installed
from events.tests.sdk import visits
from events.tests.sdk.conftest import CLIENTS, HERE, Shop

pytestmark = [pytest.mark.sdk, pytest.mark.django_db(transaction=True)]

PAGE = """<!doctype html><title>Shop</title><link rel="icon" href="data:,"><h1>Items</h1><button>Buy</button>
<script src="/page.js"></script>"""
SERVERS = {
    "segment": (
        "@segment/analytics-node",
        ["$create_alias", "$groupidentify", "$identify", "$pageview", "order paid"],
    ),
    "rudder": ("@rudderstack/rudder-sdk-node", ["$identify", "order paid"]),
    "umami": ("@umami/node", ["$identify", "$pageview", "order paid"]),
    "matomo": ("matomo-tracker", ["$pageview", "$pageview", "$pageview", "order paid: shop"]),
}
# The package, and the module of its client. All three want other versions of what they stand on.
PYTHON = {
    "segment": ("segment-analytics-python", "segment.analytics"),
    "segment-1": ("analytics-python", "analytics"),
    "rudder": ("rudder-sdk-python", "rudderstack.analytics"),
}
PAGES = {
    "plausible": (
        ("@plausible-analytics/tracker", "plausible-tracker"),
        {
            "$pageview",
            "signup",
            "older signup",
            "$engagement",
            "404",
            "Outbound Link: Click",
            "File Download",
            "Form: Submission",
        },
    ),
    "segment": (("@segment/analytics-next",), {"$pageview", "$identify", "signup"}),
    "rudder": (("@rudderstack/analytics-js",), {"$pageview", "$identify", "signup"}),
}


@pytest.fixture(scope="session")
def packages() -> Path:
    """The pinned npm packages of trackers, installed once per lock file."""
    return installed(HERE / "npm_trackers", name="npm_trackers")


@pytest.fixture
def named(shop: Shop) -> Shop:
    """The shop, whose visitors are known again by the names that their senders give them."""
    shop.project.analytics = "identified"
    shop.project.save()
    return shop


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_s_client_is_understood(named: Shop, packages: Path, arrived: Arrived, name: str) -> None:
    package, events = SERVERS[name]
    total = "dimension1" if name == "matomo" else "total"
    printed = named.run("node", CLIENTS / "trackers_node.cjs", named.server.url, named.key.public_key, name,
                        NODE_PATH=str(packages), NODE_ENV="production")  # fmt: skip
    assert printed == ""
    report = digested(named.project)
    assert (report.invalid, report.duplicate, report.filtered) == (0, 0, {})
    rows = facts(named.project, "events")
    assert sorted(row["event"] for row in rows) == events
    [paid] = [row for row in rows if row["event"].startswith("order paid")]
    assert (dict(paid["properties"])[total], paid["country"], paid["browser"]) == ("12", None, None)
    assert "who=me" not in str(rows)
    arrived(package, npm(packages, package), stored(named.project))


@pytest.mark.parametrize("mode", ["queue", "sync"])
@pytest.mark.parametrize("name", PYTHON)
def test_a_client_for_python_is_understood(named: Shop, arrived: Arrived, name: str, mode: str) -> None:
    package, module = PYTHON[name]
    folder = pypi.installed(name)
    before = len(named.server.answers("/v1/batch"))
    named.older_python(folder, "segment_python.py", module, named.server.url, named.key.public_key, mode)
    assert {answer.status for answer in named.server.answers("/v1/batch")[before:]} == {200}
    report = digested(named.project)
    assert (report.stored, report.invalid, report.duplicate, report.filtered) == (7, 0, 0, {})
    rows = {row["event"]: row for row in facts(named.project, "events")}
    assert sorted(rows) == [
        "$create_alias", "$groupidentify", "$identify", "$pageview", "$screen", "looked", "order paid",
    ]  # fmt: skip
    assert dict(rows["order paid"]["properties"])["total"] == "12"
    assert (rows["$pageview"]["path"], rows["$pageview"]["browser"]) == ("/cart", None)
    assert "who=me" not in str(rows)
    person = reading.person_with(named.project, "u-1")
    assert person is not None
    assert person == reading.person_with(named.project, "a-1")
    assert (person.properties["plan"], Group.objects.get(key="g-1").properties["seats"]) == ("team", "40")
    arrived(package, pypi.version(folder, package), [*stored(named.project), "groups", "persons"])


def test_umami_s_client_for_python_is_understood(named: Shop, arrived: Arrived) -> None:
    folder = pypi.installed("umami")
    named.older_python(folder, "umami_python.py", named.server.url, str(UUID(named.key.public_key)))
    report = digested(named.project)
    assert (report.stored, report.invalid, report.filtered) == (3, 0, {})
    rows = {row["event"]: row for row in facts(named.project, "events")}
    assert sorted(rows) == ["$pageview", "order paid", "upgrade"]
    assert (rows["$pageview"]["host"], rows["$pageview"]["path"]) == ("shop.example", "/cart")
    assert rows["$pageview"]["visitor"] == rows["order paid"]["visitor"]
    assert dict(rows["order paid"]["properties"])["total"] == "12"
    assert dict(rows["upgrade"]["properties"]).items() >= {"revenue": "12.5", "currency": "EUR"}.items()
    assert "who=me" not in str(rows)
    arrived("umami-analytics (Python)", pypi.version(folder, "umami-analytics"), stored(named.project))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_s_client_is_understood(
    named: Shop, packages: Path, site: tuple[Path, str], browser: Browser, arrived: Arrived, name: str
) -> None:
    names, events = PAGES[name]
    folder, origin = site
    named.run(
        packages / ".bin" / "esbuild", f"{name}_page.js", "--bundle", "--minify", "--log-level=error",
        f"--outfile={folder}/page.js", '--define:process.env.NODE_ENV="production"', NODE_PATH=str(packages),
        cwd=CLIENTS,
    )  # fmt: skip
    (folder / "index.html").write_text(PAGE)
    to = {"server": named.server.url, "project": str(named.project.pk), "key": named.key.public_key}
    seen = visits.and_leave(browser, f"{origin}/?q=mine", **to)
    assert seen["console"] == []
    assert {status for status, url in seen["statuses"] if url.startswith(named.server.url)} <= {200, 202}
    assert digested(named.project).invalid == 0
    rows = facts(named.project, "events")
    assert {row["event"] for row in rows} == events
    if name == "plausible":
        views = Counter(row["path"] for row in rows if row["event"] == "$pageview")
        assert views == {"/": 2, "/basket/": 2}, "each of the two saw both"
        assert {row["path"] for row in rows if row["event"] == "$engagement"} >= {"/"}
    assert {row["browser"] for row in rows} == {"Chrome"}
    assert "mine" not in str(rows)
    for package in names:
        arrived(package, npm(packages, package), stored(named.project))
