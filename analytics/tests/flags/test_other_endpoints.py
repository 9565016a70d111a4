"""OpenFeature's OFREP, Unleash's frontend API and GrowthBook's remote evaluation, to the letter and at their edges."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from analytics.flags import books
from analytics.flags.definitions import RUNTIMES
from analytics.tests.flags.make import group, prop, stored, variants
from events.accounts import tokens
from events.models import IngestKey, Project

pytestmark = pytest.mark.django_db
BULK = "/ofrep/v1/evaluate/flags"
ADA = {"targetingKey": "ada", "plan": "pro"}


@pytest.fixture(autouse=True)
def flags(project: Project) -> None:
    books.forget()
    stored(project, "plain", payloads={"true": '{"a": 1}'})
    stored(project, "half", group(rollout=50))
    stored(project, "split", multivariate=variants(a=100, b=0), payloads={"a": "42"})
    stored(project, "pros", group(prop("plan", "pro")))
    stored(project, "quiet", is_active=False)
    stored(project, "team", group(rollout=50), group_type="company")
    for runtime in RUNTIMES[1:]:
        stored(project, runtime, runtime=runtime)


def post(path: str, body: Any, **headers: str) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body)
    return Client().generic("POST", path, data, "application/json", headers=headers)


@pytest.fixture
def secret(alice: Any, project: Project) -> str:
    return tokens.create(alice, name="of", scopes=["read"], project=project, now=timezone.now())[1]


def test_one_flag_has_all_that_any_provider_reads(key: IngestKey, secret: str) -> None:
    expected = {
        "plain": (True, "TARGETING_MATCH", "on"), "split": (42, "SPLIT", "a"), "pros": (True, "TARGETING_MATCH", "on"),
        "quiet": (False, "DISABLED", "off"), "server": (True, "TARGETING_MATCH", "on"),
        "team": (False, "DEFAULT", "off"),
    }  # fmt: skip
    for name, (value, reason, variant) in expected.items():
        answer = post(f"{BULK}/{name}", {"context": ADA}, Authorization=f"Bearer {secret}")
        found = answer.json()
        assert answer.status_code == 200, found
        assert (found["key"], found["value"], found["reason"], found["variant"]) == (name, value, reason, variant)
        assert found["errorDetails"] == ""
        assert set(found["metadata"]) >= {"flag_id", "version"}
    assert post(f"{BULK}/plain", {"context": ADA}, Authorization=f"Bearer {secret}").json()["metadata"]["payload"]
    free = {"context": {"targetingKey": "ada", "plan": "free"}}
    assert post(f"{BULK}/pros", free, Authorization=f"Bearer {secret}").json()["reason"] == "DEFAULT"
    in_team = {"context": {"targetingKey": "ada", "groups": {"company": "acme"}}}
    assert post(f"{BULK}/team", in_team, Authorization=f"Bearer {secret}").json()["reason"] in ("DEFAULT", "SPLIT")


def test_failures_have_their_codes(key: IngestKey, secret: str) -> None:
    auth = {"Authorization": f"Bearer {secret}"}
    cases: list[tuple[str, Any, int, str]] = [
        (f"{BULK}/gone", {"context": ADA}, 404, "FLAG_NOT_FOUND"),
        (f"{BULK}/a/b%2Fc", {"context": ADA}, 404, "FLAG_NOT_FOUND"),
        (f"{BULK}/half", {"context": {}}, 400, "TARGETING_KEY_MISSING"),
        (f"{BULK}/plain", b"{", 400, "PARSE_ERROR"), (f"{BULK}/plain", [], 400, "PARSE_ERROR"),
        (f"{BULK}/plain", {"context": 7}, 400, "INVALID_CONTEXT"),
        (f"{BULK}/plain", {"context": {"targetingKey": {}}}, 400, "INVALID_CONTEXT"),
    ]  # fmt: skip
    for path, body, status, code in cases:
        answer = post(path, body, **auth)
        assert (answer.status_code, answer.json()["errorCode"]) == (status, code), path
        assert answer.json()["errorDetails"]
    assert post(f"{BULK}/plain", {"context": {}}, **auth).json()["value"] is True, "what needs no bucketing is told"
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"X-API-Key": "0" * 32}):
        answer = post(BULK, {"context": ADA}, **headers)
        assert answer.status_code == 401
        assert answer.json()["errorDetails"]


def test_a_token_is_one_of_a_project_with_the_scope_read(alice: Any, project: Project, secret: str) -> None:
    for made in (
        tokens.create(alice, name="all", scopes=["read"], now=timezone.now()),
        tokens.create(alice, name="cli", scopes=["releases"], project=project, now=timezone.now()),
    ):
        assert post(BULK, {"context": ADA}, Authorization=f"Bearer {made[1]}").status_code == 401
    project.memberships.all().delete()
    assert post(BULK, {"context": ADA}, Authorization=f"Bearer {secret}").status_code == 401, "no member any more"


def test_bulk_tells_a_page_what_pages_may_know_and_304_of_the_same(key: IngestKey, secret: str) -> None:
    public = {"X-API-Key": key.public_key}
    answer = post(BULK, {"context": ADA}, **public)
    names = {one["key"] for one in answer.json()["flags"]}
    assert names == {"plain", "half", "split", "pros", "quiet", "team", "client"}
    assert {
        one["key"] for one in post(BULK, {"context": ADA}, Authorization=f"Bearer {secret}").json()["flags"]
    } > names
    again = post(BULK, {"context": ADA}, **public, **{"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = {"context": {"targetingKey": "bob", "plan": "free"}}
    assert post(BULK, other, **public, **{"If-None-Match": answer["ETag"]}).status_code == 200
    nobody = {one["key"]: one for one in post(BULK, {"context": {}}, **public).json()["flags"]}
    assert nobody["half"]["errorCode"] == "TARGETING_KEY_MISSING"
    assert nobody["plain"]["value"] is True
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Headers": "authorization,if-none-match"}
    before = Client().options(BULK, headers=asked)
    assert before["Access-Control-Allow-Headers"] == "authorization,if-none-match"
    assert "ETag" in before["Access-Control-Expose-Headers"]


def test_unleash_s_clients_get_what_is_on_by_get_and_by_post(key: IngestKey) -> None:
    by_get = Client().get(
        "/api/frontend?userId=ada&appName=shop&properties%5Bplan%5D=pro", headers={"Authorization": key.public_key}
    )
    context = {"context": {"userId": "ada", "appName": "shop", "properties": {"plan": "pro"}}}
    by_post = post("/api/frontend", context, Authorization=key.public_key)
    assert by_get.json() == by_post.json()
    toggles = {one["name"]: one for one in by_get.json()["toggles"]}
    assert set(toggles) - {"half"} == {"plain", "split", "pros", "client"}
    assert toggles["pros"]["variant"] == {"name": "disabled", "enabled": False, "feature_enabled": True}
    assert toggles["split"]["variant"]["payload"] == {"type": "json", "value": "42"}
    known = {"Authorization": key.public_key, "If-None-Match": by_post["ETag"]}
    assert post("/api/frontend", context, **known).status_code == 304
    assert Client().get("/api/frontend").status_code == 401
    assert Client().get("/api/frontend", headers={"Authorization": "*:production.secret"}).status_code == 401
    assert post("/api/frontend/client/metrics", {"bucket": {}}, Authorization=key.public_key).status_code == 202


def test_growthbook_gets_values_and_its_definitions_are_refused_in_words(key: IngestKey) -> None:
    sent = {"attributes": {"id": "ada", "plan": "pro"}, "forcedVariations": {}, "forcedFeatures": [], "url": ""}
    features = post(f"/api/eval/{key.public_key}", sent).json()["features"]
    assert features["split"] == {"defaultValue": 42}
    assert features["pros"] == {"defaultValue": True}
    assert features["quiet"] == {"defaultValue": False}
    assert post(f"/api/eval/{key.public_key}", []).status_code == 400
    assert post(f"/api/eval/{'0' * 32}", sent).status_code == 401
    for path in (f"/api/features/{key.public_key}", "/api/client/features", "/api/client/register"):
        answer = Client().get(path)
        assert answer.status_code == 404
        assert "hashes people otherwise" in answer.json()["detail"]
