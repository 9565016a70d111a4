"""What PostHog's SDKs of every age are answered at /flags, /decide, and where definitions are."""

import base64
import gzip
import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone

from analytics.flags import books, changing
from analytics.flags.counting import tally
from analytics.models import FlagBook, FlagHour, FlagPlace
from analytics.tests.flags.make import group, prop, stored, variants
from events.accounts import tokens
from events.models import AuditEntry, IngestKey, Project

pytestmark = pytest.mark.django_db


@pytest.fixture
def flags(project: Project) -> None:
    stored(project, "plain", payloads={"true": '{"a": 1}'})
    stored(project, "off", group(rollout=0))
    stored(project, "split", multivariate=variants(a=50, b=50), payloads={"a": "1", "b": '"x"'})
    stored(project, "pros", group(prop("plan", "pro")))
    stored(project, "quiet", is_active=False)
    stored(project, "servers", runtime="server")


@pytest.fixture(autouse=True)
def unread() -> None:
    """No flags of a test before are remembered."""
    books.forget()


def post(path: str, body: Any, **extra: Any) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body)
    return Client().generic("POST", path, data, **extra)


def asked(key: IngestKey, **rest: Any) -> dict[str, Any]:
    return {"token": key.public_key, "distinct_id": "user-1", **rest}


def test_each_version_has_its_shape(key: IngestKey, flags: None) -> None:
    full = {"plain", "off", "split", "pros", "quiet", "servers"}
    shapes = {
        "/flags/": "map", "/flags?v=1": "map", "/flags/?v=2": "details", "/flags/?v=3": "details",
        "/flags/?v=4": "typed", "/decide/": "list", "/decide/?v=1": "list", "/decide/?v=2": "on", "/decide/?v=3": "map",
        "/decide/?v=4": "details",
    }  # fmt: skip
    for path, shape in shapes.items():
        response = post(path, asked(key, person_properties={"plan": "pro"}))
        assert response.status_code == 200, path
        answer = response.json()
        assert ("supportedCompression" in answer) is path.startswith("/decide"), path
        match shape:
            case "list":
                assert set(answer["featureFlags"]) == {"plain", "split", "pros", "servers"}
            case "on" | "map":
                on = {"plain": True, "split": answer["featureFlags"]["split"], "pros": True, "servers": True}
                assert answer["featureFlags"] == (on if shape == "on" else dict.fromkeys(full, False) | on)
                assert answer["featureFlagPayloads"]["plain"] == '{"a": 1}'
                assert answer["errorsWhileComputingFlags"] is False
            case _:
                assert set(answer["flags"]) == full
                assert answer["evaluatedAt"] > 0
                one = answer["flags"]["plain"]
                assert (one["enabled"], one["variant"], one["reason"]["code"]) == (True, None, "condition_match")
                assert one["reason"]["condition_index"] == 0
                assert one["metadata"]["payload"] == '{"a": 1}'
                assert answer["flags"]["quiet"]["reason"]["code"] == "flag_disabled"
                assert answer["flags"]["off"]["reason"]["code"] == "out_of_rollout_bound"
                assert ("value" in one) is (shape == "typed")
                if shape == "typed":
                    assert answer["flags"]["split"]["value"] in ("a", "b")
                    assert one["metadata"]["config_version"] == 1


def test_every_wrapping_of_old_clients_is_read(key: IngestKey, flags: None) -> None:

    text = json.dumps(asked(key)).encode()
    coded = base64.b64encode(text).decode()
    form = "application/x-www-form-urlencoded"
    for path, body, kind in (
        ("/flags/?v=2", gzip.compress(text), "text/plain"),
        ("/flags/?v=2&compression=gzip-js", gzip.compress(text), "text/plain"),
        ("/decide/?v=3&compression=base64", f"data={quote(coded)}".encode(), form),
        ("/decide/?v=3", f"data={quote(coded)}".encode(), form),
        ("/decide/?v=3", text, "application/json"),
    ):  # fmt: skip
        answer = post(path, body, content_type=kind)
        assert answer.status_code == 200, path
        found = answer.json()
        assert "plain" in (found.get("flags") or found["featureFlags"])


def test_a_page_gets_no_flag_of_servers_and_only_what_it_names(key: IngestKey, flags: None) -> None:
    page = {"HTTP_ORIGIN": "https://shop.example"}
    assert "servers" not in post("/flags/?v=2", asked(key), **page).json()["flags"]
    assert "servers" in post("/flags/?v=2", asked(key, evaluation_runtime="server"), **page).json()["flags"]
    for name in ("flag_keys_to_evaluate", "flag_keys"):
        assert set(post("/flags/?v=2", asked(key, **{name: ["plain", "gone"]})).json()["flags"]) == {"plain"}
    response = post("/flags/?v=2&config=true", asked(key, disable_flags=True), **page)
    answer = response.json()
    assert (answer["flags"], answer["hasFeatureFlags"]) == ({}, True)
    assert response["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "ETag" in response["Access-Control-Expose-Headers"]


def test_the_remote_configuration_says_whether_there_are_flags(project: Project, key: IngestKey) -> None:
    address = f"/array/{key.public_key}/config"
    assert Client().get(address).json()["hasFeatureFlags"] is False
    one = stored(project, "f")
    changing.switch(one, is_active=False, actor="test", now=timezone.now())
    books.forget()
    assert Client().get(address).json()["hasFeatureFlags"] is False
    changing.switch(one, is_active=True, actor="test", now=timezone.now())
    books.forget()
    assert Client().get(address).json()["hasFeatureFlags"] is True
    assert '"hasFeatureFlags": true' in Client().get(f"{address}.js").content.decode()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"token": "0" * 32, "distinct_id": "u"}, 401), ({"token": "phc_none", "distinct_id": "u"}, 401),
        ({"distinct_id": "u"}, 401), ({}, 401), ([], 400), ("x", 400), (b"{", 400), (b"\xff\xfe", 400),
    ],
)  # fmt: skip
def test_who_is_unknown_or_unreadable_is_told_so_in_json(key: IngestKey, body: Any, status: int) -> None:
    response = post("/flags/?v=2", body)
    assert (response.status_code, response["Content-Type"]) == (status, "application/json")
    assert response.json()["detail"]


def test_nobody_named_is_a_400_and_odd_values_are_no_fault(key: IngestKey, flags: None) -> None:
    for odd in ({"distinct_id": ""}, {"distinct_id": None}, {"distinct_id": {}}):
        assert post("/flags/?v=2", {"token": key.public_key, **odd}).status_code == 400
    odd = {"groups": [], "person_properties": "x", "group_properties": {"a": 1}, "flag_keys": {}, "$device_id": 7}
    assert post("/flags/?v=4", asked(key, **odd)).status_code == 200
    assert post("/flags/?v=99", asked(key, distinct_id=42)).status_code == 200
    assert Client().get("/flags/?v=2").status_code == 405


def test_counts_are_kept_and_nothing_of_who_asked(project: Project, key: IngestKey, flags: None) -> None:
    secret = {"distinct_id": "ada@example.com", "person_properties": {"plan": "grapefruit-5513"}}
    tally.flush()
    FlagHour.objects.all().delete()
    for _ in range(3):
        post("/flags/?v=2", asked(key, **secret))
    tally.flush()
    counted = {(hour.flag.key, hour.value): hour.count for hour in FlagHour.objects.select_related("flag")}
    assert counted["plain", "true"] == counted["off", "false"] == counted["pros", "false"] == 3
    assert not FlagPlace.objects.exists()
    rows = str([list(model.objects.values()) for model in (AuditEntry, FlagHour, FlagBook)])
    assert "ada@example" not in rows
    assert "grapefruit" not in rows


def test_logging_in_flips_nothing_and_stores_no_id(project: Project, key: IngestKey) -> None:
    stored(project, "split", multivariate=variants(a=50, b=50), is_continuous=True)
    flipped = 0
    for number in range(30):
        anonymous, known = f"anon-{number}", f"ada-{number}@example.com"
        before = value(key, anonymous)
        assert value(key, known, **{"$anon_distinct_id": anonymous}) == before
        assert value(key, known) == before, "remembered, also where the anonymous id is not sent"
        flipped += value(key, f"x{known}") != before
    assert flipped > 3, "without it, people do flip"
    assert FlagPlace.objects.count() == 30
    assert "anon-" not in str(list(FlagPlace.objects.values()))
    assert "ada-" not in str(list(FlagPlace.objects.values()))


def value(key: IngestKey, distinct_id: str, **rest: Any) -> Any:
    sent = {"token": key.public_key, "distinct_id": distinct_id, **rest}
    return post("/flags/?v=4", sent).json()["flags"]["split"]["value"]


def bearer(user: Any, *, scopes: Any = ("read",), project: Project | None = None) -> dict[str, str]:
    _, secret = tokens.create(user, name="sdk", scopes=scopes, project=project, now=timezone.now())
    return {"Authorization": f"Bearer {secret}"}


ADDRESSES = ["/flags/definitions", "/api/feature_flag/local_evaluation", "/api/feature_flag/local_evaluation/"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_definitions_come_once_per_version(project: Project, key: IngestKey, alice: Any, address: str) -> None:
    stored(project, "base", runtime="server")
    on = {"type": "flag", "key": "base", "value": True, "operator": "flag_evaluates_to"}
    top = stored(project, "top", group(on))
    headers = bearer(alice)
    asked = f"{address}?token={key.public_key}&send_cohorts"
    first = Client().get(asked, headers=headers)
    assert first.status_code == 200
    found = first.json()
    assert set(found) == {"flags", "group_type_mapping", "cohorts", "property_matching_version"}
    assert [flag["key"] for flag in found["flags"]] == ["base", "top"]
    assert found["flags"][1]["filters"]["groups"][0]["properties"][0]["dependency_chain"] == ["base"]
    entries = AuditEntry.objects.count()
    assert Client().get(asked, headers={**headers, "If-None-Match": first["ETag"]}).status_code == 304
    assert AuditEntry.objects.count() == entries
    changing.switch(top, is_active=False, actor=alice, now=timezone.now())
    books.forget()
    again = Client().get(asked, headers={**headers, "If-None-Match": first["ETag"]})
    assert again.status_code == 200
    assert again.json()["flags"][1]["active"] is False
    assert FlagBook.objects.get().fetched_on == timezone.localdate()


def test_definitions_are_for_tokens_of_the_project_alone(
    project: Project, key: IngestKey, alice: Any, charlie: Any
) -> None:
    stored(project, "f", payloads={"true": '{"a": 1}'})
    config = "/api/projects/@current/feature_flags/f/remote_config"
    for address in (*ADDRESSES, config, f"{config}/"):
        asked = f"{address}?token={key.public_key}"
        assert Client().get(asked).status_code == 401
        for wrong in (key.public_key, "fobs_user_" + "0" * 72, "phx_nothing"):
            assert Client().get(asked, headers={"Authorization": f"Bearer {wrong}"}).status_code == 401
        assert Client().get(asked, headers=bearer(alice, scopes=["releases"])).status_code == 403
        assert Client().get(asked, headers=bearer(charlie)).status_code == 404
        assert Client().get(f"{address}?token={'0' * 32}", headers=bearer(alice)).status_code == 404
        assert Client().get(address, headers=bearer(alice)).status_code == 200, "there is one that it can mean"
        assert Client().get(address, headers=bearer(alice, project=project)).status_code == 200
    other = Project.objects.create(slug="other", name="Other")
    other.memberships.create(user=alice, role="viewer")
    assert [Client().get(address, headers=bearer(alice)).status_code for address in ADDRESSES] == [400] * 3


def test_a_payload_is_read_by_key(project: Project, key: IngestKey, alice: Any) -> None:
    stored(project, "f", payloads={"true": '{"a": 1}'})
    stored(project, "empty")
    headers = bearer(alice)
    for named in ("@current", str(project.pk), project.slug):
        asked = f"/api/projects/{named}/feature_flags/f/remote_config?token={key.public_key}"
        answer = Client().get(asked, headers=headers)
        assert json.loads(answer.json()) == {"a": 1}, named
    assert (
        Client().get(f"/api/projects/{project.pk}/feature_flags/gone/remote_config", headers=headers).status_code == 404
    )
    answer = Client().get(f"/api/projects/{project.pk}/feature_flags/empty/remote_config", headers=headers)
    assert answer.json() is None


def test_a_schedule_begins_and_ends_by_itself(project: Project, key: IngestKey, now: datetime) -> None:
    at = timezone.now()
    stored(project, "later", starts_at=at + timedelta(hours=1))
    stored(project, "over", ends_at=at - timedelta(seconds=1))
    stored(project, "now", starts_at=at - timedelta(hours=1), ends_at=at + timedelta(hours=1))
    found = post("/flags/", asked(key)).json()["featureFlags"]
    assert found == {"later": False, "over": False, "now": True}
