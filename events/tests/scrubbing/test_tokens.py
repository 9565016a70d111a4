"""Walks every line of the list of vendors' tokens: what it describes goes, what nearly is one stays."""

import base64
import binascii
import hashlib
import random
import re

import pytest

from events.scrubbing import scrub_text, tokens
from events.scrubbing.rules import RULES
from events.scrubbing.tokens import CHECKS, FORMS, LABELLED, TOKENS, Form
from events.tests.scrubbing.patterns import made

SOURCES = {"gitleaks", "trufflehog", "credsweeper", "detect-secrets", "github", "vendor"}
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_PLACES = ("{}", "using {} now", '{{"x": "{}"}}', "f('{}')", "x={}&y=1", "({})", "[{}]", "at {}\nnext")


def _seed(form: Form, r: random.Random) -> bytes:
    """Base32 with a CRC at its end: 36 bytes for NATS, 35 for Stellar."""
    size = 36 if form.vendor == "nats" else 35
    while True:
        head = bytes([18 << 3 | r.randrange(8)]) if size == 36 else b"\x90"
        raw = head + r.randbytes(size - 3)
        token = base64.b32encode(raw + binascii.crc_hqx(raw, 0).to_bytes(2, "little")).rstrip(b"=")
        if re.match(form.starts, token.decode()):
            return token


def _wallet_key(r: random.Random) -> bytes:
    raw = b"\x80" + r.randbytes(32)
    raw += hashlib.sha256(hashlib.sha256(raw).digest()).digest()[:4]
    number, token = int.from_bytes(raw, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        token = _BASE58[digit] + token
    return token.encode()


def token_of(form: Form, r: random.Random, *, longer: int = 3) -> str:
    """A token of this form, its checksum right."""
    if form.check == "crc16":
        return _seed(form, r).decode()
    if form.check == "base58check":
        return _wallet_key(r).decode()
    while True:
        token = made(r, form.pattern, longer=longer)
        if form.check == "-" or CHECKS[form.check](token.encode()):
            return token


def _found(form: Form, text: str) -> list[str]:
    return [marker for _, _, marker in tokens.find(text.encode()) if marker == form.marker]


def test_the_list_names_two_hundred_vendors_and_where_each_form_is_told():
    assert len({form.vendor for form in TOKENS}) >= 200
    assert {form.source for form in FORMS} <= SOURCES
    assert {form.check for form in FORMS} <= {"-", *CHECKS}
    assert all(re.fullmatch(r"\[[a-z0-9_]{2,24}\]", form.marker) for form in FORMS)
    assert len({(form.vendor, form.pattern) for form in FORMS}) == len(FORMS)


@pytest.mark.parametrize("form", TOKENS, ids=lambda form: form.vendor)
def test_a_token_of_every_vendor_goes_wherever_it_stands(form):
    r = random.Random(form.vendor)
    for place in _PLACES:
        token = token_of(form, r)
        text = place.format(token)
        once = scrub_text(text)
        assert token not in once, place
        assert re.fullmatch(re.escape(place.format("§")).replace("§", r"\[[a-z0-9_]+\]"), once), place
        assert scrub_text(once) == once


@pytest.mark.parametrize("form", TOKENS, ids=lambda form: form.vendor)
def test_a_token_that_is_too_short_is_none(form):
    r = random.Random(form.vendor)
    for _ in range(5):
        token = token_of(form, r, longer=0)
        while re.match(form.pattern, token):
            token = token[:-1]
        assert token
        assert not _found(form, f"using {token} now")


@pytest.mark.parametrize("form", TOKENS, ids=lambda form: form.vendor)
def test_a_token_without_its_marker_is_none(form):
    r = random.Random(form.vendor)
    for _ in range(5):
        token = token_of(form, r)
        marker = re.search(form.starts, token)
        assert marker
        spoiled = token.replace(marker.group(), "~" * len(marker.group()))
        assert not _found(form, f"using {spoiled} now")


@pytest.mark.parametrize(
    "form", [form for form in TOKENS if form.check in ("crc16", "base58check")], ids=lambda form: form.vendor
)
def test_a_token_with_a_wrong_checksum_is_none(form):
    r = random.Random(form.vendor)
    for _ in range(20):
        token = token_of(form, r)
        at = len(token) // 2
        other = next(c for c in "ABCDEFG" if c != token[at])
        assert _found(form, token)
        assert not _found(form, token[:at] + other + token[at + 1 :])


@pytest.mark.parametrize("form", LABELLED, ids=lambda form: form.vendor)
def test_a_value_under_its_vendor_s_name_goes_and_every_other_stays(form):
    r = random.Random(form.vendor)
    name = form.vendor
    value = made(r, form.pattern, longer=0)
    while not any(c.isdigit() for c in value) or not value[0].isalnum():
        value = made(r, form.pattern, longer=0)
    for text in (f"{name}: {value}", f"{name.upper()} = '{value}'", f'"{name}_api": "{value}"', f"{name}_LIVE={value}"):
        assert value not in scrub_text(text), text
    for text in (f"{name}: {value[:-1]}", f"{name}: {value}0", f"{name}_trace_id: {value}", f"{name} build {value}"):
        assert not list(tokens.find_labelled(text.encode())), text


@pytest.mark.parametrize("text", [
    "{}_api_key    :      '§'", "{}-apipassword]           §", "({}.token) => \"§\"", "{}key :: §", "[\"{}_pw\"]: §",
])  # fmt: skip
def test_behind_a_word_for_secrets_a_blank_is_enough_and_no_digit_is_needed(text):
    r = random.Random(5)
    for form in LABELLED:
        value = made(r, form.pattern, longer=0)
        line = text.replace("{}", form.vendor).replace("§", value)
        assert value not in scrub_text(line), line
    assert not list(tokens.find_labelled(b"cloudant key of qwertyuiopasdfghjklzxcvb"))
    assert not list(tokens.find_labelled(b"cloudant: qwertyuiopasdfghjklzxcvb"))


def test_one_pass_over_all_markers_finds_whatever_a_form_can_match():
    hint = re.compile(tokens.HINT)
    r = random.Random(3)
    assert [rule.name for rule in RULES].count("vendor") == 1
    for form in TOKENS:
        assert hint.search(f"x {token_of(form, r)}"), form.vendor


def test_pictures_hashes_and_names_hold_no_token():
    r = random.Random(11)
    pictures = [base64.b64encode(b"\x89PNG" + bytes(2000) + r.randbytes(40_000)).decode() for _ in range(20)]
    hashes = [f"{r.getrandbits(bits):x}" for bits in (128, 160, 256, 512) for _ in range(500)]
    names = [
        "ck_orders_customer_id_2_check", "pa-4 pa-md-2 ps-lg-5", "re_path_converter_2", "nf-md-account_circle",
        "s.addEventListenerForAllOf", "sk-fading-circle-with-12-dots", "API-GATEWAY", "act_as_taggable_on_steroids",
        "live_reload_middleware_v2", "test_checkout_with_two_items_and_1_voucher", "inc_counter_by_one", "sgp_map",
        "key-value-store-with-32-shards", "pub-cache", "db-migrations-0042-add-index", "web_worker_pool_size_16",
        "tokens/at-rule-no-unknown", "cio", "K2-kotlin-compiler", "AC/DC", "b_tree_index_on_customers_created_at_2024",
        "AKCUSTOMERACCOUNTS", "akcustomeraccounts", "APConfigurationOfCustomers",
        "1700000000000|GET /checkout|shop-web-5f7d9|ok", "rf_model_2024", "fw_update_v2", "EXO-planet-2024",
    ]  # fmt: skip
    for text in (*pictures, *hashes, *names):
        assert list(tokens.find(text.encode())) == [], text[:40]
