"""Exceptions of PostHog's SDKs: a product event and an error under one id."""

from typing import Any

from events.protocols.contract import Incoming
from events.protocols.posthog_vitals import Batch
from events.protocols.product import posthog
from events.tests.sentry_bodies import context

UUID = "0caa361c-e210-4ca0-94a1-548696cc28cc"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


def frame(function: str, platform: str = "python", **more: Any) -> dict[str, Any]:
    return {"platform": platform, "function": function, "filename": "shop.py", "lineno": 7, "in_app": True, **more}


def decoded(properties: dict[str, Any], *, own: str = UUID, **changes: Any) -> dict[str, Incoming]:
    said = {"visitor": lambda distinct_id, site: "u_0123456789abcdef", "user_agent": CHROME} | changes
    event = {"event": "$exception", "uuid": own, "distinct_id": "ada", "properties": properties}
    result = posthog.decode(Batch("k", (event,)), context(**said))
    assert [refused.reason for refused in result.refused] == (["no_visitor"] if "visitor" in changes else [])
    return {item.kind: item for item in result.items}


CHAIN = [
    {"type": "ValueError", "value": "no total", "stacktrace": {"type": "raw", "frames": [frame("total")]}},
    {
        "type": "KeyError", "value": "'price'", "mechanism": {"type": "chained", "parent_id": 0, "exception_id": 1},
        "stacktrace": {"type": "raw", "frames": [frame("total"), frame("price", code_variables={"pin": "hunter-97"})]},
    },
]  # fmt: skip
SERVER = {"$exception_list": CHAIN, "$lib": "posthog-python", "$lib_version": "7.91.1", "$is_server": True}


def test_one_exception_is_an_event_and_an_error_with_its_cause_first() -> None:
    found = decoded({**SERVER, "$exception_level": "warning", "release": "shop@1", "order": 7})
    error, event = found["error"], found["product_event"].payload["items"][0]
    assert error.item_id.hex == error.payload["event_id"] == event["event_id"] == UUID.replace("-", "")
    kept = error.payload
    assert [(one["type"], one["value"]) for one in kept["exception"]["values"]] == [
        ("KeyError", "'price'"), ("ValueError", "no total"),
    ]  # fmt: skip
    assert (kept["platform"], kept["level"], kept["release"], kept["extra"]) == (
        "python", "warning", "shop@1", {"order": 7},
    )  # fmt: skip
    assert "request" not in kept
    assert "user" not in kept
    assert "hunter-97" not in str(found)
    assert "exception_list" not in str(event)


def test_a_page_s_exception_has_its_address_and_a_person_only_where_people_are_named() -> None:
    thrown = {"type": "TypeError", "value": "x", "stacktrace": {"frames": [frame("buy", "web:javascript")]}}
    said = {"$exception_list": [thrown], "$lib": "web", "$current_url": "https://shop.example/a?token=abc"}
    kept = decoded(said)["error"].payload
    assert (kept["platform"], kept["request"]["url"]) == ("javascript", "https://shop.example/a")
    assert "user" not in kept
    assert decoded(said, names_people=True)["error"].payload["user"]["key"].startswith("u_")


def test_its_own_fingerprint_and_the_older_form_are_read() -> None:
    old = {"$exception_type": "Error", "$exception_message": "gone", "$exception_fingerprint": "mine", "$lib": "web"}
    kept = decoded(old)["error"].payload
    assert (kept["fingerprint"], kept["exception"]["values"][0]["value"]) == (["mine"], "gone")


def test_an_error_does_not_need_a_visitor_and_an_event_no_exception() -> None:
    assert list(decoded(SERVER, visitor=lambda distinct_id, site: None)) == ["error"]
    for nonsense in ({}, {"$exception_list": "x"}, {"$exception_list": [1]}):
        assert list(decoded({"$lib": "web", **nonsense})) == ["product_event"]


def test_without_an_id_both_share_one_that_is_drawn() -> None:
    found = decoded(SERVER, own="")
    assert found["error"].item_id.hex == found["product_event"].payload["items"][0]["event_id"]
