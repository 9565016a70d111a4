"""What the endpoints of product events answer, in the words of each protocol, and what of it is kept."""

import base64
import gzip
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from events.accounts import keys, sites
from events.endpoints.admission.buckets import buckets
from events.models import IngestKey, Project
from events.tests.intake import digested, facts
from events.tests.sentry_bodies import KEY

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
UNKNOWN = "f" * 32
SAMPLES = Path(__file__).parents[1] / "samples" / "segment"


@pytest.fixture(autouse=True)
def fresh_caches(clean_redis: Any) -> None:
    keys.forget()
    sites.forget()
    buckets.__init__()  # type: ignore[misc]


def send(path: str, body: Any, *, kind: str = "text/plain", **headers: str) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client().generic("POST", path, data, content_type=kind, headers={"User-Agent": CHROME} | headers)


def basic(key: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"}


def plausible(site: str, **more: Any) -> dict[str, Any]:
    return {"n": "pageview", "u": "https://shop.example/a", "d": site, "r": None, **more}


def umami(site: str, **more: Any) -> dict[str, Any]:
    return {"type": "event", "payload": {"website": site, "hostname": "shop.example", "url": "/a", **more}}


def track(**more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "paid", "userId": "u-1", "anonymousId": None, "messageId": "m-1", **more}


def test_plausible_s_answers(project: Project, key: IngestKey) -> None:
    answer = send("/api/event", plausible(key.public_key), Origin="https://shop.example")
    assert (answer.status_code, answer.content) == (202, b"ok")
    assert answer["Access-Control-Allow-Origin"] == "https://shop.example"
    answer = send("/api/event", plausible("shop.example"))
    assert (answer.status_code, answer["X-Plausible-Dropped"]) == (202, "1")
    for bad in (plausible(key.public_key, n=""), plausible(key.public_key, u=None), [1]):
        answer = send("/api/event", bad)
        assert (answer.status_code, list(answer.json())) == (400, ["errors"])
    assert digested(project).stored == 1
    [row] = facts(project, "events")
    assert (row["event"], row["host"], row["path"], row["browser"]) == ("$pageview", "shop.example", "/a", "Chrome")


def test_a_site_is_known_by_its_name_too(project: Project, key: IngestKey, now: Any) -> None:
    website = str(uuid.uuid4())
    for name in ("shop.example", website):
        sites.add(project, name, actor=None, now=now)
    assert "X-Plausible-Dropped" not in send("/api/event", plausible("roll-up.example,shop.example"))
    assert send("/api/send", umami(website)).status_code == 200
    assert digested(project).stored == 2


def test_umami_s_answers(project: Project, key: IngestKey) -> None:
    site = str(uuid.UUID(key.public_key))
    answer = send(
        "/api/send",
        umami(site, name="signup", data={"plan": "team"}),
        kind="application/json",
        Authorization="Bearer None",
    )
    assert (answer.status_code, list(answer.json())) == (200, ["cache", "sessionId", "visitId"])
    assert send("/api/send", umami("no such site")).status_code == 401
    for bad in ({"type": "event"}, {"type": "other", "payload": {}}, b"no JSON"):
        answer = send("/api/send", bad)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad-request")
    digested(project)
    [row] = facts(project, "events")
    assert (row["event"], dict(row["properties"])) == ("signup", {"plan": "team"})
    asked = {"Access-Control-Request-Headers": "content-type,x-umami-cache", "Origin": "https://shop.example"}
    preflight = Client().options("/api/send", headers=asked)
    assert preflight["Access-Control-Allow-Headers"] == "content-type,x-umami-cache"


@pytest.mark.parametrize("way", ["basic", "body", "query"])
def test_segment_s_key_stands_where_its_clients_put_it(project: Project, key: IngestKey, way: str) -> None:
    own = key.public_key
    for number, slash in enumerate(("", "/")):
        path = f"/v1/batch{slash}" if way != "query" else f"/beacon/v1/batch{slash}?writeKey={own}"
        body = {"batch": [track(messageId=f"m-{number}")], "sentAt": None} | (
            {"writeKey": own} if way == "body" else {}
        )
        answer = send(path, body, **(basic(own) if way == "basic" else {}))
        assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert digested(project).stored == 2


def test_segment_s_single_calls(project: Project, key: IngestKey) -> None:
    calls = ("track", "page", "screen", "identify", "group", "alias", "t", "p", "s", "i", "g", "a")
    for call in calls:
        body = {**track(messageId=call, previousId="a-1", groupId="g-1"), "writeKey": key.public_key}
        assert send(f"/v1/{call}", body).json() == {"success": True}
    assert digested(project).stored == len(calls)


def test_segment_s_gzip_is_known_by_its_header_alone(project: Project, key: IngestKey) -> None:
    body = gzip.compress(json.dumps({"batch": [track()]}).encode())
    kind = "application/x-www-form-urlencoded"
    assert (
        send("/v1/batch", body, kind=kind, **{"Content-Encoding": "gzip"}, **basic(key.public_key)).status_code == 200
    )
    assert digested(project).stored == 1


def test_one_bad_message_loses_no_other_and_a_repetition_counts_once(project: Project, key: IngestKey) -> None:
    body = {"batch": [{"type": "track", "event": "x"}, 1, track(), track(event=""), {**track(), "type": "no"}]}
    for _ in range(2):
        assert send("/v1/batch", body, **basic(key.public_key)).status_code == 200
    report = digested(project)
    assert (report.stored, report.duplicate, report.invalid) == (1, 1, 8)


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        (b"{", "invalid_request", 400),
        ({"batch": [{}] * 2501}, "too_large", 413),
        ({"batch": {}}, "invalid_request", 400),
        ({"batch": [{"type": "track", "event": "x"}]}, "invalid_request", 400),
        ({"batch": [track()], "writeKey": UNKNOWN}, "invalid_write_key", 401),
        ({"batch": [track()]}, "invalid_write_key", 401),
    ],
)
def test_segment_s_refusals_have_a_code(project: Project, key: IngestKey, body: Any, code: str, status: int) -> None:
    known = {} if status == 401 else basic(key.public_key)
    answer = send("/v1/batch", body, **known)
    assert (answer.status_code, answer.json()["success"], answer.json()["code"]) == (status, False, code)


def test_a_browser_s_client_is_told_where_to_send(key: IngestKey, settings: Any) -> None:
    settings.OBS_PUBLIC_URL = "https://obs.example.org"
    told = Client().get(f"/v1/projects/{key.public_key}/settings").json()["integrations"]["Segment.io"]
    assert told == {"apiKey": key.public_key, "apiHost": "obs.example.org/v1", "protocol": "https"}
    assert Client().get(f"/v1/projects/{UNKNOWN}/settings").status_code == 401
    source = Client().get("/sourceConfig/?p=npm", headers=basic(key.public_key)).json()["source"]
    assert (source["writeKey"], source["enabled"], source["destinations"]) == (key.public_key, True, [])
    assert Client().get("/sourceConfig/", headers=basic(UNKNOWN)).status_code == 401
    assert send("/v1/m", {"series": []}).json() == {"success": True}


def test_plain_events_are_kept_or_named(project: Project, key: IngestKey) -> None:
    good = {"event": "paid", "distinct_id": "customer 7", "id": "p-1", "properties": {"total": 3}}
    ours = {"X-Obs-Key": key.public_key}
    assert send("/api/v1/events/", good, **ours).json() == {"accepted": 1, "errors": []}
    bad = [{"event": "a"}, {**good, "id": "p-2"}, {**good, "timestamp": "soon"}, {**good, "properties": [1]}, 7]
    answer = send("/api/v1/events/", {"events": bad, "release": "shop@1"}, **ours)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    assert [(each["index"], each["detail"].split()[0]) for each in answer.json()["errors"]] == [
        (0, "distinct_id"), (2, "timestamp"), (3, "properties"), (4, "an"),
    ]  # fmt: skip
    answer = send("/api/v1/events/", {"distinct_id": "x"}, **ours)
    assert (answer.status_code, answer.json()["errors"]) == (400, [{"index": 0, "detail": "event is missing"}])
    assert send("/api/v1/events/", good).status_code == 403
    assert send("/api/v1/events/", [], **ours).status_code == 400
    assert digested(project).stored == 2
    assert [(row["event"], row["release"]) for row in facts(project, "events")] == [("paid", ""), ("paid", "shop@1")]


def test_who_objects_is_one_number(project: Project, key: IngestKey) -> None:
    send("/api/event", plausible(key.public_key), **{"Sec-GPC": "1"})
    send("/api/send", umami(key.public_key), DNT="1")
    send("/v1/p", track(writeKey=key.public_key), **{"Sec-GPC": "1"})
    report = digested(project)
    assert (report.stored, report.filtered) == (0, {"visitor_objects": 3})


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.bin")), ids=lambda file: file.stem)
def test_what_clients_for_python_send_is_understood(project: Project, sample: Path) -> None:
    IngestKey.objects.create(project=project, public_key=KEY)
    described = json.loads(sample.with_suffix(".json").read_text())
    kind = described["headers"].pop("Content-Type")
    answer = send(described["path"], sample.read_bytes(), kind=kind, **described["headers"])
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert digested(project).invalid == 0
    rows = facts(project, "events")
    assert sorted(row["event"] for row in rows) == [
        "$create_alias", "$groupidentify", "$identify", "$pageview", "order paid",
    ]  # fmt: skip
    assert {row["browser"] for row in rows} == {None}
    assert "who=me" not in str(rows)
