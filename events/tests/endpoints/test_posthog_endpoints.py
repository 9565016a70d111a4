"""What PostHog's addresses answer beside what its SDKs are driven for, and which moments are kept."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from events.accounts import keys
from events.models import IngestKey, Project
from events.tests.intake import digested, facts

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def fresh_keys(clean_redis: Any) -> None:
    keys.forget()


def send(path: str, body: Any, **headers: str) -> Any:
    return Client().generic("POST", path, json.dumps(body), content_type="application/json", headers=headers)


def event(name: str, **more: Any) -> dict[str, Any]:
    return {"event": name, "distinct_id": "customer 1", "properties": {}, **more}


def test_two_keys_in_one_batch_are_a_wrong_key(project: Project, key: IngestKey) -> None:
    answer = send("/batch/", {"api_key": key.public_key, "batch": [event("x", properties={"token": "other"})]})
    assert (answer.status_code, answer.json()) == (401, {"detail": "inconsistent api_key"})
    assert digested(project).stored == 0


def test_a_moment_is_corrected_unless_its_sender_says_that_it_is_right(project: Project, key: IngestKey) -> None:
    then, late = NOW - timedelta(days=3), NOW - timedelta(days=2)
    body = {
        "api_key": key.public_key,
        "sent_at": late.isoformat(),
        "batch": [
            event("off", timestamp=then.isoformat()),
            event("right", timestamp=then.isoformat(), properties={"$ignore_sent_at": True}),
            event("right too", timestamp=then.isoformat(), options={"disable_skew_correction": True}),
        ],
    }
    assert send("/batch/", body).status_code == 200
    v1 = {"created_at": then.isoformat(), "batch": [event("off in v1", timestamp=then.isoformat())]}
    sent = {"Authorization": f"Bearer {key.public_key}", "PostHog-Request-Timestamp": late.isoformat()}
    assert send("/i/v1/analytics/events", v1, **sent).status_code == 200
    digested(project)
    days = {row["event"]: round((NOW - row["at"]).total_seconds() / 86_400) for row in facts(project, "events")}
    assert days == {"off": 1, "off in v1": 1, "right": 3, "right too": 3}


def test_an_import_keeps_its_moments_and_says_what_it_left_out(project: Project, key: IngestKey) -> None:
    project.retention_days = {"events": 200}
    project.save()
    keys.forget()
    batch = [
        event(name, timestamp=(NOW - timedelta(days=days)).isoformat(), uuid=str(uuid.UUID(int=days)))
        for name, days in (("lately", 3), ("long ago", 150), ("too long ago", 201))
    ]
    body = {"api_key": key.public_key, "batch": batch}
    told = send("/batch/", {**body, "historical_migration": True})
    left_out = "1 event is older than the 200 days that this project keeps, and left out."
    assert (told.status_code, told.json()) == (200, {"status": "Ok", "left_out": left_out})
    v1 = {"batch": [{**one, "uuid": f"{one['uuid'][:-4]}ffff"} for one in batch[2:]], "historical_migration": True}
    [result] = send("/i/v1/analytics/events", v1, Authorization=f"Bearer {key.public_key}").json()["results"].values()
    assert result == {"result": "drop", "details": left_out}
    report = digested(project)
    assert (report.stored, report.filtered) == (2, {"older_than_kept": 2})
    days = {row["event"]: round((NOW - row["at"]).total_seconds() / 86_400) for row in facts(project, "events")}
    assert days == {"lately": 3, "long ago": 150}
    as_always = {**body, "batch": [event("no import", timestamp=(NOW - timedelta(days=150)).isoformat())]}
    assert send("/batch/", as_always).json() == {"status": "Ok"}
    digested(project)
    [clamped] = [row for row in facts(project, "events") if row["event"] == "no import"]
    assert round((NOW - clamped["at"]).total_seconds() / 86_400) == 30


def test_events_of_models_come_in_by_an_address_of_their_own(project: Project, key: IngestKey) -> None:
    body = {"api_key": key.public_key, "batch": [event("$ai_generation", properties={"$ai_model": "m"})]}
    assert send("/i/v0/ai/batch/", body).json() == {"status": "Ok"}
    assert digested(project).stored == 1


def test_replay_is_answered_well_counted_and_not_kept(project: Project, key: IngestKey) -> None:
    body = [event("$snapshot", properties={"token": key.public_key, "$snapshot_data": [1], "$session_id": "s"})]
    assert send("/s/", body).json() == {"status": "Ok"}
    report = digested(project)
    assert (report.stored, report.filtered) == (0, {"replay": 1})


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("name", ["early_access_features", "surveys", "web_experiments", "product_tours"])
def test_what_is_not_kept_here_is_an_empty_list(key: IngestKey, name: str, slash: str) -> None:
    answer = Client().get(f"/api/{name}{slash}?token={key.public_key}", headers={"origin": "https://shop.example"})
    assert list(answer.json().values()) == [[]]
    assert answer["Access-Control-Allow-Origin"] == "https://shop.example"


@pytest.mark.parametrize("bad", [{"event": ""}, {"distinct_id": ""}, {"distinct_id": None}, {"event": {"a": 1}}])
def test_a_bad_event_is_told_of_and_loses_no_other(project: Project, key: IngestKey, bad: dict[str, Any]) -> None:
    wrong = {**event("x"), **bad}
    answer = send("/capture/", {"api_key": key.public_key, **wrong})
    assert (answer.status_code, "a `distinct_id`" in answer.json()["detail"]) == (400, True)
    both = {"api_key": key.public_key, "batch": [wrong, event("kept", properties={"$lib": "posthog-python"})]}
    assert send("/batch/", both).status_code == 200
    found = digested(project)
    assert (found.stored, found.invalid, found.difference) == (1, 2, 0)
    uuids = [f"01940000-0000-7000-8000-00000000000{n}" for n in (1, 2)]
    v1 = {"batch": [{**wrong, "uuid": uuids[0]}, event("kept in v1", uuid=uuids[1])]}
    answer = send("/i/v1/analytics/events", v1, Authorization=f"Bearer {key.public_key}")
    assert [answer.json()["results"][uuid]["result"] for uuid in uuids] == ["drop", "ok"]
