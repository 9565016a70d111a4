"""Identity and tax numbers, cards and accounts; and what only looks so."""

import json

import pytest
import stdnum
from stdnum import luhn

from events.scrubbing import accounts, national, scrub, scrub_text

# From the pages of python-stdnum: (a number as it is written, a word for it).
NATIONAL = [
    ("20-05536168-2", "CUIT"), ("1237 010180", "SVNR"), ("123 456 782", "TFN"), 
    ("85.07.30-033 28", "rijksregisternummer"),
    ("752316 926 3", "EGN"), ("390.533.447-05", "CPF"), ("123-456-782", "SIN"), ("756.9217.0769.85", "AHV"),
    ("360426199101010071", "身份证号码"), ("710319/2745", "rodné číslo"), ("36 574 261 809", "Steuer-ID"),
    ("211062-5629", "CPR-nr"), ("001-1391820-5", "cédula"), ("36805280109", "isikukood"), ("54362315-K", "DNI"),
    ("X-2482300-W", "NIE"), ("131052-308T", "henkilötunnus"), ("2 95 10 99 126 111 93", "NIR"),
    ("943-476-5870", "NHS number"),
    ("01013099997", "AMKA"), ("33392005961", "OIB"), ("6433435F", "PPS number"), ("234123412346", "Aadhaar"),
    ("ACUPA7085R", "PAN"), ("450401-3150", "kennitala"), ("RCCMNL83S18D969H", "codice fiscale"),
    ("971013-9019902", "주민등록번호"),
    ("33309240064", "asmens kodas"), ("161175-19997", "personas kods"), ("BOXW310820HNERXN09", "CURP"),
    ("770305-02-1234", "NRIC"), ("1112.22.333", "BSN"), ("151086 95088", "fødselsnummer"), ("34201-0891231-8", "CNIC"),
    ("44051401359", "PESEL"), ("1630615123457", "CNP"), ("880320-0016", "personnummer"), ("0101006500006", "EMŠO"),
    ("1-2345-45678-78-1", "เลขประจำตัวประชาชน"), ("17291716060", "TC kimlik no"), ("1759013776", "РНОКПП"),
    ("536-90-4399", "SSN"), ("912-90-3456", "ITIN"), ("V-11470283-4", "RIF"), ("7503305044089", "SA ID"),
    ("QQ 12 34 56 C", "National Insurance number"), ("C01X00T47", "passport no."), ("L01X00T47", "Reisepass"),
    ("12345678", "passport number"), ("123456782", "tax id"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "word"), NATIONAL)
@pytest.mark.parametrize("place", ["{}: {}", "{} {}", '"{}": "{}"', "the {} is {}, they said", "{}={}"])
def test_a_number_of_a_state_goes_behind_its_word(number: str, word: str, place: str) -> None:
    assert number not in scrub_text(place.format(word, number))
    assert number not in scrub_text(place.format(word.lower(), number))


@pytest.mark.parametrize(
    "number", [number for number in national.NUMBERS if number.form], ids=lambda number: number.name
)
def test_a_form_needs_its_check_digit(number: national.Number) -> None:
    written = next(text for text, _ in [*NATIONAL, *FORMED] if _fits(number, text))
    assert written not in scrub_text(f"customer {written} called")
    for digit in "0123456789":
        wrong = written[:-2] + digit + written[-1]
        if not any(national.is_valid(each, wrong.encode()) for each in national.NUMBERS):
            assert wrong in scrub_text(f"customer {wrong} called")
            break


FORMED = [
    ("12.531.909-2", ""),
    ("54.362.315-K", ""),
    ("X-2482300-W", ""),
    ("00000000 0 ZZ4", ""),
    ("971013-9019902", ""),
]


def _fits(number: national.Number, text: str) -> bool:
    form = next(pattern for pattern, row in national._BY_FORM if row is number)
    return form.fullmatch(text.encode()) is not None and national.is_valid(number, text.encode())


def test_every_number_has_its_validator() -> None:
    assert [row for row in national.NUMBERS if stdnum.get_cc_module(row.country, row.name) is None] == []


@pytest.mark.parametrize(
    "text",
    ["sin(30) = 0.5", "sin 123456789", "pan 4711 0815", "rfc 2822 and rfc 9110", "run 12345678", "nit: 123456",
     "avs: 12345",
     "customer 123.456.789-00", "case 240115-1234", "131052-308U", "id 123456789012345678", "202401/1234",
     "inn 1234567890"],
)  # fmt: skip
def test_a_doubtful_word_or_form_without_a_check_stays(text: str) -> None:
    assert scrub_text(text) == text


@pytest.mark.parametrize(
    "text",
    ["4111 1111 1111 1111", "4111-1111-1111-1111", "4111111111111111", "paid 4111 1111 1111 1111 12/27 123",
     "3782 822463 10005", "no 7 4111 1111 1111 1111", "2 4111 1111 1111 1111 3"],
)  # fmt: skip
def test_cards_go_between_other_numbers_too(text: str) -> None:
    cleaned = scrub_text(text)
    assert "[card]" in cleaned
    assert "1111" not in cleaned
    assert "10005" not in cleaned


@pytest.mark.parametrize(
    "text",
    ["DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "DE89-3704-0044-0532-0130-00", "NL91ABNA0417164300",
     "GB29 NWBK 6016 1331 9268 19", "MT84MALT011000012345MTLCAST001S", "NO93 8601 1117 947"],
)  # fmt: skip
def test_accounts_go_with_blanks_and_dashes(text: str) -> None:
    assert scrub_text(f"to {text}, soon") == "to [iban], soon"


def test_a_quote_beside_an_address_stays() -> None:
    assert scrub_text("email:'a@shop.example', owner='blue'") == "email:'[email]', owner='blue'"
    assert scrub_text("o'neil@shop.example") == "[email]"


@pytest.mark.parametrize("value", [{"pesel": "44051401359"}, {"cpf": 39053344705}, {"passport_number": "C01X00T47"}])
def test_a_key_says_so_as_well(value: dict[str, object]) -> None:
    assert "[id]" in json.dumps(scrub(value))


def test_luhn_is_the_library_s() -> None:
    assert accounts.is_card_number(b"4111111111111111") == luhn.is_valid("4111111111111111")
