"""Identity and tax numbers, cards and accounts; and what only looks so."""

import json
import random

import pytest
import stdnum
from stdnum import iban, luhn

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
    form = national._FORMED_NUMBERS.index(number)
    return form in (national._by_form().Match(text.encode()) or ()) and national.is_valid(number, text.encode())


@pytest.mark.parametrize(
    "text",
    ["passport: C01X00T47", "Passport No. 912803456", "паспорт: 4509 123456", "Паспорт 45 09 123456",
     "护照号码：E12345678", "旅券番号: TK1234567", "여권번호: M12345678", "снилс 112-233-445 95", "HKID: A123456(7",
     "driver's license: D1234567", "driving licence no: MORGA657054SM9IJ", "Führerschein: B072RRE2I55",
     "imei: 490154203237518", "IMEI 49-015420-323751-8", "imsi=310150123456789", "NRIC S1234567D",
     "national insurance number AB123456C", "National ID: 1234567890", "SSN 536-90-4399", "ssn: 536904399",
     "Social Security Number is 536 90 4399", "steuernummer 93815/08152", "Personalausweis: L01X00T47",
     "Rentenversicherungsnummer: 65 170839 J 003", "Medicare 1EG4-TE5-MK73", "pan card number ACUPA7085R",
     "マイナンバー: 123456789018", "voter id ABC1234567", "bsn=111222333"],
)  # fmt: skip
def test_papers_go_behind_their_names_in_many_languages(text: str) -> None:
    assert not any(c.isdigit() for c in scrub_text(text))


@pytest.mark.parametrize(
    "text",
    ["078-05-1120", "784-1980-1234567-9", "AB 12 34 56 C", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
     "L898902C36UTO7408122F1204159ZE184226B<<<<<10", "I<UTOD231458907<<<<<<<<<<<<<<<",
     "7408122F1204159UTO<<<<<<<<<<<6", "IDFRABERTHIER<<CORINNE<<<<<<<<<"],
)  # fmt: skip
def test_numbers_like_nothing_else_and_the_lines_that_machines_read_go_alone(text: str) -> None:
    cleaned = scrub_text(text)
    assert not any(c.isdigit() for c in cleaned)
    assert "<<" not in cleaned


def test_every_number_has_its_validator() -> None:
    assert [row for row in national.NUMBERS if stdnum.get_cc_module(row.country, row.name) is None] == []


@pytest.mark.parametrize(
    "text",
    ["sin(30) = 0.5", "sin 123456789", "pan 4711 0815", "rfc 2822 and rfc 9110", "run 12345678", "passport-local@1.0.0",
     "medicare plan 2024", "tax id missing", "id card 2", "build 240115-12-1234a", "passport: unauthorized", "A<B<C<<D",
     "imei missing", "identity number of row 5", "IC<T, int>", "map<string, vector<int>>", "nit: 123456",
     "avs: 12345",
     "customer 123.456.789-00", "case 240115-1234", "131052-308U", "id 123456789012345678", "202401/1234",
     "inn 1234567890"],
)  # fmt: skip
def test_a_doubtful_word_or_form_without_a_check_stays(text: str) -> None:
    assert scrub_text(text) == text


@pytest.mark.parametrize(
    "text",
    ["4111 1111 1111 1111", "4111-1111-1111-1111", "4111111111111111", "paid 4111 1111 1111 1111 12/27 123",
     "3782 822463 10005", "4111\u00a01111\u00a01111\u00a01111", "4111\u20111111\u20111111\u20111111",
     "card=4111%201111%201111%201111&x", "a%204111111111111111", "a%204111%201111%201111%201111",
     "card=4111+1111+1111+1111", "no 7 4111 1111 1111 1111",
     "2 4111 1111 1111 1111 3"],
)  # fmt: skip
def test_cards_go_between_other_numbers_too(text: str) -> None:
    cleaned = scrub_text(text)
    assert "[card]" in cleaned
    assert "1111" not in cleaned
    assert "10005" not in cleaned


@pytest.mark.parametrize(
    "text",
    ["DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "DE89-3704-0044-0532-0130-00", "NL91ABNA0417164300",
     "DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000", "DE89%203704%200044%200532%200130%2000",
     "de89 3704 0044 0532 0130 00", "gb29nwbk60161331926819", "FR14 2004 1010 0505 0001 3M02 606",
     "BE68 5390 0754 7034",
     "BR15 0000 0000 0000 1093 2840 814P 2", "AE07 0331 2345 6789 0123 456", "IT60 X054 2811 1010 0000 0123 456",
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


def test_an_account_that_has_a_card_s_number_in_it_is_an_account() -> None:
    digits = iban.calc_check_digits("DE00411111111111111100")
    assert scrub_text(f"to DE{digits} 4111 1111 1111 1111 00") == "to [iban]"


def test_an_account_is_found_behind_what_begins_like_one() -> None:
    assert scrub_text("to%20DE89370400440532013000") == "to%20[iban]"
    assert scrub_text("batch AB12 DE89 3704 0044 0532 0130 00") == "batch AB12 [iban]"


@pytest.mark.parametrize("text", ["be71aaaaaaaaaaaa", "DE89 3704 0044 0532 0130 01", "de89370400440532013001"])
def test_an_account_has_its_country_s_structure_and_checksum(text: str) -> None:
    assert scrub_text(text) == text


def test_the_check_digit_of_cards_is_the_library_s() -> None:
    r = random.Random(7)
    numbers = ["".join(r.choices("0123456789", k=r.randint(13, 19))) for _ in range(2_000)]
    assert [accounts._luhn(each.encode()) for each in numbers] == [luhn.is_valid(each) for each in numbers]
