"""What is kept of a product event, whoever sent it."""

from typing import Any

import pytest

from events.protocols.contract import Refused
from events.protocols.posthog_vitals import Batch
from events.protocols.product import canonical, posthog, vercel
from events.protocols.product.canonical import Sent
from events.tests.sentry_bodies import NOW, context
from events.values import sources
from events.values.sources import Campaign

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
counting = context(visitor=lambda distinct_id, site: f"u_{distinct_id or site}", user_agent=CHROME)


def kept(**sent: Any) -> dict[str, Any]:
    found = canonical.event(Sent(**{"name": "$pageview", "timestamp": NOW, **sent}), counting)
    assert not isinstance(found, Refused)
    return found


def test_an_address_keeps_its_place_and_its_campaign_and_nothing_that_somebody_typed() -> None:
    url = "https://u:p@Shop.example/search/a?q=my+disease&utm_source=News&utm_medium=email&token=abc#me"
    found = kept(url=url, referrer="https://www.google.co.uk/url?q=secret")
    assert (found["host"], found["path"], found["utm_source"]) == ("shop.example", "/search/a", "News")
    assert (found["source"], found["channel"], found["referrer"]) == ("News", "Email", "google.co.uk")
    said = str(found)
    assert not any(word in said for word in ("disease", "abc", "u:p", "secret", "#me"))


def test_what_was_clicked_is_kept_element_by_element() -> None:
    element = 'div.card:attr__title="a \\";b"nth-child="1";'
    chain = element * 200 + "body:"
    found = kept(properties={"$elements_chain": chain, "$el_text": "x" * 1100})["properties"]
    assert len(found["$el_text"]) <= canonical.VALUE
    count, rest = divmod(len(found["$elements_chain"]) + 1, len(element))
    assert rest == 0
    assert 0 < canonical.MOST_CHAIN - len(found["$elements_chain"]) < len(element) + 2
    assert found["$elements_chain"] == (element * count).removesuffix(";")
    assert kept(properties={"$elements_chain": element})["properties"]["$elements_chain"] == element


def test_ones_own_site_is_no_source() -> None:
    assert kept(url="https://www.shop.example/b", referrer="https://shop.example/a")["source"] == sources.DIRECT
    assert kept(url="/b", referrer="not an address")["source"] == sources.DIRECT
    assert kept(url="http://[::bad", referrer="http://[::bad")["host"] is None


@pytest.mark.parametrize(
    ("campaign", "referrer", "name", "channel"),
    [
        (Campaign(), "", "(direct)", "Direct"),
        (Campaign(), "www.google.de", "Google", "Organic Search"),
        (Campaign(), "news.google.com", "Google", "Organic Search"),
        (Campaign(), "mail.google.com", "Gmail", "Email"),
        (Campaign(), "gemini.google.com", "Gemini", "AI Assistants"),
        (Campaign(), "chatgpt.com", "ChatGPT", "AI Assistants"),
        (Campaign(), "l.facebook.com", "Facebook", "Organic Social"),
        (Campaign(), "t.co", "Twitter", "Organic Social"),
        (Campaign(), "m.youtube.com", "YouTube", "Organic Video"),
        (Campaign(), "blog.example.org", "blog.example.org", "Referral"),
        (Campaign(), "notgoogle.com", "notgoogle.com", "Referral"),
        (Campaign(source="google", medium="cpc"), "", "Google", "Paid Search"),
        (Campaign(source="Facebook", medium="paid-social"), "", "Facebook", "Paid Social"),
        (Campaign(source="partner", medium="CPA"), "", "partner", "Paid Other"),
        (Campaign(source="partner", medium="tcp"), "", "partner", "Referral"),
        (Campaign(source="google", medium="cpm"), "", "Google", "Display"),
        (Campaign(source="spring", medium="e-mail"), "", "spring", "Email"),
        (Campaign(source="x", medium="affiliate"), "", "x", "Affiliates"),
        (Campaign(campaign="Cross-Network"), "", "(direct)", "Cross-network"),
        (Campaign(click_id="gclid"), "www.google.com", "Google", "Paid Search"),
        (Campaign(click_id="msclkid"), "bing.com", "Bing", "Paid Search"),
        (Campaign(click_id="fbclid"), "", "(direct)", "Organic Social"),
        (Campaign(source="push", medium="push"), "", "push", "Push"),
    ],
)
def test_where_a_visit_came_from(campaign: Campaign, referrer: str, name: str, channel: str) -> None:
    found = sources.of(campaign, referrer)
    assert (found.name, found.channel) == (name, channel)


def test_properties_are_flat_bounded_and_without_people() -> None:
    sent = {
        "plan": "team", "seats": 2.0, "paid": True, "tags": ["a"], "nothing": None, "user.email": "a@b.example",
        "page": "https://shop.example/a?token=abc", "n" * 300: "x" * 5000,
    }  # fmt: skip
    found = kept(name="signup", properties=sent)["properties"]
    assert (found["plan"], found["seats"], found["paid"], found["tags"]) == ("team", "2", "true", '["a"]')
    assert found["page"] == "https://shop.example/a"
    assert "nothing" not in found
    assert "a@b.example" not in str(found)
    assert max(map(len, found)) <= canonical.KEY
    assert max(map(len, found.values())) <= canonical.VALUE
    many = kept(name="signup", properties={str(n): n for n in range(5000)})["properties"]
    assert len(many) == canonical.PROPERTIES


def test_an_event_is_told_from_its_repetition_by_its_own_id() -> None:
    first, again, other = (kept(uuid=own)["event_id"] for own in ("insert-1", "insert-1", "insert-2"))
    assert first == again != other
    assert kept(uuid="")["event_id"] != kept(uuid="")["event_id"]


def test_posthog_s_events_lose_what_says_who_somebody_is() -> None:
    event = {
        "event": "signup", "uuid": "0191e0c2-0000-7000-8000-000000000001", "distinct_id": "alice@example.org",
        "timestamp": "2026-11-23T08:59:00Z",
        "properties": {
            "$current_url": "https://shop.example/join?invite=x", "$referrer": "$direct", "$lib": "web",
            "$ip": "203.0.113.9",
            "$device_id": "d-1", "$set": {"email": "alice@example.org"}, "$browser": "Chrome", "plan": "team",
            "$feature/new-checkout": "test", "token": "t", "utm_source": "news", "$session_id": "s-1",
        },
    }  # fmt: skip
    decoded = posthog.decode(Batch("k", (event, {"event": "$snapshot"}, {"properties": {}})), counting)
    [found] = decoded.items[0].payload["items"]
    assert found["properties"] == {"plan": "team", "$feature/new-checkout": "test"}
    assert (found["visitor"], found["utm_source"], found["path"]) == ("u_shop.example", "news", "/join")
    assert found["session"].startswith("s_")
    assert [(refused.outcome, refused.reason) for refused in decoded.refused] == [
        ("filtered", "replay"), ("invalid", "no_name"),
    ]  # fmt: skip
    assert "alice" not in str(decoded.items)


def test_a_flag_that_was_called_is_kept_however_many_others_there_are() -> None:
    others = {f"$feature/flag-{number}": True for number in range(4 * canonical.PROPERTIES)}
    called = {"$feature_flag": "checkout", "$feature_flag_response": "test", "$lib": "web"}
    event = {"event": "$feature_flag_called", "properties": {**others, **called}}
    [found] = posthog.decode(Batch("k", (event,)), counting).items[0].payload["items"]
    assert len(found["properties"]) == canonical.PROPERTIES
    assert (found["properties"]["$feature_flag"], found["properties"]["$feature_flag_response"]) == ("checkout", "test")


def test_a_server_says_which_of_its_visitors_it_was() -> None:
    event = {"event": "paid", "distinct_id": "customer 7", "properties": {"$lib": "posthog-python"}}
    [found] = posthog.decode(Batch("k", (event,)), counting).items[0].payload["items"]
    assert (found["visitor"], found["device"], found["country"]) == ("u_customer 7", None, None)


def test_a_clock_that_is_off_is_corrected_beyond_a_minute() -> None:
    def at(sent_at: str) -> float:
        event = {"event": "a", "timestamp": "2026-11-23T08:00:00Z", "properties": {"$lib": "web"}}
        return float(posthog.decode(Batch("k", (event,), sent_at), counting).items[0].payload["items"][0]["timestamp"])

    assert NOW - at("2026-11-23T08:59:30Z") == 3600
    assert NOW - at("2026-11-23T08:30:00Z") == 1800


def test_vercel_s_page_views_and_events_are_one_form() -> None:
    body = {
        "o": "https://blog.example/a",
        "ts": NOW * 1000,
        "r": "https://t.co/x",
        "sdkn": "@vercel/analytics",
        "sdkv": "2",
    }
    [view] = vercel.decode(body, counting).items[0].payload["items"]
    assert (view["event"], view["path"], view["source"]) == ("$pageview", "/a", "Twitter")
    [event] = vercel.decode({**body, "en": "signup", "ed": {"plan": "team"}}, counting).items[0].payload["items"]
    assert (event["event"], event["properties"]) == ("signup", {"plan": "team"})
