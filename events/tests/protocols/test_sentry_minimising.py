"""What names a person or carries a credential is gone before anything is stored."""

from __future__ import annotations

from typing import Any

import pytest

from events.ingest.intake import pack
from events.ingest.payloads import unpack
from events.protocols.fields.links import tidy_query, tidy_url, tidy_words
from events.tests.sentry_bodies import PEER_IP, context, decoded, event, only, pseudonym

MAIL = "alice@example.com"


@pytest.mark.parametrize(
    ("user", "stored"),
    [
        ({"id": 42}, {"key": pseudonym("user", "42")}),
        ({"id": "42", "email": MAIL, "username": "alice"}, {"key": pseudonym("user", "42")}),
        ({"id": MAIL}, {"key": pseudonym("user", MAIL)}),
        ({"id": "198.51.100.7"}, {"key": pseudonym("user", "198.51.100.7")}),
        ({"id": "2001:db8::1"}, {"key": pseudonym("user", "2001:db8::1")}),
        ({"email": MAIL}, {"key": pseudonym("user", MAIL)}),
        ({"username": "alice"}, {"key": pseudonym("user", "alice")}),
        ({"ip_address": "{{auto}}"}, {"key": pseudonym("ip", PEER_IP)}),
        ({"ip_address": "198.51.100.7"}, {"key": pseudonym("ip", "198.51.100.7")}),
        ({"id": "42", "ip_address": "{{auto}}"}, {"key": pseudonym("user", "42")}),
        ({"geo": {"country_code": "DE", "city": "Bonn"}}, {"geo": {"country_code": "DE"}}),
        ({"name": "Alice", "phone": "123", "data": {"a": 1}}, None),
        ({"ip_address": "no address"}, None),
        ({}, None),
        (None, None),
        ("alice", None),
        ([1], None),
    ],
)
def test_a_user_is_a_pseudonym(user: Any, stored: Any) -> None:
    assert event({"user": user}).get("user") == stored


def test_an_inferred_address_is_only_a_pseudonym() -> None:
    assert event({"sdk": {"settings": {"infer_ip": "auto"}}})["user"] == {"key": pseudonym("ip", PEER_IP)}
    assert "user" not in event({"sdk": {"settings": {"infer_ip": "never"}}})


def test_a_project_may_collect_more() -> None:
    user = {"id": MAIL, "email": MAIL, "username": "alice", "name": "Alice", "ip_address": "{{auto}}"}
    assert event({"user": user}, collects_user_data=True, collects_ip=True)["user"] == {
        "key": pseudonym("user", MAIL),
        "id": MAIL,
        "email": MAIL,
        "username": "alice",
        "name": "Alice",
        "ip_address": "203.0.113.x",
    }


def test_what_is_kept_of_an_address_outlives_scrubbing() -> None:
    for sent, network in (("198.51.100.7", "198.51.100.x"), ("2001:db8:1:2::3", "2001:db8:1:x"), ("::1", "0:x")):
        item = only(decoded(({"type": "event"}, {"user": {"ip_address": sent}}), within=context(collects_ip=True)))
        stored = unpack(pack(item, allow_list=None).payload)
        assert stored["user"]["ip_address"] == network


def test_a_request_keeps_only_what_is_harmless() -> None:
    sent = {
        "url": "https://alice:pw@shop.example.com/basket?utm_source=mail&token=x#frag",
        "method": "POST",
        "query_string": "utm_source=mail&token=x&ref=a",
        "data": {"card": "4111"},
        "cookies": {"sessionid": "x"},
        "headers": {
            "Authorization": "Bearer x",
            "Cookie": "a=b",
            "X-Forwarded-For": "198.51.100.7",
            "X-Api-Key": "x",
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "Referer": "https://shop.example.com/?q=private",
            "Accept": ["text/html"],
        },
        "env": {"REMOTE_ADDR": "198.51.100.7", "SERVER_NAME": "web-1", "SERVER_PORT": 443},
        "fragment": "x",
    }
    assert event({"request": sent})["request"] == {
        "url": "https://shop.example.com/basket?utm_source=mail",
        "method": "POST",
        "query_string": "utm_source=mail&ref=a",
        "headers": {"User-Agent": "Firefox on desktop", "Referer": "https://shop.example.com/", "Accept": "text/html"},
        "env": {"SERVER_NAME": "h_" + pseudonym("host", "web-1")[2:], "SERVER_PORT": "443"},
    }


@pytest.mark.parametrize(
    "query", [[["utm_id", "7"], ["token", "x"]], {"utm_id": "7", "token": "x"}, "?utm_id=7&token=x"]
)
def test_a_query_string_comes_in_three_forms(query: Any) -> None:
    assert event({"request": {"query_string": query}})["request"]["query_string"] == "utm_id=7"


def test_headers_may_be_pairs() -> None:
    sent = [["Cookie", "a=b"], ["host", "shop.example.com"], ["x"], None]
    assert event({"request": {"headers": sent}})["request"]["headers"] == {"host": "shop.example.com"}


def test_urls_of_breadcrumbs_lose_their_queries() -> None:
    data = {"url": "/pay?token=x", "from": "/a?b=c", "to": "/d#e", "http.query": "token=x", "method": "GET"}
    (crumb,) = event({"breadcrumbs": [{"data": data}]})["breadcrumbs"]["values"]
    assert crumb["data"] == {"url": "/pay", "from": "/a", "to": "/d", "http.query": "", "method": "GET"}


def test_environment_variables_and_device_names_are_dropped() -> None:
    payload = event(
        {
            "extra": {"environ": {"PASSWORD": "x"}, "basket": 3},
            "contexts": {
                "device": {"name": "Alice's phone", "model": "X"},
                "response": {"cookies": "a=b", "headers": {"Set-Cookie": "x", "Content-Type": "text/html"}},
                "odd": 7,
            },
        }
    )
    assert payload["extra"] == {"basket": 3}
    assert payload["contexts"] == {"device": {"model": "X"}, "response": {"headers": {"Content-Type": "text/html"}}}


def test_attributes_name_nobody() -> None:
    attributes = {
        "user.id": {"value": "42", "type": "string"},
        "user.email": {"value": MAIL, "type": "string"},
        "client.address": "198.51.100.7",
        "http.request.header.cookie": "a=b",
        "http.request.header.accept": "text/html",
        "url.full": "https://shop.example.com/pay?token=x",
        "http.query": "token=x",
        "shop": {"value": "eu", "type": "string"},
        "lines": {"value": [1, 2], "type": "array"},
        "none": {"value": None, "type": "string"},
    }
    item = only(decoded(({"type": "log"}, {"items": [{"body": "x", "attributes": attributes}]})))
    assert item.payload["items"][0]["attributes"] == {
        "user.id": pseudonym("user", "42"),
        "user.key": pseudonym("user", "42"),
        "http.request.header.accept": "text/html",
        "url.full": "https://shop.example.com/pay",
        "shop": "eu",
        "lines": "[1,2]",
    }


@pytest.mark.parametrize(
    ("url", "tidied"),
    [
        ("https://a.example/x", "https://a.example/x"),
        ("https://u:p@a.example/x@y", "https://a.example/x@y"),
        ("https://a.example/?ref=1&utm_term=2&x=3#y", "https://a.example/?ref=1&utm_term=2"),
        ("/x?y", "/x"),
        ("?y=1", ""),
        ("", ""),
        ("https://[::1/x?y", "https://[::1/x"),
        ("http://u@v@w/x", "http://w/x"),
    ],
)
def test_a_url_is_tidied(url: str, tidied: str) -> None:
    assert tidy_url(url) == tidied
    assert tidy_url(tidied) == tidied


def test_words_around_urls_stay() -> None:
    assert tidy_words("GET https://a.example/x?y=1 took long") == "GET https://a.example/x took long"
    assert tidy_words("SELECT * FROM a WHERE b = ? -- #1") == "SELECT * FROM a WHERE b = ? -- #1"
    assert tidy_query("&&&=&utm_=1") == "utm_=1"


@pytest.mark.parametrize("field", ["server_name", "logger", "transaction", "dist"])
def test_a_limit_leaves_no_half_of_a_secret(field: str) -> None:
    token = "gh" + "p_" + "a1B2" * 9
    longest = {"server_name": 200, "logger": 200, "transaction": 200, "dist": 64}[field]
    for place in range(longest - 45, longest):
        kept = event({field: "x" * place + " " + token + " and more" * 100}).get(field, "")
        assert token[:12] not in kept
