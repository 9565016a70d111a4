"""Bytes that real browser packages posted are read without refusal."""

import json
from pathlib import Path
from typing import Any

import pytest

from events.endpoints.admission import body
from events.protocols import posthog_vitals, vercel, vitals
from events.protocols.product import posthog
from events.protocols.vitals import Page
from events.tests.sentry_bodies import KEY, context

SAMPLES = Path(__file__).parents[1] / "samples"


def sent(case: str) -> list[tuple[str, bytes, dict[str, str]]]:
    """(path, body without its compression, headers) of each request of the case."""
    found = []
    for file in sorted((SAMPLES / f"{case}_page").glob("*.bin")):
        described = json.loads(file.with_suffix(".json").read_text())
        headers = described["headers"]
        data = body.decompress(file.read_bytes(), encoding=headers.get("Content-Encoding", ""), cap=1 << 20)
        found.append((described["path"], data, headers))
    return found


def visitor(distinct_id: str, site: str) -> str:
    return "u_0123456789abcdef"


def metrics_of(items: Any) -> dict[str, dict[str, Any]]:
    return {vital["metric"]: vital for item in items for vital in item.payload["items"]}


@pytest.mark.parametrize("number", range(len(sent("vitals"))))
def test_a_web_vitals_beacon_names_its_page(number: int) -> None:
    _, data, headers = sent("vitals")[number]
    decoded = vitals.decode_vitals(data, context(user_agent=headers["User-Agent"]), page=Page())
    assert decoded.refused == ()
    (vital,) = decoded.items[0].payload["items"]
    assert (vital["route"], vital["device"], vital["browser"]) == ("/items/{id}/", "desktop", "Chrome")
    assert vital["navigation_type"] == "navigate"


def test_posthog_js_bundles_several_vitals_in_one_event() -> None:
    batches = [posthog_vitals.read(data) for path, data, _ in sent("posthog") if path.startswith(("/e/", "/i/"))]
    assert {batch.token for batch in batches} == {KEY}
    decoded = [posthog.decode(batch, context(visitor=visitor)) for batch in batches]
    assert [refused for each in decoded for refused in each.refused] == []
    events = [
        event
        for each in decoded
        for item in each.items
        if item.kind == "product_event"
        for event in item.payload["items"]
    ]
    assert {"$pageview", "signup"} <= {event["event"] for event in events}
    assert {(event["path"], event["sdk"].split()[0], event["device"]) for event in events} == {
        ("/items/42/", "web", "desktop")
    }
    found = metrics_of(item for each in decoded for item in each.items if item.kind == "vital")
    assert set(found) >= {"LCP", "FCP"}
    assert {vital["route"] for vital in found.values()} == {"/items/{id}/"}


def test_vercel_s_loaders_and_our_scripts_agree() -> None:
    bodies = [vercel.parse(data) for path, data, _ in sent("vercel") if path.endswith("vitals")]
    decoded = [vercel.decode_vitals(read, context(), page=Page()) for read in bodies]
    assert [each.refused for each in decoded] == [()] * len(decoded)
    found = metrics_of(item for each in decoded for item in each.items)
    assert set(found) == {"LCP", "FCP", "TTFB", "CLS", "INP"}
    assert {vital["route"] for vital in found.values()} == {"/items/[id]"}
    assert {vercel.key_of(read) for read in bodies} == {KEY}
