"""PostHog's SDKs, from their packages, say who is who to the running server: who is one person, and what is known."""

import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from events.models import Group, Issue, Person
from events.persons import reading
from events.tests import pypi
from events.tests.arrivals import Arrived, npm, package, stored
from events.tests.intake import digested, facts
from events.tests.npm import installed
from events.tests.sdk import visits
from events.tests.sdk.conftest import CLIENTS, HERE, Shop

pytestmark = [pytest.mark.sdk, pytest.mark.django_db(transaction=True)]
KIND = ["groups", "persons"]


@pytest.fixture
def named(shop: Shop) -> Shop:
    shop.project.analytics = "identified"
    shop.project.save()
    return shop


def person_of(shop: Shop, *distinct_ids: str) -> Person:
    """The one person of all these ids."""
    (found,) = {reading.person_with(shop.project, each) for each in distinct_ids}
    assert found is not None
    assert found.ids.count() == len(distinct_ids)
    return found


def test_posthog_for_python_aliases_sets_and_describes_groups(named: Shop, arrived: Arrived) -> None:
    named.run(sys.executable, CLIENTS / "persons_python.py", named.server.url, named.key.public_key)
    assert digested(named.project).invalid == 0
    person = person_of(named, "customer 1", "anonymous 1")
    assert (person.properties["plan"], person.properties["seats"], person.properties["first"]) == ("team", "2", "ad")
    assert person.is_identified
    assert Person.objects.count() == 1  # nobody is made of an event that names nobody
    assert [(group.type, group.key, group.properties["seats"]) for group in Group.objects.all()] == [
        ("company", "acme", "40")
    ]
    [paid] = [row for row in facts(named.project, "events") if row["event"] == "paid"]
    assert dict(paid["properties"])["$group/company"] == "acme"
    arrived("posthog (Python)", package("posthog"), KIND)


@pytest.mark.parametrize("mode", ["queue", "sync"])
@pytest.mark.parametrize("age", ["3", "6"])
def test_posthog_for_python_of_before_does_the_same(named: Shop, arrived: Arrived, age: str, mode: str) -> None:
    folder = pypi.installed(f"posthog-{age}")
    before = len(named.server.answers("/batch/"))
    named.older_python(folder, "posthog_older.py", named.server.url, named.key.public_key, mode)
    answers = named.server.answers("/batch/")[before:]
    assert {answer.status for answer in answers} == {200}
    report = digested(named.project)
    identified = 2 if age == "3" else 0  # with a page view, gone since
    # The exception is an event and an error.
    assert (report.stored, report.invalid, report.duplicate) == (28 + identified, 0, 0)
    assert len(answers) == (27 + identified if mode == "sync" else 5 if age == "3" else 4)
    person = person_of(named, "customer 1", "anonymous 1")
    assert (person.properties["plan"], person.properties["seats"], person.properties["first"]) == ("team", "2", "ad")
    assert Person.objects.count() == 1
    assert Group.objects.get(key="acme").properties["seats"] == "40"
    rows = facts(named.project, "events")
    paid = [dict(row["properties"]) for row in rows if row["event"] == "paid"]
    assert sorted(int(each["total"]) for each in paid) == list(range(20))
    assert {each["$group/company"] for each in paid} == {"acme"}
    assert "who=me" not in str(rows)
    [issue] = Issue.objects.filter(project=named.project)
    assert (issue.title, issue.event_count) == ("ValueError: the basket is empty", 1)
    arrived("posthog (Python)", pypi.version(folder, "posthog"), [*stored(named.project), *KIND])


def test_posthog_node_of_every_age_does_the_same(named: Shop, arrived: Arrived) -> None:
    packages = installed(HERE / "npm_flags", name="npm_flags")
    names = ("posthog-node", "posthog-node-4", "posthog-node-3")
    named.run(
        "node", CLIENTS / "persons_node.cjs", named.server.url, named.key.public_key, *names, NODE_PATH=str(packages)
    )
    assert digested(named.project).invalid == 0
    for name in names:
        person = person_of(named, f"customer {name}", f"anonymous {name}")
        assert (person.properties["plan"], person.is_identified) == ("team", True), name
        assert Group.objects.get(key=name).properties["seats"] == "40"
        arrived("posthog-node", npm(packages, name), KIND)
    assert Person.objects.count() == len(names)


@pytest.mark.parametrize(("case", "name"), [("persons", "posthog-js"), ("persons_older", "posthog-js-1.20")])
def test_posthog_js_identifies_who_logs_in(
    named: Shop, site: tuple[Path, str], browser: Browser, arrived: Arrived, case: str, name: str
) -> None:
    packages = installed(HERE / "npm_performance", name="npm_performance")
    folder, origin = site
    named.run(
        packages / ".bin" / "esbuild", f"{case}_page.js", "--bundle", "--minify", "--log-level=error",
        f"--outfile={folder}/page.js", '--define:process.env.NODE_ENV="production"', NODE_PATH=str(packages),
        cwd=CLIENTS,
    )  # fmt: skip
    (folder / "index.html").write_text(
        '<!doctype html><title>Shop</title><link rel="icon" href="data:,"><button>In</button>'
        '<script src="/page.js"></script>'
    )
    to: dict[str, Any] = {"server": named.server.url, "project": str(named.project.pk), "key": named.key.public_key}
    seen = visits.and_leave(browser, origin, **to)
    assert seen["console"] == []
    assert digested(named.project).invalid == 0
    [person] = Person.objects.all()
    assert person == reading.person_with(named.project, "customer 1")
    assert (person.properties["plan"], person.properties["first"]) == ("team", "ad")
    assert person.is_identified
    visitors = {row["visitor"] for row in facts(named.project, "events")}
    assert visitors == set(person.ids.values_list("visitor", flat=True))
    assert len(visitors) == 2
    assert Group.objects.get(key="acme").properties["seats"] == "40"
    arrived("posthog-js", npm(packages, name), KIND)
