"""The script as our server serves it, against our server: an issue, vitals, metrics."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics import engine
from analytics.periods import Period
from clients.browser.tests.conftest import SCRIPT, Visit
from events.digest import loop
from events.ingest import accounting
from events.models import IngestKey, Issue, Project
from events.tests.arrivals import Arrived, stored
from events.tests.sdk.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

VITALS = {"FCP", "TTFB", "LCP", "CLS"}


def rows(project: Project, fact: str, columns: str) -> list[dict[str, Any]]:
    now = timezone.now()
    period = Period(now - timedelta(hours=1), now + timedelta(hours=1))
    with engine.read(project.pk, {fact: period}) as facts:
        return facts.ask(f"SELECT {columns} FROM {fact} f ORDER BY ALL", {})


def measured(project: Project) -> set[str]:
    """The vitals that have arrived by now."""
    assert loop.run(now=timezone.now()).failed == 0
    return {row["metric"] for row in rows(project, "vitals", "DISTINCT metric")}


def test_a_visit_becomes_an_issue_vitals_and_metrics(
    visit: Callable[..., Visit], running_server: Server, project: Project, key: IngestKey, arrived: Arrived
) -> None:
    dsn = running_server.dsn(key)
    script = f"{running_server.url}/static/clients/{SCRIPT.name}"
    for visits in range(1, 7):  # a server that is slow for 8 s is left in peace, and the rest of that visit is lost
        page = visit(dsn, script=script, release="shop@1.2", environment="production").open("/orders/1042")
        page.run("failLater(1)")
        page.run("obs.track('signup'); obs.timing('search', 41)")
        page.until(lambda page=page: page.asked("/envelope/") == 1 and page.asked("/browser/?") >= 1, seconds=30)
        page.page.wait_for_load_state("networkidle")
        page.leave()
        if visits > 1 and page.comes(lambda: measured(project) >= VITALS, seconds=10):
            break
    assert measured(project) >= VITALS
    sent = [a for a in running_server.answers(f"/api/{project.pk}/") if a.method == "POST"]
    assert {answer.status for answer in sent} == {200}

    issue = Issue.objects.get(project=project)
    assert (issue.type, issue.event_count) == ("TypeError", visits)
    assert issue.culprit == "/orders/{id}"
    vitals = rows(project, "vitals", "DISTINCT metric, route, release")
    assert {(row["route"], row["release"]) for row in vitals} == {("/orders/{id}", "shop@1.2")}
    metrics = rows(project, "metrics", "name, environment, f.attributes['route'] AS route")
    assert {row["name"] for row in metrics} == {"browser.pageview", "browser.track", "browser.timing.search"}
    assert {(row["environment"], row["route"]) for row in metrics} == {("production", "/orders/{id}")}
    report = accounting.report(project_id=project.pk)
    assert (report.difference, report.invalid) == (0, 0)
    arrived("formaos-obs-browser", SCRIPT.stem.removeprefix("obs-"), stored(project))
