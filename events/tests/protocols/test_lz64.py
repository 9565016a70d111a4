"""lz-string's base64 form: what its own compressor wrote is read, what would grow without end is not."""

import base64
import time
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from events.accounts import keys
from events.endpoints.admission.buckets import buckets
from events.models import IngestKey, Project
from events.protocols import lz64, posthog_vitals
from events.tests.intake import digested, facts
from events.values.errors import Malformed, TooLarge

# Written by lz-string 1.4.4, the one inside posthog-js 1.20.
EVENT = (
    "N4IgLg9g1gpgdiAXCADARgEwGYAsBWANgHYAOATgEMAjAYwBMYAzdbfY86+pkAGhBgBu8MEhAASAO4wqAfQEBLMBQA2AZ14gADgCcImmNrDyY6"
    "xKDE0Artu3CZ15aIAWYMJtWIA9J9VO9AOhgADwoAW01lGE9FGFDVTxwMDSMwSNEAYQpGAEuAAkBT00Aac1zAPg3AFN2NSWk5RRVVGQAZdIAFGU"
    "FhJFA4MJhRJuaNARVLXsRMFBR/PD55OlEBAgBaNCIyPBw0AhwcLAIV5ZAAX2OgA="
)
FORMS = {
    "{}": "N4XyA===",
    "[]": "NoXSA===",
    "aaaaaaaaaa": "IY1o",
    "Café 日本 🦔": "MIQwZglwBIp6aDTmVB8G4FN2g===",
}
TOKEN = "0123456789abcdef" * 2


def written(*orders: tuple[int, int]) -> bytes:
    """The form of (number, bits) orders, lowest bit first."""
    bits = "".join(f"{number:0{width}b}"[::-1] for number, width in orders)
    packed = bytes(int(bits[at : at + 8].ljust(8, "0"), 2) for at in range(0, len(bits), 8))
    return base64.b64encode(packed)


def bomb(codes: int) -> bytes:
    """Each code stands for the string before and one letter more: `codes` of them are half its square of letters."""
    return written((0, 2), (ord("{"), 8), *((known, known.bit_length()) for known in range(4, codes)))


@pytest.mark.parametrize("text", FORMS)
def test_what_lz_string_wrote_is_read(text: str) -> None:
    assert lz64.decode(FORMS[text].encode()).decode() == text


def test_an_event_of_every_old_wrapping_is_the_same() -> None:
    sent = posthog_vitals.read(EVENT.encode())
    assert sent.token == TOKEN
    (event,) = sent.events
    assert event["properties"]["title"] == "Café 日本 🦔"
    assert posthog_vitals.read(f"data={quote(EVENT, safe='')}&compression=lz64".encode()) == sent
    assert posthog_vitals.read(posthog_vitals.of_query(f"compression=lz64&data={quote(EVENT, safe='')}")) == sent


@pytest.mark.parametrize("length", range(1, len(EVENT) - 4, 7))
def test_a_body_that_was_cut_short_is_refused(length: int) -> None:
    with pytest.raises(Malformed):
        posthog_vitals.read(EVENT[:length].encode())


@pytest.mark.parametrize("junk", [b"N", b"N!!!", b"N4Ig\xff", "Né".encode(), b"N===", b"", b"===="])
def test_junk_is_refused(junk: bytes) -> None:
    with pytest.raises(Malformed):
        lz64.decode(junk)


def test_a_code_from_the_future_is_refused() -> None:
    with pytest.raises(Malformed, match="corrupt"):
        lz64.decode(written((0, 2), (ord("{"), 8), (7, 3), (2, 3)))


def test_half_a_character_is_replaced() -> None:
    assert lz64.decode(written((1, 2), (0xD83E, 16), (2, 3))).decode() == "\N{REPLACEMENT CHARACTER}"


def test_a_bomb_ends_at_the_limit() -> None:
    body = bomb(40_000)
    assert len(body) < lz64.MOST_BYTES
    started = time.process_time()
    with pytest.raises(TooLarge, match="after decompression"):
        lz64.decode(body)
    assert time.process_time() - started < 1


def test_a_body_beyond_what_such_a_browser_sends_is_not_begun() -> None:
    with pytest.raises(TooLarge):
        lz64.decode(b"N" * (lz64.MOST_BYTES + 1))


@pytest.mark.django_db(transaction=True)
def test_its_vitals_arrive_and_a_bomb_is_refused(project: Project, key: IngestKey, clean_redis: Any) -> None:
    IngestKey.objects.filter(pk=key.pk).update(public_key=TOKEN)
    keys.forget()
    buckets.__init__()  # type: ignore[misc]

    def send(form: str) -> int:
        body = f"data={quote(form, safe='')}&compression=lz64"
        url = f"/e/?ip=1&ver=1.20.4&sentry_key={TOKEN}"
        return Client().generic("POST", url, body, content_type="application/x-www-form-urlencoded").status_code

    assert [send(EVENT), send(bomb(40_000).decode()), send("N4Ig")] == [200, 413, 400]
    assert digested(project).stored == 1
    (vital,) = facts(project, "vitals")
    assert (vital["metric"], vital["value"], vital["route"]) == ("LCP", 1200.5, "/items/{id}")


@pytest.mark.parametrize("at", range(0, len(EVENT), 5))
def test_a_damaged_body_is_read_or_refused(at: int) -> None:
    for letter in b"A/z9":
        try:
            text = lz64.decode(EVENT[:at].encode() + bytes([letter]) + EVENT[at + 1 :].encode())
        except (Malformed, TooLarge):
            continue
        assert text == text.decode().encode()
