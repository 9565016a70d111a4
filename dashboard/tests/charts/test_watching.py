"""From a chart to the rule that watches what it shows."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from analytics.questions.watched.metrics import METRICS
from analytics.tests import facts
from dashboard.charts import cards
from dashboard.charts.registry import CHARTS
from dashboard.frame import state
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


@pytest.mark.parametrize("name", [name for name, chart in CHARTS.items() if chart.watched or chart.watch])
def test_every_chart_with_numbers_to_watch_begins_a_rule(project: Project, as_alice: Client, name: str) -> None:
    now = timezone.now()
    shown = state.parse({"env": "production"}, now=now)
    asked = {name: "7" for name in CHARTS[name].parameters if name in ("route", "query", "issue")}
    form = as_alice.get(cards.card(project, name, state=shown, **asked).alert_url)
    assert form.status_code == 200
    assert "environment=production" in form.context["form"]["where"].value()


def test_a_chart_of_what_people_do_begins_a_goal(project: Project, as_alice: Client) -> None:
    of_people = [name for name, chart in CHARTS.items() if not (chart.watched or chart.watch)]
    assert {CHARTS[name].start for name in of_people} == {"analytics"}
    card = cards.card(project, of_people[0], state=state.parse({}, now=timezone.now()))
    assert as_alice.get(card.goal_url).status_code == 200


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


COMMON = {
    "name": "Drawn", "for_minutes": "0", "keep_minutes": "0", "every_minutes": "1", "repeat_minutes": "240",
    "no_data": "keep", "severity": "error",
}  # fmt: skip
# Of each kind: what is typed, then what is wrong, its field, and what is said there.
TYPED: dict[str, tuple[dict[str, str], dict[str, str], str, str]] = {
    "issue": ({"trigger": "events", "more_than": "10", "window": "60", "query": "level:error"},
              {"query": "is:nonsense"}, "query", "at character"),
    "logs": ({"query": "logger:db.* timeout", "more_than": "3", "window": "5"}, {"query": "is:unresolved"}, "query",
             "is known of issues, not of logs"),
    "formula": ({"a": "requests.failed", "b": "requests.count", "formula": "100 * a / b", "unit": "%", "side": "above",
                 "threshold": "5", "window": "5"}, {"formula": "a / e"}, "formula", "is no letter of the formula"),
    "monitor": ({"when": "failed", "times": "2"}, {"times": "0"}, "times", "At least 1."),
    "forecast": ({"side": "above", "threshold": "90", "horizon": "24", "season": "day", "probability": "80"},
                 {"probability": "100"}, "probability", "At most 99."),
}  # fmt: skip


@pytest.mark.parametrize("kind", TYPED)
def test_each_kind_is_previewed_stored_changed_and_refused_at_its_field(
    project: Project, as_alice: Client, kind: str
) -> None:
    typed, wrong, field, words = TYPED[kind]
    metric = {"metric": "metrics.mean", "where": "name=cpu"} if kind == "forecast" else {}
    address = f"/p/{project.slug}/alerts/rules/new/{kind}/"
    assert as_alice.get(address).status_code == 200

    def given(**changes: str) -> dict[str, str]:
        own = {f"of_kind_{name}": value for name, value in {**typed, **changes}.items()}
        return {**COMMON, **metric, **own}

    preview = as_alice.post(address, {**given(), "preview": "1"})
    assert (preview.status_code, project.rules.count()) == (200, 0)
    assert "It would not have fired in the last 14 days." in preview.content.decode()
    refused = as_alice.post(address, given(**wrong))
    assert refused.status_code == 422
    assert words in " ".join(refused.context["form"].errors[f"of_kind_{field}"])
    assert as_alice.post(address, given()).status_code == 302
    rule = project.rules.get()
    form = as_alice.get(f"/p/{project.slug}/alerts/rules/{rule.pk}/").context["form"]
    assert {name: str(form[f"of_kind_{name}"].value()) for name in typed} == typed
    listed = as_alice.get(f"/p/{project.slug}/alerts/rules/").content.decode()
    assert rule.name in listed


def test_a_search_of_logs_leads_to_the_rule_that_counts_it(project: Project, as_alice: Client) -> None:
    now = timezone.now()
    facts.filled(project, "logs", facts.log("timed out", at=now - timedelta(minutes=5)), now=now)
    page = as_alice.get(f"/p/{project.slug}/logs/?query=%22timed+out%22+level:info&env=production").content.decode()
    link, *of_the_chart = [part for part in page.split('"') if "/alerts/rules/new/logs/?" in part]
    assert len(of_the_chart) == 1
    form = as_alice.get(link.replace("&amp;", "&")).context["form"]
    assert form["of_kind_query"].value() == '"timed out" level:info'
    assert form["where"].value() == "environment=production"
