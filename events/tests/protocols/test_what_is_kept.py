"""Local variables, bodies and query strings: nothing, names, or values good enough to keep; user agents, machines."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest

from events.ingest.intake import pack
from events.ingest.payloads import unpack
from events.protocols.sentry import decode_security
from events.scrubbing import careful
from events.tests.sentry_bodies import NOW, context, decoded, event, only, pseudonym

TOKEN = "gh" + "p_" + "a1B2" * 9
CHANCE = "x9Kd72mQp4Zt81Lw0Vb3"  # of no vendor
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
# Values that a body, a variable or a parameter may have, and that nobody may find.
HOSTILE = {
    "password": "correct horse",
    "first_name": "Aloysia",
    "lastName": "Quibbleworth",
    "billing_street": "Elmsgate 5",
    "shipping[city]": "Bonndorf",
    "zip": "79848",
    "customerPhone2": "0171 2345678",
    "date_of_birth": "1984-02-29",
    "contact-email": "aloysia@quibbleworth.example",
    "iban": "DE89370400440532013000",
    "card_number": "4111111111111111",
    "cvv": "9173",
    "otp": "483920",
    "t": CHANCE,
    "reset": "9c1185a5-c5e9-fc54-6128-08977ee8f548",
    "apiToken": TOKEN,
    "q": "how to tell my boss",
    "message": "please call my sister Berta",
    "passport": "C01X00T47",
    "latitude": "47.8207",
    "account": "000123456789",
    "Vorname": "Aloysius",
    "contraseña": "abre sesamo",
}
BENIGN = {"page": "2", "sort": "-created", "sku": "ABC-1234", "qty": "3", "currency": "EUR", "status_code": "404"}


def _stored(raw: dict[str, Any], **changes: Any) -> str:
    """An event as it becomes durable."""
    item = only(decoded(({"type": "event"}, raw), within=context(**changes)))
    return json.dumps(unpack(pack(item, allow_list=None).payload), ensure_ascii=False)


def _of_frame(sent: Any, **changes: Any) -> Any:
    frame = {"function": "pay", "vars": sent, "args": ["'Aloysia'"]}
    stack = {"frames": [frame]}
    raw = {"exception": [{"type": "E", "stacktrace": stack}], "threads": [{"id": 1, "stacktrace": stack}]}
    kept = event(json.loads(json.dumps(raw)), **changes)
    one = kept["exception"]["values"][0]["stacktrace"]["frames"][0]
    assert one == kept["threads"]["values"][0]["stacktrace"]["frames"][0]
    assert "args" not in one
    return one.get("vars")


def test_local_variables_are_names_unless_a_project_says_otherwise() -> None:
    sent = {"user": {"first_name": "'Aloysia'"}, "n": "5", "self": "<Pay at 0x7f12>"}
    assert _of_frame(sent) == dict.fromkeys(sent, "[removed]")
    assert _of_frame(sent, local_variables="off") is None
    assert _of_frame(sent, local_variables="scrubbed") == {
        "user": {"first_name": "[name]"}, "n": "5", "self": "<Pay at 0x7f12>",
    }  # fmt: skip


def test_a_request_s_body_is_not_kept_unless_a_project_says_otherwise() -> None:
    sent = {"request": {"method": "POST", "data": {"first_name": "Aloysia", "items": [{"sku": "a"}, {"sku": "b"}]}}}
    assert event(dict(sent))["request"] == {"method": "POST"}
    names = event(json.loads(json.dumps(sent)), request_bodies="names")["request"]["data"]
    assert names == {"first_name": "[removed]", "items": [{"sku": "[removed]"}]}
    kept = event(json.loads(json.dumps(sent)), request_bodies="scrubbed")["request"]["data"]
    assert kept == {"first_name": "[name]", "items": [{"sku": "a"}, {"sku": "b"}]}


@pytest.mark.parametrize(
    ("level", "query"),
    [("off", "utm_source=mail"), ("names", "utm_source=mail&page=[removed]&q=[removed]"),
     ("scrubbed", "utm_source=mail&page=2&q=[text]")],
)  # fmt: skip
def test_a_query_string_is_kept_as_a_project_says(level: str, query: str) -> None:
    url = "https://shop.example/x?utm_source=mail&page=2&q=my+boss#part"
    kept = event(
        {
            "request": {"url": url, "query_string": "utm_source=mail&page=2&q=my+boss", "headers": {"Referer": url}},
            "breadcrumbs": [{"category": "navigation", "data": {"to": "/x?utm_source=mail&page=2&q=my+boss"}}],
        },
        query_strings=level,
    )
    assert kept["request"]["query_string"] == query
    assert kept["request"]["url"] == kept["request"]["headers"]["Referer"] == f"https://shop.example/x?{query}"
    assert kept["breadcrumbs"]["values"][0]["data"]["to"] == f"/x?{query}"


def _form(values: dict[str, str]) -> str:
    return urlencode(values)


def _multipart(values: dict[str, str]) -> str:
    parts = [f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in values.items()]
    return "".join(parts) + "--b--"


def _xml(values: dict[str, str]) -> str:
    plain = {name: value for name, value in values.items() if name.isidentifier()}
    return "<o>" + "".join(f"<{name}>{value}</{name}>" for name, value in plain.items()) + "</o>"


SHAPES = {
    "json": lambda values: values,
    "json as text": json.dumps,
    "json cut off": lambda values: json.dumps({**values, "rest": ["x"]})[:-2],
    "json within json": lambda values: {"payload": json.dumps({"inner": values})},
    "a list": lambda values: [values, {"more": [values]}],
    "below a person": lambda values: {"customer": values},
    "form": _form,
    "pairs": lambda values: [{"n": values}],
    "python": lambda values: {"form": repr(values)},
    "an object": lambda values: {"o": "Form(" + ", ".join(f"{n}={v!r}" for n, v in values.items()) + ")"},
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("place", ["body", "attribute", "variables"])
def test_values_that_are_kept_scrubbed_give_nobody_away(shape: str, place: str) -> None:
    sent = SHAPES[shape](HOSTILE)
    if place == "body":
        text = _stored({"request": {"data": sent}}, request_bodies="scrubbed")
    elif place == "variables":
        variables = sent if isinstance(sent, dict) else {"data": sent}
        stack = {"frames": [{"function": "pay", "vars": variables}]}
        text = _stored({"exception": [{"type": "E", "stacktrace": stack}]}, local_variables="scrubbed")
    else:
        span = {
            "trace_id": "0" * 31 + "1", "span_id": "0" * 15 + "1", "start_timestamp": NOW, "end_timestamp": NOW,
            "attributes": {"http.request.body.data": {"value": sent, "type": "string"}},
        }  # fmt: skip
        item = only(decoded(({"type": "span"}, {"items": [span]}), within=context(request_bodies="scrubbed")))
        text = json.dumps(unpack(pack(item, allow_list=None).payload), ensure_ascii=False)
    found = [name for name, value in HOSTILE.items() if value in text]
    assert found == []


@pytest.mark.parametrize("body", [_multipart, _xml])
def test_forms_of_parts_and_xml_give_nobody_away(body: Any) -> None:
    values = {name: value for name, value in HOSTILE.items() if name in ("first_name", "lastName", "cvv", "passport")}
    text = _stored({"request": {"data": body(values)}}, request_bodies="scrubbed")
    assert [name for name, value in values.items() if value in text] == []


def test_a_query_string_that_is_kept_scrubbed_gives_nobody_away() -> None:
    query = _form(HOSTILE)
    sent = {"request": {"url": f"https://shop.example/x?{query}", "query_string": query}}
    text = _stored(sent, query_strings="scrubbed")
    assert [name for name, value in HOSTILE.items() if value in text or quote_plus(value) in text] == []


def test_what_tells_nothing_of_a_person_is_worth_switching_on() -> None:
    text = _stored(
        {"request": {"data": BENIGN, "query_string": _form(BENIGN)}},
        request_bodies="scrubbed",
        query_strings="scrubbed",
    )
    assert [name for name, value in BENIGN.items() if text.count(value) < 2] == []


@pytest.mark.parametrize("shape", SHAPES)
def test_names_alone_hold_no_value(shape: str) -> None:
    values = {name: value for name, value in HOSTILE.items() if len(value) > 4}
    text = _stored({"request": {"data": SHAPES[shape](values)}}, request_bodies="names")
    assert [name for name, value in values.items() if value in text] == []


@pytest.mark.parametrize(
    "kept",
    [
        "error_message=timeout", "status_code=404", "file_name='a.txt'", "<Order at 0x7f8a1c2d3e4f>",
        "datetime.datetime(2026, 11, 27, 14, 52)", "/usr/lib/python3.11/site-packages/django/core/handlers/base.py",
        "order_items_created_v2", "capacity: 5", "SELECT a FROM t", "1700000000", "Decimal('19.90')",
    ],
)  # fmt: skip
def test_a_program_s_own_words_stay(kept: str) -> None:
    assert careful.text(kept) == kept
    assert careful.careful({"x": kept}) == {"x": kept}


def test_what_was_looked_at_once_stays_as_it_is() -> None:
    for shape in SHAPES.values():
        once = careful.careful(shape(HOSTILE))
        assert careful.careful(once) == once


@pytest.mark.parametrize("part", ["a=", 'name="', "<a>", "email='", "aB3", '{"a":', '\\"', 'name="a"\r\n\r\n', "k:"])
def test_hostile_texts_are_read_to_a_length(part: str) -> None:
    assert len(careful.text(part * (1_000_000 // len(part)))) <= 65_536 * 8


def test_user_agents_are_families_wherever_they_are_sent() -> None:
    kept = event(
        {
            "request": {"headers": {"User-Agent": FIREFOX}},
            "tags": {"user_agent": FIREFOX},
            "extra": {"userAgent": FIREFOX},
            "contexts": {"browser": {"user_agent": FIREFOX}},
            "breadcrumbs": [{"data": {"user-agent": FIREFOX}}],
        }
    )
    assert kept["request"]["headers"] == {"User-Agent": "Firefox on desktop"}
    assert json.dumps(kept).count("Firefox on desktop") == 5
    assert "Gecko" not in json.dumps(kept)
    report = {"csp-report": {"document-uri": "https://a.example/", "violated-directive": "img-src"}}
    (item,) = decode_security(json.dumps(report).encode(), "", context(user_agent=FIREFOX)).items
    assert item.payload["user_agent"] == "Firefox on desktop"


def test_machines_are_pseudonyms_unless_a_project_says_otherwise() -> None:
    sent = {
        "server_name": "alices-macbook.local",
        "contexts": {"device": {"id": "f00f-1", "model": "X"}, "app": {"device_app_hash": "abc1"}},
        "request": {"env": {"SERVER_NAME": "alices-macbook.local"}},
        "tags": {"server_name": "alices-macbook.local"},
    }
    host = "h_" + pseudonym("host", "alices-macbook.local")[2:]
    kept = event(json.loads(json.dumps(sent)))
    assert kept["server_name"] == kept["tags"]["server_name"] == kept["request"]["env"]["SERVER_NAME"] == host
    assert kept["contexts"]["device"] == {"id": "d_" + pseudonym("device", "f00f-1")[2:], "model": "X"}
    assert kept["contexts"]["app"]["device_app_hash"].startswith("d_")
    assert event(json.loads(json.dumps(sent)), keeps_machine_names=True)["server_name"] == "alices-macbook.local"


def test_sentry_s_own_name_for_the_machine_is_one_too() -> None:
    line = {"body": "x", "attributes": {"server.address": {"value": "alices-macbook", "type": "string"}}}
    item = only(decoded(({"type": "log"}, {"items": [line]})))
    assert item.payload["items"][0]["attributes"]["server.address"] == "h_" + pseudonym("host", "alices-macbook")[2:]
