"""Numbers that a state gives a person: identity, tax, health, passport. python-stdnum knows their digits and checks.

One row a number. Its form alone is sure where few other things look so and the check digit is right; a word before it
is sure, too: with the check where the word means other things as well (`SIN`, `PAN`), else without.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import re2

from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import stdnum
else:
    stdnum = lazy("stdnum")

Hit = tuple[int, int, str]

# Words in keys that mean nothing else.
KEY_WORDS = (
    "pesel", "cpf", "dni", "bsn", "personnummer", "fodselsnummer", "fødselsnummer", "aadhaar", "aadhar", "curp",
    "codicefiscale", "steuerid", "steuernummer", "hetu", "henkilotunnus", "cnic", "nric", "tckimlik", "tckn",
    "kennitala", "passportnumber", "passportno", "nationalid", "itin", "cuit", "svnr", "isikukood", "imei",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Number:
    country: str
    name: str
    words: str = ""  # what people and programs call it, `|` between
    doubtful: str = ""  # words that mean other things, too
    form: str = ""  # how it looks where it needs no word


NUMBERS = (
    Number("ar", "cuit", words="cuit|cuil", form=r"(?:20|23|24|27)-\d{8}-\d"),
    Number("at", "vnr", words="sozialversicherungsnummer|svnr|sv-nummer"),
    Number("au", "tfn", words="tfn|tax file number"),
    Number("be", "nn", words="rijksregisternummer|numéro national|insz|niss", form=r"\d\d\.\d\d\.\d\d-\d{3}[. ]\d\d"),
    Number("bg", "egn", words="egn|егн"),
    Number("br", "cpf", words="cpf", form=r"\d{3}\.\d{3}\.\d{3}-\d\d"),
    Number("ca", "sin", words="social insurance", doubtful="sin"),
    Number("ch", "ssn", words="ahv(?:-nr)?", doubtful="avs", form=r"756\.\d{4}\.\d{4}\.\d\d|756\d{10}"),
    Number("cl", "rut", doubtful="rut", form=r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]"),
    Number("cn", "ric", words="身份证号?码?|公民身份号码", form=r"[1-9]\d{5}(?:19|20)\d{9}[\dXx]"),
    Number("co", "nit", doubtful="nit"),
    Number("cz", "rc", words="rodné číslo|rodne cislo", form=r"\d{6}/\d{4}"),
    Number("de", "idnr", words="steuer-?id|steuer-?idnr|steuerliche identifikationsnummer", doubtful="idnr"),
    Number("de", "stnr", words="steuernummer|steuer-?nr|st\\.-?nr"),
    Number("dk", "cpr", words="cpr-?nr|cpr-?nummer|personnummer", doubtful="cpr"),
    Number("do", "cedula", words="cédula|cedula"),
    Number("ee", "ik", words="isikukood"),
    Number("es", "dni", words="dni", form=r"\d\d\.\d{3}\.\d{3}-?[A-Z]"),
    Number("es", "nie", doubtful="nie", form=r"[XYZ]-\d{7}-[A-Z]"),
    Number("es", "nif", doubtful="nif"),
    Number("fi", "hetu", words="hetu|henkilötunnus",
           form=r"\d{6}(?:-\d{3}[A-FHJ-NPR-Y]|[+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y])"),
    Number("fr", "nir", words="numéro de sécurité sociale|sécurité sociale|sécu", doubtful="nir",
           form=r"[12] \d\d \d\d (?:\d\d|2[AB]) \d{3} \d{3} \d\d"),
    Number("gb", "nhs", words="nhs number|nhs no"),
    Number("gb", "utr", doubtful="utr"),
    Number("gr", "amka", words="amka|αμκα"),
    Number("hr", "oib", words="oib"),
    Number("id", "nik", doubtful="nik"),
    Number("ie", "pps", doubtful="ppsn?"),
    Number("il", "idnr", words="teudat zehut|תעודת זהות"),
    Number("in", "aadhaar", words="aadhaa?r"),
    Number("in", "pan", doubtful="pan"),
    Number("is", "kennitala", words="kennitala"),
    Number("it", "codicefiscale", words="codice fiscale|cod\\. ?fisc\\.",
           form=r"[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z]"),
    Number("ke", "pin", words="kra pin"),
    Number("kr", "rrn", words="주민등록번호", form=r"\d{6}-\d{7}"),
    Number("lt", "asmens", words="asmens kodas"),
    Number("lv", "pvn", words="personas kods"),
    Number("mx", "curp", words="curp", form=r"[A-Z]{4}\d{6}[HM][A-Z]{5}[0-9A-Z]\d"),
    Number("mx", "rfc", doubtful="rfc"),
    Number("my", "nric", words="nric|mykad", form=r"\d{6}-\d\d-\d{4}"),
    Number("nl", "bsn", words="bsn|burgerservicenummer|sofinummer"),
    Number("no", "fodselsnummer", words="fødselsnummer|fodselsnummer|fnr"),
    Number("nz", "ird", doubtful="ird"),
    Number("pk", "cnic", words="cnic", form=r"\d{5}-\d{7}-\d"),
    Number("pl", "pesel", words="pesel"),
    Number("pl", "nip", doubtful="nip"),
    Number("pt", "cc", form=r"\d{8} \d [A-Z0-9]{2}\d"),
    Number("pt", "nif", words="contribuinte"),
    Number("ro", "cnp", doubtful="cnp"),
    Number("ru", "inn", words="инн", doubtful="inn"),
    Number("se", "personnummer", words="personnummer|samordningsnummer"),
    Number("si", "emso", words="emšo|emso"),
    Number("th", "pin", words="เลขประจำตัวประชาชน", form=r"\d-\d{4}-\d{5}-\d\d-\d"),
    Number("tr", "tckimlik", words="tc kimlik|tckn|kimlik no"),
    Number("ua", "rntrc", words="рнокпп|іпн"),
    Number("us", "ssn", words="social security|ssn"),
    Number("us", "itin", words="itin"),
    Number("ve", "rif", doubtful="rif", form=r"[VE]-\d{8}-\d"),
    Number("za", "idnr", words="sa id|rsa id"),
)  # fmt: skip
# Words of no one country. A passport has no check that all countries share.
_ANY = (
    r"national id|national identity|national identification|national insurance|identity card|identity document|tax id"
    r"|taxpayer id|tax identification|taxpayer identification|passport|reisepass|passnummer|passeport|pasaporte"
    r"|passaporto|personalausweis|personalausweisnummer|ausweisnummer"
    r"|driver'?s? licen[cs]e|driving licen[cs]e|nino|voter id|identity number|personal id|personal identification"
    r"|hkid|cccd|cmnd|philsys|ktp|identiteitskaart|pasnummer|paspoort|paszport|pasport|identiteitsbewijs|útlevél"
    r"|cestovní pas"
    r"|documento de identidad|cédula de identidad|carnet de identidad|carta d'identità|carte d'identité|carte vitale"
    r"|dowód osobisty|numer dowodu|občanský průkaz|személyi igazolvány|carteira de identidade|führerschein|rijbewijs"
    r"|permis de conduire|patente di guida|permiso de conducir|ajokortti|körkort|rentenversicherungsnummer|steuernummer"
    r"|krankenversichertennummer|versichertennummer|medicare|medicaid|imei|imsi|iccid|meid"
    r"|паспорт|снилс|водительское удостоверение|护照|護照|身份证|身分證|旅券|パスポート|マイナンバー"
    r"|運転免許|여권|운전면허"
    r"|جواز السفر|رقم الهوية|דרכון|διαβατήριο|αδτ|पासपोर्ट|หนังสือเดินทาง|hộ chiếu"
)
# Without a check that python-stdnum knows, but like nothing else: the identity number of the Emirates, and the United
# Kingdom's National Insurance number in pairs.
_OTHERS = r"784-(?:19|20)\d\d-\d{7}-\d|[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] \d\d \d\d \d\d [A-D]"

# The lines that machines read in passports and identity cards (ICAO 9303): name, then number, birth and expiry.
_READ_BY_MACHINES = (
    r"\b[PIACV][A-Z<][A-Z<]{3}[A-Z]+<[A-Z<]*<<[A-Z<]*|\b[A-Z0-9<]{9}\d[A-Z<]{3}\d{7}[MFX<]\d{7}[A-Z0-9<]{2,16}"
    r"|\b[IAC][A-Z<][A-Z<]{3}[A-Z0-9<]{9}\d[A-Z0-9<]{15}|\b\d{7}[MFX<]\d{7}[A-Z<]{3}[A-Z0-9<]{11}\d"
)


def _any_of(words: str) -> str:
    """The words, with any sign between their parts; \b knows ASCII only, so others begin anywhere."""
    parts = [word.replace(" ", "[ _-]?") for word in words.split("|") if word]
    plain = "|".join(part for part in parts if part[0].isascii())
    other = "|".join(part for part in parts if not part[0].isascii())
    return rf"(?:\b(?:{plain})(?:\b|_)" + (f"|{other})" if other else ")")


_SURE = _any_of("|".join([_ANY, *(number.words for number in NUMBERS if number.words)]))
_DOUBTFUL = _any_of("|".join(number.doubtful for number in NUMBERS if number.doubtful))
_FORMS = "|".join(number.form for number in NUMBERS if number.form)
_COUNTED = (
    r"(?:[ _-]?(?:(?:no|nr|num|number|nummer|numéro|numero|número|code|id|card)\b|nº|号码?|號碼?|番号|번호)[.:]?){0,2}"
)
_SEPARATED = r"[\"']?[ \t]{0,4}(?:[:=#(]|：|\b(?:is|ist|est|es|è)\b)?[ \t]{0,4}[\"']?"
_VALUE = r"(?:[A-Z]{1,6}[ -]?)?\d(?:[ ./(-]?[0-9A-Za-z]){4,20}"
_LABELLED = re2.compile(rf"(?:((?i:{_SURE}))|((?i:{_DOUBTFUL})))(?i:{_COUNTED}{_SEPARATED})({_VALUE})".encode())
_FORMED = re2.compile(rf"\b(?:{_FORMS}|{_OTHERS})\b".encode())
_LINES = re2.compile(_READ_BY_MACHINES.encode())
HINT = (
    rf"{_READ_BY_MACHINES}|(?i:{_SURE})[^\n\x1e]{{0,40}}?\d|(?i:{_DOUBTFUL})[^\n\x1e]{{0,24}}?\d"
    rf"|\b(?:{_FORMS}|{_OTHERS})\b"
)

_FORMED_NUMBERS = tuple(number for number in NUMBERS if number.form)
_BY_WORD = tuple(
    (re2.compile(f"(?i:{_any_of(words)})".encode()), number)
    for number in NUMBERS
    for words in (number.words, number.doubtful)
    if words
)
_MARKER = "[id]"
_DIGITS = frozenset(b"0123456789")
# Digits of a number behind a sure word, digits of one that is checked, all its letters and digits.
_FEWEST, _FEWEST_CHECKED, _MOST = 5, 4, 20
_PART = re2.compile(rb"[0-9A-Za-z]+")
# So many numbers of a text are checked; what follows a word is taken as it looks after that.
_CHECKED = 500


@cache
def _by_form() -> re2.Set:
    """Tells of which numbers a text has the form."""
    forms = re2.Set.FullMatchSet()
    for number in _FORMED_NUMBERS:
        forms.Add(number.form)
    forms.Compile()
    return forms


@cache
def _module(country: str, name: str) -> Any:
    """The validator of a number: loaded when the first one of its country is seen."""
    return stdnum.get_cc_module(country, name)


def is_valid(number: Number, text: bytes) -> bool:
    """Whether the digits and the check are right; not every validator knows the dots between the digits."""
    written = text.decode("ascii", "replace")
    try:
        validator = _module(number.country, number.name)
        return bool(validator.is_valid(written) or ("." in written and validator.is_valid(written.replace(".", ""))))
    except Exception:  # A validator met what it was not written for.
        return False


def find(data: bytes) -> Iterator[Hit]:
    """Yields the spans of numbers that a word or a check digit makes sure."""
    # Filled up with `<`; upper-case hashes are not.
    lines = {(*match.span(), _MARKER) for match in _LINES.finditer(data) if b"<" in match.group()}
    return iter(sorted({*lines, *_formed(data), *_labelled(data)}))


def _formed(data: bytes) -> Iterator[Hit]:
    budget = iter(range(_CHECKED))
    for match in _FORMED.finditer(data):
        start, end = match.span()
        if data[start - 1 : start] in (b"-", b".", b"+", b"/") or _goes_on(data, end):
            continue
        text = data[start:end]
        checks = [_FORMED_NUMBERS[i] for i in _by_form().Match(text) or ()]
        if not checks or any(next(budget, None) is not None and is_valid(number, text) for number in checks):
            yield start, end, _MARKER


def _goes_on(data: bytes, end: int) -> bool:
    after = data[end : end + 2]
    return after[:1] in (b"-", b".", b"/") and after[1:].isalnum()


@lru_cache(maxsize=1024)
def _called(word: bytes) -> tuple[Number, ...]:
    """The numbers that go by this word."""
    return tuple(number for words, number in _BY_WORD if words.fullmatch(word))


def _labelled(data: bytes) -> Iterator[Hit]:
    budget = iter(range(_CHECKED))
    for match in _LABELLED.finditer(data):
        word = match.group(1) or match.group(2)
        start, end = match.span(3)
        if data[end : end + 1].isalnum():
            continue
        ends = _ends(data, start, end)
        numbers = _called(word)
        valid = next((at for at in reversed(ends) if _is_any(numbers, data[start:at], budget)), None)
        if valid is None and match.start(1) >= 0 and ends and _digits(data[start : ends[-1]]) >= _FEWEST:
            valid = ends[-1]
        if valid is not None:
            yield start, valid, _MARKER


def _is_any(numbers: tuple[Number, ...], text: bytes, budget: Iterator[int]) -> bool:
    return any(next(budget, None) is not None and is_valid(number, text) for number in numbers)


def _ends(data: bytes, start: int, end: int) -> list[int]:
    """Where a value may end: behind each of its parts, from the fewest digits on, before the first plain word."""
    ends: list[int] = []
    digits = letters = 0
    for part in _PART.finditer(data, start, end):
        own = _digits(part.group())
        if not own and len(part.group()) > 3 and digits:
            break
        digits += own
        letters += len(part.group()) - own
        if digits + letters > _MOST:
            break
        if digits >= _FEWEST_CHECKED:
            ends.append(part.end())
    return ends


def _digits(text: bytes) -> int:
    return sum(c in _DIGITS for c in text)
