"""Every page, chart, address of the API and file, of a project with nothing, with one event, and with a demo."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts.demo import bad_day
from analytics import demo as trials
from analytics.tests import facts
from analytics.tests.questions.product.test_web import event
from dashboard import demo as boards
from dashboard.charts.registry import CHARTS
from dashboard.tests.api.test_api import bearer
from dashboard.tests.test_every_route import API, PAGES, Route
from events import demo
from events.models import Occurrence, Project
from events.tests import make
from formaos_obs.tests.shared import Kept, kept

BACKEND = "django.contrib.auth.backends.ModelBackend"
ROLES = ("viewer", "editor", "owner")
# Addresses about a thing, a status page among them, have tests of their own; what is left is about the project.
OF_PROJECT = [
    route
    for route in PAGES
    if route.parameters == ("slug",) and not route.name.startswith(("status-preview", "component-", "notice-"))
]
OF_API = [route for route in API if route.parameters == ("slug",)]
# Each asks for something besides: a question, a body, a column.
NEEDED = {"api-endpoint": {"route": "GET /"}, "api-insight-funnels": {"steps": "a\nb"}}


def nothing() -> Project:
    return Project.objects.create(slug="nothing", name="Nothing")


def one_event() -> Project:
    now = timezone.now()
    project = Project.objects.create(slug="one", name="One", first_event_at=now)
    make.issue(project)
    facts.filled(project, "requests", facts.request(now), now=now)
    facts.filled(project, "vitals", facts.vital(1, 900.0, at=now, country="AT"), now=now)
    facts.filled(project, "logs", facts.log("alone", at=now), now=now)
    facts.filled(project, "events", event(1, now), now=now)
    return project


def bad_day_data() -> Project:
    """The demo with its flag, experiment and boards, and its bad day: an incident, rules, a status page."""
    now = timezone.now()
    done = demo.seed("shop", days=2, events=60, seed=4, now=now)
    trials.run(done.project, since=done.started, now=now)
    boards.arrange(done.project, now=now)
    assert bad_day.play(done, now=now) is not None
    return done.project


THINGS = {"issue", "event", "incident", "flag", "release", "rule", "person"}
# Beside 200: 204 is a poll without news, 302 leads on, 400 and 422 name what a form needs, 405 takes only POST.
OPENED = {200, 204, 302, 400, 405, 422}
OF_ONE = ("issue_", "query_")
# Statements a page may cost, whatever it shows.
MOST = 15
FORMS = ("/", ".json", ".csv", "/table.json", "/table.parquet")


def opened(answer: Any) -> int:
    if getattr(answer, "streaming", False):
        b"".join(answer.streaming_content)
    return int(answer.status_code)


def charts_of(project: Project, client: Client) -> dict[str, int]:
    """What each chart answers in each of its forms."""
    urls = {f"{name}{form}": f"/p/{project.slug}/charts/{name}{form}" for name in CHARTS for form in FORMS}
    return {name: opened(client.get(url)) for name, url in urls.items()}


def calls_of(project: Project, user: Any) -> dict[str, int]:
    """What each address of the API answers."""
    token = bearer(user)

    def asked(route: Route) -> int:
        url = route.url({"slug": project.slug})
        return opened(Client().get(url, NEEDED.get(route.name, {}), headers=token))

    return {route.name: asked(route) for route in OF_API}


def member(project: Project, role: str) -> tuple[Any, Client]:
    user = get_user_model().objects.create_user(role)
    project.memberships.create(user=user, role=role)
    client = Client()
    client.force_login(user, backend=BACKEND)
    return user, client


def counted(client: Client, url: str) -> tuple[int, int]:
    """What a page answers and how many statements it costs that ask or write rows; what begins and ends a transaction
    is none. Files and what is no page cost nothing here. What a process keeps for some seconds may just have run out:
    a page that is dear is looked at again."""
    status, cost = _counted(client, url)
    return (status, cost) if cost <= MOST else min((status, cost), _counted(client, url))


def _counted(client: Client, url: str) -> tuple[int, int]:
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(url)
        status = opened(answer)
    is_page = status == 200 and answer["Content-Type"].startswith("text/html")
    said = [one["sql"] for one in captured.captured_queries]
    return status, sum(not sql.startswith(("SAVEPOINT", "RELEASE")) for sql in said) if is_page else 0


def of_things(project: Project) -> dict[str, str]:
    """The pages about those things of a project that have most to say."""
    issue = project.issues.order_by("-event_count").first()
    kept = {
        "incident_id": project.incidents, "flag_id": project.flags, "version": project.releases,
        "rule_id": project.rules, "monitor_id": project.monitors, "person_id": project.persons,
    }  # fmt: skip
    latest = {name: kind.order_by("-pk").first() for name, kind in kept.items()}
    own = {"version": "version", "person_id": "uuid"}
    named = {name: getattr(one, own.get(name, "pk")) for name, one in latest.items() if one is not None}
    named["slug"] = project.slug
    kept = Occurrence.objects.filter(group__issue=issue).order_by("-pk").first() if issue else None
    named |= {"issue_id": issue.pk} if issue else {}
    named |= {"event_id": kept.event_id.hex} if kept else {}
    routes = [route for route in PAGES if len(route.parameters) > 1 and set(route.parameters) <= set(named)]
    return {route.name: route.url(named) for route in routes if not route.name.endswith(("edit", "acknowledge"))}


@pytest.fixture(scope="module", params=[nothing, one_event, bad_day_data], ids=lambda one: one.__name__)
def amount(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any
) -> Iterator[Kept]:
    """A project that all its tests look at."""
    folder = tmp_path_factory.mktemp(request.param.__name__)
    with kept(django_db_blocker, folder, transaction.atomic(request.param)) as made:
        yield made


@pytest.fixture
def segment_root(amount: Kept) -> Path:
    return amount.segments


@pytest.mark.parametrize("role", ROLES)
def test_every_page_and_call_opens(db: None, amount: Kept, role: str) -> None:
    project: Project = amount.made
    user, client = member(project, role)
    for route in OF_PROJECT:
        url, needed = route.url({"slug": project.slug}), route.callback.needed_role or "viewer"
        status, count = counted(client, url)
        assert count <= MOST, (route.name, count)
        may = ROLES.index(role) >= ROLES.index(needed)
        assert status in (OPENED if may else {403, 405}), (route.name, status)
    for name, status in calls_of(project, user).items():
        assert status in {200, 400, 403, 405}, (name, status)
        assert status != 403 or role == "viewer", name


def test_every_page_about_a_thing_costs_little(db: None, amount: Kept) -> None:
    project: Project = amount.made
    client = member(project, "owner")[1]
    costs = {name: counted(client, url)[1] for name, url in of_things(project).items()}
    assert {name: count for name, count in costs.items() if count > MOST} == {}
    assert project.slug != "shop" or costs.keys() >= THINGS


def test_every_chart_opens_in_every_form(db: None, amount: Kept) -> None:
    project: Project = amount.made
    found = charts_of(project, member(project, "viewer")[1])
    # What is about a thing is not there without it; 400 names what a question needs.
    wrong = {name: status for name, status in found.items() if status not in (200, 400)}
    assert [name for name in wrong if not name.startswith(OF_ONE)] == []
    assert sum(status == 200 for status in found.values()) > len(found) / 2
