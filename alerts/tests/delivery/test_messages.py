"""Messages keep the limits of their receivers and let no text of an event act there."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.delivery import messages
from alerts.delivery.messages import Message

hostile = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["&" * 4000, "<!channel> @all " * 200, "💥" * 2000, '"\\' * 2000, "\n" * 3000, "\0\x1b[31m", " "]),
    st.characters(categories=["Cs"]),
)
addresses = st.sampled_from([
    "https://wiki.example/runbook", "https://wiki.example/" + "a" * 900, "https://wiki.example/" + "a" * 3000,
    "javascript:alert(1)", "https://wiki.example/)>[x](https://evil.example", "",
])  # fmt: skip
anything = st.builds(
    Message,
    kind=st.sampled_from(sorted(messages._HEADLINES)),
    dedup=st.just("0123456789abcdef0123456789abcdef"),
    title=hostile,
    project=hostile,
    at=st.just("2026-11-23T12:00:00+00:00"),
    level=st.one_of(st.sampled_from(messages.LEVELS), hostile),
    environment=hostile,
    release=hostile,
    culprit=hostile,
    event_count=st.integers(0, 2**63),
    user_count=st.integers(0, 2**63),
    first_seen_at=st.sampled_from(["", "2026-11-23T11:00:00+00:00"]),
    issue_id=st.one_of(st.none(), st.just(7)),
    link=st.sampled_from(["", "https://obs.example/p/web/issues/7/", "https://obs.example/" + "a" * 3000]),
    reason=hostile,
    lines=st.lists(hostile, max_size=40).map(tuple),
    more_count=st.integers(0, 10**9),
    details=st.lists(st.tuples(hostile, hostile), max_size=14).map(tuple),
    links=st.lists(st.tuples(hostile, addresses), max_size=6).map(tuple),
    thread=st.sampled_from(["", "f" * 32]),
    normal=hostile,
    suspect=hostile,
    instead_of=hostile,
)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def texts(value: Any) -> list[str]:
    """Every string within."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [value] if isinstance(value, str) else []


def assert_is_block(block: dict[str, Any]) -> None:
    match block["type"]:
        case "header":
            assert 1 <= units(block["text"]["text"]) <= 150
        case "section" if "fields" in block:
            assert 1 <= len(block["fields"]) <= 10
            assert all(1 <= units(field["text"]) <= 2000 for field in block["fields"])
        case "section":
            assert 1 <= units(block["text"]["text"]) <= 3000
        case "actions":
            assert 1 <= len(block["elements"]) <= 25
            assert all(units(e["text"]["text"]) <= 75 and units(e["url"]) <= 3000 for e in block["elements"])
        case "image":
            assert 1 <= units(block["alt_text"]) <= 2000
            assert units(block["image_url"]) <= 3000
        case "context":
            assert 1 <= len(block["elements"]) <= 10
        case other:
            raise AssertionError(other)


@settings(max_examples=80, deadline=None)
@given(message=anything)
def test_slack_accepts_every_message(message: Message) -> None:
    body = messages.slack(message, picture="https://obs.example/alert-pictures/" + "t" * 200 + ".png")
    assert 1 <= len(body["blocks"]) <= 50
    assert units(orjson.dumps(body["blocks"]).decode()) <= 10_000
    assert 1 <= units(body["text"]) <= 3000
    for block in body["blocks"]:
        assert_is_block(block)
    for text in texts([body["blocks"], body["text"], messages.slack_minimal(message)]):
        assert "<" not in text
        assert ">" not in text
        assert all(tail.startswith(("amp;", "lt;", "gt;")) for tail in text.split("&")[1:])


@settings(max_examples=80, deadline=None)
@given(message=anything)
def test_discord_accepts_every_message(message: Message) -> None:
    body = messages.discord(message, picture="chart.png")
    [embed] = body["embeds"]
    assert 1 <= units(embed["title"]) <= 256
    assert units(embed["description"]) <= 4096
    assert len(embed["fields"]) <= 25
    assert all(1 <= units(f["name"]) <= 256 and 1 <= units(f["value"]) <= 1024 for f in embed["fields"])
    assert units(embed["footer"]["text"]) <= 2048
    total = [embed["title"], embed["description"], embed["footer"]["text"]]
    assert sum(map(units, total + [f[part] for f in embed["fields"] for part in ("name", "value")])) <= 6000
    assert body["allowed_mentions"] == {"parse": []}
    plain = messages.discord_minimal(message)
    assert 1 <= units(plain["content"]) <= 2000
    assert plain["allowed_mentions"] == {"parse": []}
    orjson.dumps([body, plain])


@settings(max_examples=80, deadline=None)
@given(message=anything)
def test_mail_and_webhook_accept_every_message(message: Message) -> None:
    subject = messages.subject(message)
    assert len(subject) <= 150
    assert not set("\r\n\0") & set(subject)
    assert messages.text(message).isprintable() or "\n" in messages.text(message)
    orjson.dumps([messages.webhook(message), messages.webhook_minimal(message)])
    packed = messages.pack(message)
    assert messages.pack(messages.unpack(orjson.loads(orjson.dumps(packed)))) == packed


def new_issue(**fields: Any) -> Message:
    given = {"kind": "new_issue", "dedup": "d" * 32, "title": "KeyError: 'x'", "project": "Web", "issue_id": 7} | fields
    return Message(at="2026-11-23T12:00:00+00:00", link="https://obs.example/p/web/issues/7/", **given)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("new_issue", "New issue: KeyError: 'x'"),
        ("regression", "Regression: KeyError: 'x'"),
        ("unignored", "No longer ignored: KeyError: 'x'"),
        ("resolved", "Resolved: KeyError: 'x'"),
    ],
)
def test_the_kind_is_said_first_everywhere(kind: str, words: str) -> None:
    message = new_issue(kind=kind)
    assert messages.slack(message)["blocks"][0]["text"]["text"] == words
    assert messages.slack(message)["text"].startswith(words)
    assert messages.discord(message)["embeds"][0]["title"].replace("\\", "") == words
    assert messages.subject(message) == f"[Web] {words}"
    assert messages.text(message).startswith(words)


def test_a_mention_of_everybody_in_slack_arrives_as_text() -> None:
    body = messages.slack(new_issue(title="<!channel> & <@U1>", culprit="<https://evil.example|ok>"))
    assert body["blocks"][0]["text"]["text"] == "New issue: &lt;!channel&gt; &amp; &lt;@U1&gt;"
    assert body["blocks"][1]["text"]["text"] == "&lt;https://evil.example|ok&gt;"
    assert body["blocks"][1]["text"]["verbatim"] is True


def test_markdown_in_discord_arrives_as_text() -> None:
    embed = messages.discord(new_issue(culprit="[ok](https://evil.example) @everyone"))["embeds"][0]
    assert embed["description"] == r"\[ok\]\(https\://evil.example\) \@everyone"


def test_template_syntax_arrives_literally() -> None:
    assert "{{ 7*7 }} {% now %}" in messages.text(new_issue(title="{{ 7*7 }} {% now %}"))


def test_the_slack_button_is_a_plain_link() -> None:
    button = next(b for b in messages.slack(new_issue())["blocks"] if b["type"] == "actions")["elements"][0]
    assert button["url"] == "https://obs.example/p/web/issues/7/"
    assert "action_id" not in button


def test_a_new_line_cannot_start_a_header_of_the_mail() -> None:
    assert messages.subject(new_issue(title="a\r\nBcc: x@evil.example")) == "[Web] New issue: a Bcc: x@evil.example"


def test_the_dedup_id_stands_in_every_footer() -> None:
    message = new_issue()
    assert message.dedup in str(messages.slack(message)["blocks"][-1])
    assert messages.discord(message)["embeds"][0]["footer"]["text"] == message.dedup
    assert messages.text(message).endswith(f"{message.dedup}\n")


def test_the_minimal_form_keeps_kind_title_project_and_link() -> None:
    message = new_issue(culprit="c", lines=("x",))
    for body in (messages.slack_minimal(message), messages.discord_minimal(message), messages.webhook_minimal(message)):
        assert "https://obs.example/p/web/issues/7/" in str(body)
        assert "KeyError" in str(body)
        assert "blocks" not in body
        assert "embeds" not in body


def test_a_field_of_a_later_version_is_left_out() -> None:
    assert messages.unpack({**messages.pack(new_issue()), "added_later": 1}) == new_issue()
