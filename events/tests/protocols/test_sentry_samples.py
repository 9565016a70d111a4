"""Bytes that real SDKs sent: each is read as a server would hand it over, and nothing in it is refused."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from events.endpoints.admission import body
from events.protocols import sentry
from events.protocols.contract import Decoded
from events.tests.sentry_bodies import KEY, context
from events.values import lenient

SAMPLES = sorted((Path(__file__).parents[1] / "samples").glob("*/*-[0-9].bin"))
NAMES = [f"{path.parent.name}/{path.stem}" for path in SAMPLES]
# What the first request of a case must contain, whichever order its requests came in.
KINDS = {
    "logs": {"log"},
    "metrics": {"metric"},
    "check_in": {"check_in"},
    "monitor": {"check_in"},
    "transaction": {"transaction"},
    "static_transaction": {"transaction"},
    "span_stream": {"span"},
    "feedback": {"feedback", "session", "error"},
    "spans": {"span", "session", "error"},
    "sessions": {"error", "session", "sessions"},
    "fastapi": {"error", "transaction", "sessions"},
    "attachment": {"error", "attachment"},
}

# What the recorder attached as a picture is the beginning of one and no more.
REFUSED = {"attachment-1": ["picture_unreadable"]}


def request_of(path: Path) -> dict[str, Any]:
    """Return the WSGI environ of a sample, without a Content-Length where the SDK sent chunks."""
    described = json.loads(path.with_suffix(".json").read_text())
    data = path.read_bytes()
    environ: dict[str, Any] = {"wsgi.input": io.BytesIO(data), "QUERY_STRING": described["query"]}
    environ |= {"HTTP_" + name.upper().replace("-", "_"): value for name, value in described["headers"].items()}
    if "HTTP_TRANSFER_ENCODING" not in environ:
        environ["CONTENT_LENGTH"] = str(len(data))
    return environ


def decode(path: Path) -> Decoded:
    environ = request_of(path)
    sent = body.received(environ, cap=1 << 20)
    data = body.decompress(sent, encoding=environ.get("HTTP_CONTENT_ENCODING", ""), cap=10 << 20)
    return sentry.decode_envelope(data, context(keeps_pictures=True))


@pytest.mark.parametrize("path", SAMPLES, ids=NAMES)
def test_it_is_decoded_without_refusal(path: Path) -> None:
    result = decode(path)
    assert [refused.reason for refused in result.refused] == REFUSED.get(path.stem, [])
    assert result.items
    assert {item.kind for item in result.items} <= KINDS.get(path.stem.rpartition("-")[0], {"error", "session"})
    for item in result.items:
        assert "timestamp_clamped" not in item.payload.get("_notes", [])
        assert lenient.loads(lenient.canonical(item.payload)) == item.payload


@pytest.mark.parametrize("path", SAMPLES, ids=NAMES)
def test_its_key_is_found(path: Path) -> None:
    assert sentry.claimed_key(request_of(path)) == KEY


@pytest.mark.parametrize("path", SAMPLES, ids=NAMES)
def test_it_is_the_same_when_sent_again(path: Path) -> None:
    assert [item.item_id for item in decode(path).items] == [item.item_id for item in decode(path).items]


@pytest.mark.parametrize("path", SAMPLES, ids=NAMES)
def test_it_holds_no_personal_data(path: Path) -> None:
    """Source lines and locals are left out: what is written into them is the scrubber's subject."""
    payloads = [{**item.payload, "exception": None} for item in decode(path).items]
    stored = b"".join(lenient.canonical(payload) for payload in payloads)
    for personal in (b"alice@example.com", b'"alice"', b"203.0.113.9", b"{{auto}}", b"not-a-token", b"not-a-session"):
        assert personal not in stored


def test_all_of_the_sdks_are_there() -> None:
    assert {path.parent.name for path in SAMPLES} >= {"python", "node", "browser", "react", "cli"}
    assert len(SAMPLES) > 60
