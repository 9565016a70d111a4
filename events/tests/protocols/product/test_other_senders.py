"""What other houses' clients say, put into the one form of a product event."""

import json
from typing import Any

import pytest

from events.protocols.contract import Decoded
from events.protocols.product import plausible, segment, umami
from events.protocols.product.segment import Parcel
from events.tests.sentry_bodies import NOW, context

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
counting = context(visitor=lambda distinct_id, site: f"u_{distinct_id or site}", user_agent=CHROME)
naming = context(visitor=lambda distinct_id, site: f"u_{distinct_id}", user_agent=CHROME, names_people=True)


def only(decoded: Decoded) -> dict[str, Any]:
    """The single event of what was decoded."""
    assert decoded.refused == ()
    [item] = decoded.items
    [event] = item.payload["items"]
    return dict(event)


def of_plausible(**sent: Any) -> dict[str, Any]:
    body = {"n": "pageview", "u": "https://shop.example/a?utm_source=mail&q=x", "d": "shop.example", **sent}
    return only(plausible.decode(plausible.parse(json.dumps(body).encode()), counting))


def of_umami(kind: str, *, within: Any = counting, **payload: Any) -> Decoded:
    body = {"type": kind, "payload": {"website": "w", "hostname": "shop.example", "url": "/a", **payload}}
    return umami.decode(umami.parse(json.dumps(body).encode()), within)


def of_segment(kind: str, *, within: Any = naming, sent_at: Any = None, **message: Any) -> dict[str, Any]:
    said = {"type": kind, "userId": "u-1", "messageId": "m-1", **message}
    return only(segment.decode(Parcel(None, (said,), sent_at), within))


def test_plausible_s_trackers_of_both_ages_say_the_same() -> None:
    older = of_plausible(n="signup", p=json.dumps({"plan": "team"}), w=1200, h=0)
    newer = of_plausible(n="signup", p={"plan": "team", "list": [1]}, v=36)
    server = plausible.parse(json.dumps({"name": "signup", "url": "https://shop.example/a", "domain": "x"}).encode())
    assert older["properties"] == newer["properties"] == {"plan": "team"}
    assert (older["event"], older["path"], older["source"], older["visitor"]) == (
        "signup", "/a", "mail", "u_shop.example",
    )  # fmt: skip
    assert only(plausible.decode(server, counting))["event"] == "signup"


def test_time_spent_and_what_was_paid_are_kept() -> None:
    left = of_plausible(n="engagement", e=4200, sd=80, i=False)
    assert (left["event"], left["engaged_ms"], left["is_interactive"]) == ("$engagement", 4200.0, False)
    assert left["properties"] == {"scroll_depth": "80"}
    assert of_plausible(n="engagement", e=-1)["engaged_ms"] is None
    paid = of_plausible(n="Purchase", **{"$": {"amount": "12.50", "currency": "EUR"}})
    assert paid["properties"] == {"revenue": "12.50", "currency": "EUR"}
    assert of_plausible(n="shown", i=False)["is_interactive"] is False


def test_an_event_may_name_several_sites() -> None:
    assert plausible.sites({"domain": "a.example, ,b.example"}) == ["a.example", "b.example"]


def test_umami_s_page_views_events_and_people() -> None:
    view = only(of_umami("event", title="A", referrer="https://www.google.com/"))
    assert (view["event"], view["host"], view["path"], view["source"]) == ("$pageview", "shop.example", "/a", "Google")
    event = only(of_umami("event", name="signup", data={"plan": "team", "$current_url": "https://no.example/"}))
    assert (event["event"], event["host"], event["properties"]) == ("signup", "shop.example", {"plan": "team"})
    named = only(of_umami("identify", id="ada", data={"email": "ada@example.org"}, within=naming))
    assert (named["event"], named["visitor"], named["properties"]) == ("$identify", "u_ada", {})
    assert only(of_umami("identify", id="ada"))["visitor"] == "u_shop.example"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Caf%C3%A9%20%26%20Bar", "Café & Bar"),
        ("100 %41", "100 %41"),
        ("50%", "50%"),
        ("a" * 300, "a" * 200),
        (None, None),
    ],
)
def test_umami_s_older_titles_are_decoded(sent: str | None, kept: str | None) -> None:
    assert only(of_umami("event", title=sent)).get("title") == kept


def test_umami_s_measurements_are_vitals() -> None:
    decoded = of_umami("performance", lcp=1200.5, cls=0.01, inp=40, fcp=None, ttfb=-5, duration=2000)
    [item] = decoded.items
    assert (item.kind, [(each["metric"], each["value"]) for each in item.payload["items"]]) == (
        "vital", [("LCP", 1200.5), ("INP", 40.0), ("CLS", 0.01)],
    )  # fmt: skip
    assert [refused.reason for refused in decoded.refused] == ["negative"]


def test_segment_s_page_view_is_the_page_s_without_its_search() -> None:
    page = {"url": "https://shop.example/find?q=ill", "path": "/find", "search": "?q=ill", "referrer": "", "title": "F"}
    event = of_segment(
        "page", name="Find", properties=page, anonymousId="a-1", within=counting,
        context={"library": {"name": "analytics.js", "version": "npm:next-1.84.3"}, "userAgent": CHROME, "page": page,
                 "campaign": {"name": "spring", "source": "mail"}, "ip": "203.0.113.9"},
    )  # fmt: skip
    assert (event["event"], event["host"], event["path"], event["title"]) == ("$pageview", "shop.example", "/find", "F")
    assert (event["utm_campaign"], event["source"], event["visitor"]) == ("spring", "mail", "u_shop.example")
    assert event["properties"] == {"name": "Find"}
    assert "ill" not in str(event)


def test_segment_s_servers_say_who_it_was() -> None:
    event = of_segment("track", event="paid", properties={"total": 3}, context={"library": {"name": "x"}})
    assert (event["visitor"], event["properties"], event["country"]) == ("u_u-1", {"total": "3"}, None)
    assert of_segment("track", event="paid", userId=None, anonymousId="a-1")["visitor"] == "u_a-1"
    again = of_segment("track", event="paid", properties={"total": 4})
    assert again["event_id"] == event["event_id"]


@pytest.mark.parametrize(
    ("kind", "message", "name"),
    [
        ("identify", {"traits": {"email": "a@b.example"}}, "$identify"),
        ("identify", {"userId": None, "anonymousId": "a", "traits": {"email": "a@b.example"}}, "$set"),
        ("alias", {"previousId": "a@b.example"}, "$create_alias"),
        ("screen", {"name": "Cart"}, "$screen"),
        ("group", {"groupId": "g-1", "traits": {"plan": "x"}}, "$groupidentify"),
    ],
)
def test_segment_s_calls_have_posthog_s_names(kind: str, message: Any, name: str) -> None:
    event = of_segment(kind, **message)
    assert event["event"] == name
    assert "a@b" not in str(event["properties"])


def test_segment_s_groups_and_screens_are_kept() -> None:
    assert of_segment("screen", name="Cart")["properties"] == {"name": "Cart", "$screen_name": "Cart"}
    assert "g-1" in str(of_segment("group", groupId="g-1")["properties"])
    assert "g-1" in str(of_segment("track", event="a", context={"groupId": "g-1"})["properties"])


def test_an_alias_of_itself_is_none() -> None:
    same = {"type": "alias", "userId": "u-1", "previousId": "u-1"}
    decoded = segment.decode(Parcel(None, (same,)), naming)
    assert [(refused.outcome, refused.reason) for refused in decoded.refused] == [("filtered", "alias_of_itself")]


@pytest.mark.parametrize(
    ("happened", "sent", "is_import", "ago"),
    [
        ("09:00:00", "09:00:30", False, 0),  # half a minute is its way, no clock's mistake
        ("09:10:00", "09:20:00", False, 600),  # twenty minutes ahead, and ten minutes in a queue
        ("08:00:00", "08:30:00", False, 1800),
        ("08:00:00", "08:30:00", True, 3600),
    ],
)
def test_a_clock_that_is_off_is_corrected(happened: str, sent: str, is_import: bool, ago: int) -> None:
    message = {"type": "track", "event": "a", "userId": "u", "originalTimestamp": f"2026-11-23T{happened}Z"}
    parcel = Parcel(None, (message,), f"2026-11-23T{sent}Z")
    assert only(segment.decode(parcel, naming, is_import=is_import))["timestamp"] == NOW - ago


def test_what_was_kept_for_later_keeps_its_moment() -> None:
    message = {"timestamp": "2026-11-21T09:00:00Z", "sentAt": "2026-11-23T07:00:00Z"}
    assert of_segment("track", event="a", **message)["timestamp"] == NOW - 2 * 86_400
