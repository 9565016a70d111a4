"""Dates behind a word for birth, in the languages of Unicode's locale data; hardware addresses in IEEE's forms."""

from typing import Any

import pytest

from events.scrubbing import scrub, scrub_text


@pytest.mark.parametrize(
    "text",
    ["dob: 1985-04-05", "DOB 04/05/1985", "date of birth: April 5, 1985", "Date of Birth is 5 April 1985",
     "birthdate=1985-04-05", '"birthDate": "1985-04-05T00:00:00Z"', "date_of_birth=05.04.1985", "dob=19850405",
     "born on 5th of April 1985", "Geburtsdatum: 05.04.1985", "geboren am 5. April 1985", "geb. 05.04.1985",
     "date de naissance : 05/04/1985", "née le 5 avril 1985", "fecha de nacimiento: 5 de abril de 1985",
     "data di nascita 05/04/1985", "nata il 5 aprile 1985", "data de nascimento: 05/04/1985",
     "geboortedatum: 05-04-1985", "födelsedatum 1985-04-05", "född 1985-04-05", "fødselsdato: 05.04.1985",
     "syntymäaika: 5.4.1985", "data urodzenia: 05.04.1985", "datum narození: 5. 4. 1985", "D.O.B.: 4/5/85",
     "születési dátum: 1985.04.05", "doğum tarihi: 05.04.1985", "дата рождения: 05.04.1985",
     "Дата рождения 5 апреля 1985", "出生日期：1985年4月5日", "生年月日は1985年4月5日", "생년월일: 1985년 4월 5일",
     "تاريخ الميلاد: 05/04/1985", "ημερομηνία γέννησης: 05/04/1985", "<dob>1985-04-05</dob>"],
)  # fmt: skip
def test_a_date_of_birth_goes_behind_its_word(text: str) -> None:
    cleaned = scrub_text(text)
    assert "[birth_date]" in cleaned
    assert not any(c.isdigit() for c in cleaned)


@pytest.mark.parametrize(
    "text",
    ["date: 1985-04-05", "created on 2024-01-15", "reborn 2024", "airborne 12-13", "born in 3 steps", "birthday party",
     "release 2024.01.15", "date of release: 2024-01-15", "adobe 2024-01-15", "dobson: 2024-01-15",
     "newborn 2024-01-15"],
)  # fmt: skip
def test_any_other_date_stays(text: str) -> None:
    assert scrub_text(text) == text


@pytest.mark.parametrize(
    ("value", "clean"),
    [({"dob": "1985-04-05"}, {"dob": "[birth_date]"}), ({"user": {"birthDate": "1985"}},
     {"user": {"birthDate": "[birth_date]"}}),
     ({"birthday": 482803200}, {"birthday": "[birth_date]"}), ({"Geburtsdatum": "5.4.85"},
     {"Geburtsdatum": "[birth_date]"}),
     ({"birthday_count": "5"}, {"birthday_count": "5"}), ({"birthdate_required": True}, {"birthdate_required": True}),
     ({"mac_address": "001b44113ab7"}, {"mac_address": "[mac]"}), ({"bssid": "00:11:22:33:44:55"}, {"bssid": "[mac]"}),
     ({"mac": "14.2"}, {"mac": "14.2"})],
)  # fmt: skip
def test_a_key_says_so_as_well(value: dict[str, Any], clean: dict[str, Any]) -> None:
    assert scrub(value) == clean


@pytest.mark.parametrize(
    "text",
    ["{00:1b:44:11:3a:b7}", "{00-1B-44-11-3A-B7}", "{001b.4411.3ab7}", "{00:1B:44:FF:FE:11:3A:B7}",
     "ether {00:1b:44:11:3a:b7} up",
     "mac={00:1b:44:11:3a:b7},", "MAC:{00-14-22-01-23-45}", '"mac":"{001b44113ab7}"', "mac address: {001B44113AB7}",
     "{00%3A1b%3A44%3A11%3A3a%3Ab7}", "device-{00:1b:44:11:3a:b7} joined", "eth0:{00:1b:44:11:3a:b7}",
     "[{00:1b:44:11:3a:b7}]", "wifi {5C-CF-7F-12-34-56}"],
)  # fmt: skip
def test_a_hardware_address_goes_in_each_of_its_forms(text: str) -> None:
    written = text.partition("{")[2].partition("}")[0]
    assert scrub_text(text.replace("{", "").replace("}", "")) == text.replace("{" + written + "}", "[mac]")


@pytest.mark.parametrize(
    "text",
    ["ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "2024-01-15-12-30-45", "20-24-01-15-12-30", "12:34:56:789",
     "SHA1 Fingerprint=2F:D4:E1:C6:7A:2D:28:FC:ED:84:9E:E1:BB:76:E7:39:1B:93:EB:12", "1234.5678.9012", "dead.beef.cafe",
     "43:51:43:a1:b5:fc:8b:b7:0a:3a:a9:b1:0f:66:73:a8", "0f7ab1d2-7ff5-4b2c-9c0e-0a4f41ab3c55", "a:b:c:d:e:f",
     "3.1415.9265.3589", "00-4bf92f3577b34da6a3ce929d0e0eadd6-00f067aa0ba902b7-01", "10:20:30", "hmac: 0123456789ab"],
)  # fmt: skip
def test_a_fingerprint_a_time_a_version_or_nobody_s_address_stays(text: str) -> None:
    assert scrub_text(text) == text
