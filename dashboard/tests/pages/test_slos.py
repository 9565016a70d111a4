"""The pages of objectives: what is left and what burns, in words and drawn; editors change, viewers look."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from alerts.models import Objective, Rule
from alerts.rules import evaluation
from alerts.tests import make
from analytics.tests import facts
from events.models import AuditEntry, Project

BASE = "/p/web/slos/"


def typed(**changes: Any) -> dict[str, Any]:
    """What a person types into the form."""
    plain = {"name": "Answers", "indicator": "availability", "threshold_ms": "", "target": "99.9", "days": "30"}
    return {**plain, "where": "", "min_total": "100", "min_bad": "10", **changes}


def burn(project: Project, *, now: datetime) -> Objective:
    """An objective whose budget burns twentyfold."""
    made = make.objective(project, now=now)
    at = now - timedelta(minutes=3)
    rows = [facts.request(at, status=503 if n < 20 else 200) for n in range(1000)]
    facts.filled(project, "requests", *rows, now=now)
    evaluation.run(now=now)
    return made


def test_an_empty_project_is_told_what_an_objective_is(as_alice: Client, as_bob: Client) -> None:
    page = as_alice.get(BASE).content.decode()
    assert "No objective yet" in page
    assert "Add the three of the house" in page
    assert "Add the three of the house" not in as_bob.get(BASE).content.decode()


def test_the_three_of_the_house_are_one_click(as_alice: Client, as_bob: Client, project: Project) -> None:
    assert as_bob.post(f"{BASE}house/").status_code == 403
    assert as_alice.get(f"{BASE}house/").status_code == 405
    assert as_alice.post(f"{BASE}house/")["Location"] == BASE
    page = as_alice.get(BASE)
    text = page.content.decode()
    assert [one.objective.name for one in page.context["objectives"]] == [
        "Fewer than 0.5 % of requests fail",
        "Pages show within 1.5 s",
        "Uptime 99.9 %",
    ]
    assert {one.state for one in page.context["objectives"]} == {"no data"}
    assert "Add the three of the house" not in text
    assert text.count('<svg class="meter"') == 0, "nothing measured is no full bar"


def test_a_burning_budget_is_listed_first_with_its_burn(as_bob: Client, project: Project) -> None:
    now = timezone.now()
    make.objective(project, name="A calm one", where={"route": ["GET /none"]}, now=now)
    burn(project, now=now)
    page = as_bob.get(BASE)
    first, second = page.context["objectives"]
    assert (first.objective.name, first.state, first.tone) == ("Answers", "burns fast", "bad")
    assert (second.state, second.width) == ("no data", None)
    assert (first.good, first.left, first.width, first.gone) == ("98 %", "-1,900 %", 0.0, "now")
    assert [one.long for one in first.burns] == ["20×", "20×", "20×", "20×"]
    text = page.content.decode()
    assert "99.9 % of requests are answered without a 5xx, over 30 days." in text
    assert "Change" not in text


def test_the_page_of_one_draws_its_budget_and_lists_its_alerts(as_bob: Client, project: Project) -> None:
    made = burn(project, now=timezone.now())
    page = as_bob.get(f"{BASE}{made.pk}/")
    text = page.content.decode()
    assert "20 bad of 1000 events, where 1 may be" in text
    assert text.count("burns 20× over") == 8, "four pairs of windows, four alerts"
    assert '<svg class="evidence"' in text
    assert "<polyline" in text
    assert text.count("ok → firing") == 4
    assert [(one.windows, one.role, one.limit) for one in page.context["shown"].burns] == [
        ("1 h / 5 min", "page", "14.4×"),
        ("6 h / 30 min", "page", "6×"),
        ("1 d / 2 h", "ticket", "3×"),
        ("3 d / 6 h", "ticket", "1×"),
    ]


def test_one_without_data_says_that_this_is_no_health(as_bob: Client, project: Project) -> None:
    made = make.objective(project, now=timezone.now())
    text = as_bob.get(f"{BASE}{made.pk}/").content.decode()
    assert "Nothing was measured within these 30 days" in text
    assert "never fired" in text
    assert '<svg class="meter"' not in text


def test_a_filled_form_makes_an_objective_with_its_rules(as_alice: Client, project: Project) -> None:
    channel = make.channel(project)
    form = typed(indicator="latency", threshold_ms="1500", target="95", days="28", where="route=GET /a|GET /b")
    answer = as_alice.post(f"{BASE}new/", {**form, "channels": [channel.pk]})
    made = Objective.objects.get()
    assert answer["Location"] == f"{BASE}{made.pk}/"
    assert (made.threshold_ms, made.target, made.days, made.where) == (
        1500.0,
        95.0,
        28,
        {"route": ["GET /a", "GET /b"]},
    )
    assert {rule.metric for rule in made.rules.all()} == {"requests.over.1500"}
    assert all(list(rule.channels.all()) == [channel] for rule in made.rules.all())
    page = as_alice.get(f"{BASE}{made.pk}/").content.decode()
    assert "the edge of the stored histograms that is nearest to 1,500 ms" in page
    assert AuditEntry.objects.filter(action="slo.create").count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"target": "100"}, "target"),
        ({"target": "0"}, "target"),
        ({"target": "<b>"}, "target"),
        ({"indicator": "latency", "threshold_ms": "-1"}, "threshold_ms"),
        ({"indicator": "lcp"}, "threshold_ms"),
        ({"days": "31"}, "days"),
        ({"indicator": "luck"}, "indicator"),
        ({"where": "colour=red"}, "where"),
        ({"where": "nonsense"}, "where"),
        ({"min_total": "0"}, "min_total"),
        ({"min_bad": "many"}, "min_bad"),
        ({"name": ""}, "name"),
    ],
)
def test_nonsense_is_named_at_its_field(as_alice: Client, changes: dict[str, Any], field: str) -> None:
    page = as_alice.post(f"{BASE}new/", typed(**changes))
    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    assert 'class="error-at"' in page.content.decode()
    assert not Objective.objects.exists()


def test_a_name_that_is_taken_is_refused_where_it_stands(as_alice: Client, project: Project) -> None:
    make.objective(project, now=timezone.now())
    page = as_alice.post(f"{BASE}new/", typed())
    assert page.status_code == 422
    assert Objective.objects.count() == 1


def test_the_form_of_one_changes_it_and_all_its_rules(as_alice: Client, as_bob: Client, project: Project) -> None:
    made = make.objective(project, now=timezone.now())
    assert as_bob.get(f"{BASE}{made.pk}/edit/").status_code == 403
    form = as_alice.get(f"{BASE}{made.pk}/edit/").context["form"]
    assert (form["target"].value(), form["days"].value(), form["min_bad"].value()) == ("99.9", 30, 10)
    as_alice.post(f"{BASE}{made.pk}/edit/", typed(name="Better", target="99.95"))
    made.refresh_from_db()
    assert (made.name, made.target) == ("Better", 99.95)
    assert {rule.config["target"] for rule in made.rules.all()} == {99.95}


def test_a_deleted_objective_takes_its_rules_along(as_alice: Client, as_bob: Client, project: Project) -> None:
    made = burn(project, now=timezone.now())
    assert as_bob.post(f"{BASE}{made.pk}/delete/").status_code == 403
    assert as_alice.post(f"{BASE}{made.pk}/delete/")["Location"] == BASE
    assert not Rule.objects.exists()


def test_its_rules_are_previewed_and_not_changed_by_hand(as_alice: Client, project: Project) -> None:
    made = make.objective(project, indicator="lcp", threshold_ms=1500, target=95, now=timezone.now())
    rule = made.rules.get(config__pair="1h")
    address = f"/p/web/alerts/rules/{rule.pk}/"
    page = as_alice.get(address)
    assert "belongs to the objective" in page.content.decode()
    given = {name: page.context["form"][name].value() for name in page.context["form"].fields if name != "channels"}
    given = {name: "" if value is None else value for name, value in given.items()}
    preview = as_alice.post(address, {**given, "preview": "1"})
    assert preview.status_code == 200
    assert "It would not have fired in the last 14 days." in preview.content.decode()
    refused = as_alice.post(address, {**given, "of_kind_target": "50"})
    assert "belongs to the objective" in str(refused.context["form"].non_field_errors())
    rule.refresh_from_db()
    assert rule.config["target"] == 95


def test_a_burn_rate_rule_of_ones_own_asks_for_a_share(as_alice: Client, project: Project) -> None:
    address = "/p/web/alerts/rules/new/burn_rate/"
    page = as_alice.get(address)
    given = {name: page.context["form"][name].value() for name in page.context["form"].fields if name != "channels"}
    given = {name: "" if value is None else value for name, value in given.items()} | {"name": "Mine"}
    refused = as_alice.post(address, {**given, "metric": "requests.count"})
    assert list(refused.context["form"].errors) == ["metric"]
    assert as_alice.post(address, {**given, "metric": "requests.error_rate"}).status_code == 302
