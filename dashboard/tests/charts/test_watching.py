"""From a chart to the rule that watches what it shows."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from analytics.questions.watched.metrics import METRICS
from analytics.tests import facts
from dashboard.charts.registry import CHARTS
from events.models import Project

pytestmark = pytest.mark.django_db


def test_what_charts_watch_exists() -> None:
    watched = {chart.watched.format(metric="INP") for chart in CHARTS.values() if chart.watched}
    assert len(watched) > 5
    assert watched <= METRICS.keys()


def test_a_chart_leads_to_a_rule_that_is_cut_as_it_is(project: Project, as_alice: Client) -> None:
    now = timezone.now()
    facts.filled(project, "requests", facts.request(now - timedelta(minutes=5)), now=now)
    page = as_alice.get(f"/p/{project.slug}/performance/?env=production").content.decode()
    assert "Alert on this" in page
    found = [line for line in page.split('"') if "/alerts/rules/new/threshold/?metric=requests.error_rate" in line]
    given = parse_qs(urlsplit(found[0].replace("&amp;", "&")).query)
    assert given["where"] == ["environment=production"]
    form = as_alice.get(found[0].replace("&amp;", "&"))
    assert form.status_code == 200
    assert form.context["form"]["metric"].value() == "requests.error_rate"
    assert form.context["form"]["where"].value() == "environment=production"


def test_who_may_only_look_is_not_offered_it(project: Project, as_bob: Client) -> None:
    now = timezone.now()
    facts.filled(project, "requests", facts.request(now - timedelta(minutes=5)), now=now)
    assert "Open on its own page" in as_bob.get(f"/p/{project.slug}/performance/").content.decode()
    assert "Alert on this" not in as_bob.get(f"/p/{project.slug}/performance/").content.decode()


def test_the_form_previews_before_it_stores(project: Project, as_alice: Client, now: Any) -> None:
    given = {
        "name": "Many", "metric": "requests.count", "of_kind_side": "above", "of_kind_threshold": "5",
        "of_kind_window": "5", "of_kind_min_samples": "1", "for_minutes": "0", "keep_minutes": "0",
        "every_minutes": "1", "repeat_minutes": "240", "no_data": "keep", "severity": "error",
    }  # fmt: skip
    address = f"/p/{project.slug}/alerts/rules/new/threshold/"
    preview = as_alice.post(address, {**given, "preview": "1"})
    assert (preview.status_code, project.rules.count()) == (200, 0)
    assert "It would not have fired in the last 14 days." in preview.content.decode()
    assert as_alice.post(address, given).status_code == 302
    assert project.rules.get().config == {
        "side": "above", "threshold": 5.0, "recovery": None, "window": 5, "min_samples": 1,
    }  # fmt: skip
    refused = as_alice.post(address, {**given, "name": "Other", "of_kind_threshold": "many"})
    assert (refused.status_code, "This is not a number." in refused.content.decode()) == (422, True)
