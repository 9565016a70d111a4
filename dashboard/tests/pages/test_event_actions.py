"""Actions on their page and by the API: tried, stored, taken by a question; and what autocapture sends of a click."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from analytics.models import Action
from analytics.tests import facts
from analytics.tests.actions import make
from analytics.tests.questions.product.test_web import event
from dashboard.tests.api.test_api import bearer
from events.accounts import tokens
from events.models import Project

LIST = "/p/web/insights/actions/"
CLICK = {"$elements_chain": 'button.buy:attr__class="buy"nth-child="1"text="Buy"', "$el_text": "Buy"}


def clicked(project: Project) -> None:
    at = timezone.now() - timedelta(hours=1)
    facts.store(project, "events", *[event(n, at, name="$autocapture", properties=CLICK) for n in range(3)],
                event(1, at, name="paid"), event(1, at - timedelta(days=8), name="$autocapture", properties=CLICK),
                now=timezone.now())  # fmt: skip


def test_an_action_is_tried_stored_asked_and_deleted(as_alice: Client, project: Project) -> None:
    clicked(project)
    assert "No action yet" in as_alice.get(LIST).content.decode()
    sent = {"name": "Buys", "selector_0": "button.buy", "event_1": "paid"}
    tried = as_alice.post(f"{LIST}new/", {**sent, "try": "1"}).content.decode()
    assert "Matched 4 times in the last 7 days, by 3 people." in tried
    assert 'value="button.buy"' in tried
    assert not Action.objects.exists()
    refused = as_alice.post(f"{LIST}new/", {**sent, "selector_0": "a + b"})
    assert refused.status_code == 422
    assert "The selector cannot be read." in refused.content.decode()
    as_alice.post(f"{LIST}new/", sent)
    action = Action.objects.get()
    assert [one["event"] for one in action.matches] == ["", "paid"]
    html = as_alice.get(LIST).content.decode()
    assert '<td data-label="Last 7 days" class="num">4</td><td data-label="People" class="num">3</td>' in html
    asked = as_alice.get("/p/web/insights/", {"event": "action:Buys"}).content.decode()
    assert "action:Buys" in asked
    assert ">4</span>" in asked
    as_alice.post(f"{LIST}{action.pk}/delete/")
    gone = as_alice.get("/p/web/insights/", {"event": "action:Buys"}).content.decode()
    assert "There is no action" in gone


def test_who_may_not_edit_only_looks(as_bob: Client, project: Project) -> None:
    make.action(project, now=timezone.now())
    html = as_bob.get(LIST).content.decode()
    assert "Buys" in html
    assert "Add an action" not in html
    assert as_bob.post(f"{LIST}new/", {}).status_code == 403


def test_the_api_reads_and_changes(project: Project, alice: Any) -> None:
    token = tokens.create(alice, name="a", scopes=["read", "admin"], project=project, now=timezone.now())[1]
    headers = {"authorization": f"Bearer {token}"}
    address, asked = "/api/v1/projects/web/actions/", {"content_type": "application/json", "headers": headers}
    sent = {"name": "Buys", "matches": [{"selector": "button.buy"}]}
    made = Client().post(address, sent, **asked)
    assert made.status_code == 201, made.content
    assert made.json()["matches"] == [{"event": "", "page": "", "text": "", "selector": "button.buy", "only": ""}]
    one = f"{address}{made.json()['id']}/"
    assert Client().patch(one, {"matches": [{"selector": "a + b"}]}, **asked).status_code == 400
    assert Client().patch(one, {"name": "Pays"}, **asked).json()["name"] == "Pays"
    assert [each["name"] for each in Client().get(address, headers=headers).json()["results"]] == ["Pays"]
    clicked(project)
    trend = Client().get("/api/v1/projects/web/insights/trends/", {"event": "action:Pays"}, headers=headers)
    assert trend.json()["lines"][0]["total"] == 3
    assert Client().post(address, sent, content_type="application/json", headers=bearer(alice)).status_code == 403
    assert Client().delete(one, headers=headers).status_code == 204
