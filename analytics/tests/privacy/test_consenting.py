"""What pages and servers say of consent, and what follows of it at once: for counting, flags, and what was kept."""

import json
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from analytics.flags import books, changing
from analytics.models import FlagPlace
from analytics.privacy import consenting, erasing, exporting
from analytics.tests.flags import make as make_flags
from analytics.tests.privacy.test_erasing import send, swept, traces
from events.consent import ledger, standing
from events.models import ConsentRecord, IngestKey, Person, Project
from events.persons import reading
from events.tests.intake import digested, facts
from events.visitors import naming

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh() -> Any:
    for forget in (standing.forget, naming.reset, books.forget):
        forget()
    yield
    for forget in (standing.forget, naming.reset, books.forget):
        forget()


@pytest.fixture
def asking(project: Project) -> Project:
    project.analytics = "consent"
    project.save()
    return project


def say(
    key: IngestKey, distinct_id: Any, state: Any, /, *, status: int = 200, client: Client | None = None, **more: Any
) -> Any:
    """As sendBeacon does: text/plain, the key in the body."""
    body = json.dumps({"api_key": key.public_key, "distinct_id": distinct_id, "state": state, **more})
    answer = (client or Client()).post(
        "/consent/", body, content_type="text/plain", headers={"Origin": "https://shop.example"}
    )
    assert answer.status_code == status, answer.content
    assert answer["Access-Control-Allow-Origin"] == "https://shop.example"
    return answer.json()


def test_a_page_gives_and_takes_back_with_a_beacon_each(asking: Project, key: IngestKey) -> None:
    assert say(key, "ada", "given", version="2026-11") == {"state": "given", "recorded": True}
    assert say(key, "ada", "given", version="2026-11") == {"state": "given", "recorded": False}
    send(key, {"event": "paid", "distinct_id": "ada", "$set": {"plan": "team"}})
    digested(asking)
    assert say(key, "ada", "withdrawn") == {"state": "withdrawn", "recorded": True}
    assert say(key, "ada", "withdrawn") == {"state": "withdrawn", "recorded": False}
    send(key, {"event": "left", "distinct_id": "ada", "$set": {"plan": "none"}})
    digested(asking)
    ada = reading.visitor_of(asking, "ada")
    assert [row["visitor"] == ada for row in facts(asking, "events") if row["event"] == "paid"] == [True]
    assert [row["visitor"] == ada for row in facts(asking, "events") if row["event"] == "left"] == [False]
    [person] = Person.objects.all()
    assert person.properties == {"plan": "team"}
    assert [(one.state, one.version, one.source) for one in asking.consents.order_by("number")] == [
        ("given", "2026-11", "page"), ("withdrawn", "2026-11", "page"),
    ]  # fmt: skip


def test_all_ids_of_a_person_are_taken_back_together(asking: Project, key: IngestKey) -> None:
    for distinct_id in ("ada", "anon-1", "eve"):
        say(key, distinct_id, "given")
    send(key, {"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": "anon-1"}})
    digested(asking)
    say(key, "anon-1", "withdrawn")
    visitors = {name: reading.visitor_of(asking, name) for name in ("ada", "anon-1", "eve")}
    said = standing.read(asking.pk, visitors.values())
    assert {name: said[visitor] for name, visitor in visitors.items()} == {
        "ada": "withdrawn", "anon-1": "withdrawn", "eve": "given",
    }  # fmt: skip


def test_the_browser_s_own_objection_goes_before_an_agreement_and_never_before_taking_back(
    asking: Project, key: IngestKey
) -> None:
    objecting = Client(HTTP_SEC_GPC="1")
    assert say(key, "ada", "given", client=objecting)["recorded"] is False
    say(key, "ada", "given")
    assert say(key, "ada", "withdrawn", client=objecting)["recorded"] is True


@pytest.mark.parametrize(
    ("distinct_id", "state", "more"),
    [
        ("", "given", {}), (None, "given", {}), ("undefined", "given", {}), ("$posthog_cookieless", "given", {}),
        ("x" * 201, "given", {}), ({"a": 1}, "given", {}), (["ada"], "withdrawn", {}),
        ("ada", "", {}), ("ada", "GIVEN", {}), ("ada", {"$ne": 1}, {}), ("ada", True, {}),
        ("ada", "given", {"version": "v" * 81}), ("ada", "given", {"version": [1]}),
    ],
)  # fmt: skip
def test_nonsense_is_refused_in_words(
    asking: Project, key: IngestKey, distinct_id: Any, state: Any, more: dict[str, Any]
) -> None:
    assert say(key, distinct_id, state, status=400, **more)["detail"]
    assert not ConsentRecord.objects.exists()


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff\xfe", b'"given"', b"[" * 3000, b"{}"])
def test_a_body_that_is_none_is_refused(asking: Project, key: IngestKey, body: bytes) -> None:
    url = f"/consent/?sentry_key={key.public_key}"
    answer = Client().generic("POST", url, body, content_type="text/plain")
    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_other_refusals(asking: Project, project: Project, key: IngestKey) -> None:
    url = f"/consent/?sentry_key={key.public_key}"
    assert Client().post(url, "x" * 5000, content_type="text/plain").status_code == 413
    assert Client().post("/consent/", "{}", content_type="text/plain").status_code == 403
    assert Client().get(url).status_code == 405
    odd = {"version": "a\0b\ud800c"}
    say(key, "ada\ud800", "given", **odd)
    assert ledger.verify(asking).is_whole
    preflight = Client().options("/consent/", headers={"Origin": "https://shop.example"})
    assert preflight["Access-Control-Allow-Methods"].startswith(("POST", "GET"))


@pytest.mark.parametrize("mode", ["off", "anonymous", "identified"])
def test_a_project_that_asks_nobody_takes_none_from_pages(project: Project, key: IngestKey, mode: str) -> None:
    project.analytics = mode
    project.save()
    assert "does not ask" in say(key, "ada", "given", status=409)["detail"]


def test_a_key_says_so_much_a_minute_and_no_more(asking: Project, key: IngestKey) -> None:
    key.rate_per_minute = 2
    key.save()
    answers = [
        Client().post("/consent/", json.dumps({"api_key": key.public_key, "distinct_id": f"n-{n}", "state": "given"}),
                      content_type="text/plain")
        for n in range(5)
    ]  # fmt: skip
    refused = [one for one in answers if one.status_code == 429]
    assert refused
    assert refused[0]["Retry-After"]


def flags_of(key: IngestKey, distinct_id: str, **more: Any) -> dict[str, Any]:
    body = json.dumps({"api_key": key.public_key, "distinct_id": distinct_id, **more})
    answer = Client().post("/flags/?v=2", body, content_type="application/json")
    assert answer.status_code == 200
    return {name: one["enabled"] for name, one in answer.json()["flags"].items()}


def test_flags_know_nothing_of_who_did_not_agree_and_forget_who_takes_it_back(
    asking: Project, key: IngestKey, alice: Any, now: datetime
) -> None:
    make_flags.stored(asking, "everybody")
    make_flags.stored(asking, "team", make_flags.group(make_flags.prop("plan", ["team"])))
    continuous = make_flags.stored(asking, "steady", is_continuous=True)
    changing.put_override(continuous, "ada", False, actor=alice, now=now)
    books.forget()
    told = {"person_properties": {"plan": "team"}, "$anon_distinct_id": "anon-1"}
    assert flags_of(key, "ada", **told) == {"everybody": True, "team": False, "steady": True}, (
        "no override, no property"
    )
    assert not FlagPlace.objects.exists()
    say(key, "ada", "given")
    assert flags_of(key, "ada", **told) == {"everybody": True, "team": True, "steady": False}
    assert FlagPlace.objects.filter(flag=continuous).count() == 1
    say(key, "ada", "withdrawn")
    assert not FlagPlace.objects.exists()
    assert flags_of(key, "ada", **told) == {"everybody": True, "team": False, "steady": True}
    assert not FlagPlace.objects.exists()


def test_a_share_of_people_is_drawn_anew_each_day_for_who_did_not_agree(asking: Project, key: IngestKey) -> None:
    make_flags.stored(asking, "half", make_flags.group(rollout=50))
    books.forget()
    names = [f"n-{n}" for n in range(40)]
    today = [flags_of(key, name)["half"] for name in names]
    assert today == [flags_of(key, name)["half"] for name in names], "and stays for the day"
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM events_visitorsalt")
    naming.reset()
    assert today != [flags_of(key, name)["half"] for name in names]


def test_taking_back_can_erase_as_well_and_what_is_left_proves_it_and_names_nobody(
    asking: Project, key: IngestKey, alice: Any
) -> None:
    say(key, "ada", "given")
    say(key, "eve", "given")
    send(key, {"event": "paid", "distinct_id": "ada"}, {"event": "paid", "distinct_id": "eve"})
    digested(asking)
    assert "events.ConsentRecord" in traces(asking, "ada")
    now = timezone.now()
    outcome = consenting.withdraw(asking, "ada", source="api", now=now, erases=True, actor=alice)
    swept(now)
    assert traces(asking, "ada") == []
    assert outcome.erasure is not None
    assert outcome.erasure.erased == {"facts events": 1, "persons": 1, "records of consent": 2}
    assert set(traces(asking, "eve")) == {"events.ConsentRecord", "events.PersonId", "events"}
    proof = consenting.records(asking, ["ada"])
    assert [(one.state, one.visitor) for one in proof] == [("withdrawn", None), ("given", None)]
    assert ledger.verify(asking).is_whole
    say(key, "ada", "given")
    erasing.tick(now=now + erasing.LOOKS[0])
    assert standing.read(asking.pk, [reading.visitor_of(asking, "ada")]), "what is said afterwards is new"


def test_what_somebody_takes_along_has_what_they_said(asking: Project, key: IngestKey) -> None:
    say(key, "ada", "given", version="1")
    say(key, "eve", "given")
    document = exporting.export(asking, ["ada"], actor="test", now=timezone.now())
    assert [(one["state"], one["version"]) for one in document["consents"]] == [("given", "1")]
