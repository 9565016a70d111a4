"""Phones: libphonenumber's example numbers of every region in each way to write them, examples of Presidio's tests, of
RFC 3966, 5341 and 5733; and what only looks like one."""

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from events.scrubbing import phones, scrub_text

KINDS = (
    "FIXED_LINE",
    "MOBILE",
    "TOLL_FREE",
    "PREMIUM_RATE",
    "SHARED_COST",
    "VOIP",
    "PERSONAL_NUMBER",
    "PAGER",
    "VOICEMAIL",
)
PLACES = ("call {} now", "{}", '{{"to":"{}"}}', "({})", "to={}&x=y", "{}, {}")
LABELS = (
    "phone: {}", '"tel":"{}"', "handy={}", "téléphone : {}", "phone number is {}", "номер телефона: {}", "手机：{}",
    "Tel.: {}",
    "mobile no.: {}", "fax={}", "<phone>{}</phone>", "celular: {}", "telefon={}", "전화: {}", "phone (work): {}",
)  # fmt: skip
# A label before fewer digits names an extension.
FEWEST = 6
# With a blank alone after the label, a number has groups or begins with 0.
FEWEST_SPOKEN = 7


def _has_digits(text: str) -> bool:
    return any(c.isdigit() for c in text)


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_the_phones_of_a_region_go_however_they_are_written(region: str) -> None:
    examples = [phonenumbers.example_number_for_type(region, getattr(PhoneNumberType, kind)) for kind in KINDS]
    found = [example for example in examples if example is not None]
    assert found
    for example in found:
        international = phonenumbers.format_number(example, PhoneNumberFormat.INTERNATIONAL)
        for written in (
            phonenumbers.format_number(example, PhoneNumberFormat.E164),
            international,
            international.replace(" ", "\u00a0").replace("-", "\u2011"),
            international.replace("+", "%2B").replace(" ", "%20"),
            phonenumbers.format_number(example, PhoneNumberFormat.RFC3966),
        ):
            for place in PLACES:
                cleaned = scrub_text(place.format(written, written))
                assert not _has_digits(cleaned), cleaned
                assert "[phone]" in cleaned
        if len(phones._plain(international.encode())) >= phones._SURE:
            cleaned = scrub_text(f"call {international.replace('+', '00')} now")
            assert not _has_digits(cleaned), cleaned


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_the_national_form_goes_behind_a_word_for_phones(region: str) -> None:
    for kind in KINDS:
        example = phonenumbers.example_number_for_type(region, getattr(PhoneNumberType, kind))
        written = "" if example is None else phonenumbers.format_number(example, PhoneNumberFormat.NATIONAL)
        digits = sum(c.isdigit() for c in written)
        for label in LABELS if digits >= FEWEST else ():
            assert not _has_digits(scrub_text(label.format(written))), label.format(written)
        if digits >= FEWEST_SPOKEN and (written[0] == "0" or not written.isdigit()):
            assert not _has_digits(scrub_text(f"Telefonnummer {written}")), written


@pytest.mark.parametrize(
    ("text", "clean"),
    [("+44 (0)20 7946 0958", "[phone]"), ("0044 20 7946 0958", "[phone]"), ("0049/30/901820", "[phone]"),
     ("011 44 20 7946 0958", "[phone]"), ("%2B4930901820", "[phone]"), ("to=%2B49%2030%20901820&x=1", "to=[phone]&x=1"),
     ("call%20%2B4930901820", "call%20[phone]"), ("+49 30 901820 at 2026", "[phone] at 2026"),
     ("+33\u00a01\u00a023\u00a045\u00a067\u00a089", "[phone]"),
     ("+1 415 555 0132 x123", "[phone]"), ("+1 415-555-0132 ext. 44", "[phone]"), ("+1.7035555555", "[phone]"),
     ("tel:+1-201-555-0123;ext=99", "tel:[phone]"), ("sms:+15105550101?body=hi", "sms:[phone]?body=hi"),
     ("My US number is (415) 555-0132, and my international one is +1 415 555 0132",
      "My US number is [phone], and my international one is [phone]"),
     ("_: (415)555-0132", "_: [phone]"), ("US: 415-555-0132", "US: [phone]"), ("415.555.0132", "[phone]"),
     ("Brazil: +55 11 98456 5666", "Brazil: [phone]"), ("+49 151 123456", "[phone]"), ("+371 29 123456", "[phone]"),
     ("+420 601 123456", "[phone]"), ("+358 40 123456", "[phone]"), ("\uff0b49 30 901820", "[phone]"),
     ("Phone 030 901820", "Phone [phone]"), ("Handy 0171/1234567", "Handy [phone]"), ("phones[0]=030901820",
     "phones[0]=[phone]"),
     ("https://wa.me/4915112345670", "https://wa.me/[phone]"), ("Tel.-Nr. 030 901820", "Tel.-Nr. [phone]"),
     ("phone: 2024-01-02, 030 901820", "phone: 2024-01-02, 030 901820")],
)  # fmt: skip
def test_phones_are_known_by_code_by_grouping_or_by_a_word_and_go_with_their_extensions(text: str, clean: str) -> None:
    assert scrub_text(text) == clean


@pytest.mark.parametrize(
    "text",
    ["1.2.3+20240115123456", "2026-01-02T03:04:05+00:00", "took +15000000 ns", "shop@2.4.0+7", "x+12345678", "1e+100",
     "hotel: 12", "+1 of 3", "ratio 1+49301234567", "v=+1.5", "offset +0200", "@@ -12,5 +34567,8 @@", "UTC+05:30",
     "build 20240115-1234", "order 0049301234567", "0012345678901234", "parcel 00340434161094042557", "tel aviv 2024",
     "GET /x 200 404 5000", '"GET / HTTP/1.0" 404 612 1024', "lat: +52.520008, lon: +13.404954", "+48.8566+002.3522/",
     "+40.6894-074.0447/", "+37.7749295", "+150.56778247", "price +1 000 000 000", "1,234 567 8901", "phone 12345",
     "mobile 2024-01-02 03:04", "mobile: 2024-01-02T03:04:05", "phone_verified_at=1700000000", "cell: 0.1234567",
     "phone_model_id: 12345678", "mobile app version 12345678", "Version/17.4 Mobile/15E148 Safari/604.1", "iPhone14,2",
     "epoch=+1700000000", "id +1234567", "hash +deadbeef12345678", "size 1024 2048 4096", "100-200-3000",
     "telemetry: 12345678", "telegram 1234567890", "excel cell A1:B2 1234567", "gsm8k 7473 1319",
     "00 11 22 33 44 55 66 77", "1700000000.123456", "4bf92f3577b34da6a3ce929d0e0eadd6", "0x7fffffff+1234567"],
)  # fmt: skip
def test_what_only_looks_like_a_phone_stays(text: str) -> None:
    assert scrub_text(text) == text


def test_a_possible_number_begins_with_a_code_in_use_and_has_a_length_of_its_country() -> None:
    assert phones.is_possible(b"4930901820")
    assert not phones.is_possible(b"999123456")
