"""Phone numbers of all countries: an expression finds a candidate, the numbering plans of libphonenumber decide."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import re2

from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import phonenumbers
else:
    phonenumbers = lazy("phonenumbers")

Hit = tuple[int, int, str]

# Also those that do not break, and a blank as addresses write it.
_BLANK_OR_DASH = r" \-\x{a0}\x{2009}\x{202f}\x{2010}-\x{2015}"
_GAP = rf"(?:[./(){_BLANK_OR_DASH}]|%20)"
_PLUS = r"(?:\+|%2[Bb]|\x{ff0b})"
# Words that say so; the short ones are parts of other words.
_LABEL = (
    r"(?:phone|mobile|mobil|handy|telefon|teléfono|telefoon|celular|móvil|cellulare|whatsapp|viber|msisdn|puhelin"
    r"|komórk|телефон|мобильн|факс|电话|手机|電話|携帯|전화|휴대폰|هاتف|جوال|טלפון|โทร|फोन|मोबाइल|điện thoại"
    r"|τηλέφωνο|κινητό"
    r"|(?:\b|_)(?:tel|tél|tlf|telf|tfno|gsm|fax|faks|cell|sms|smsto|callto|telepon)|тел|моб)"
)
# What may follow: `phone number`, `Telefonnummer`, `phones[0]`, `mobile no.`, `phone (work)`.
_KIND = (
    r"(?:[ _.\-\[(]{0,2}(?:numbers?|nummern?|num|no|nr|numero|número|numéro|numer|номер|home|work|office|business"
    r"|private|privat|mobile|mobil|cell|main|primary|secondary|contact|phone|e164|raw|value|ephone|ovi|e|o|i|a|s|а|у|ом|ы"
    r"|号码|号|番号|번호|#)[\])]?\.?){0,3}"
)
_IS = r"[ \t](?:is|was|ist|war|est|es|è|lautet)[ \t]"
_SIGN = (
    r"\.?(?:[\[(_ ]?\d[\])]?)?[\"']?(?:[ \t]{0,3}(?:=>|[:=>：は]|%3[AaDd])[ \t]{0,3}"
    rf"|{_IS})[\"'(\[]{{0,2}}"
)
_NO_SIGN = r"\.?(?:[ \t]at)?[ \t]{1,2}[\"']?"
_BY_SIGN = rf"(?i:{_LABEL}{_KIND}{_SIGN}|\bwa\.me/)"
_BY_BLANK = rf"(?i:{_LABEL}{_KIND}{_NO_SIGN})"
_NUMBER = rf"{_PLUS}?[\d(](?:{_GAP}{{0,3}}\d){{5,18}}"
_AMERICAN = (
    rf"(?:1[.{_BLANK_OR_DASH}])?(?:\([2-9]\d\d\)[.{_BLANK_OR_DASH}]?|[2-9]\d\d[.{_BLANK_OR_DASH}]{{1,2}})"
    rf"[2-9]\d\d[.{_BLANK_OR_DASH}]\d{{4}}"
)
# By `00`, or North America's `011`, a group apart: runs of digits that begin so are other things.
_ABROAD = rf"\b(?:00 ?|011[ -])[1-9]\d{{0,2}}{_GAP}{{1,2}}\d"
HINT = rf"{_PLUS}\(?[1-9](?:{_GAP}{{0,3}}\d){{5}}|{_ABROAD}|{_AMERICAN}|(?:{_BY_SIGN}|{_BY_BLANK})(?:{_PLUS}|[\d(])"
_INTERNATIONAL = re2.compile(
    rf"{_PLUS}\(?[1-9](?:{_GAP}{{0,3}}\d){{5,18}}|{_ABROAD}(?:{_GAP}{{0,3}}\d){{4,15}}".encode()
)
# What stands before the calling code, by its first sign: `+`, `%2B`, a full-width `+`, `00` or `011`.
_LEADS = {b"+": 1, b"%": 3, b"\xef": 3, b"0": 2}
_GROUPED = re2.compile(_AMERICAN.encode())
_SIGNED = re2.compile(rf"{_BY_SIGN}({_NUMBER})".encode())
_SPOKEN = re2.compile(rf"{_BY_BLANK}({_NUMBER})".encode())
_EXTENSION = re2.compile(
    r"(?i)(?:[ ,]{0,2}(?:extension|extn?\.?|x|#|доб\.?|poste|durchwahl|ramal|anexo|interno)[ .:]{0,2}|;ext=)"
    r"\d{1,6}".encode()
)
_DATE = re2.compile(
    rb"(?:19|20)\d\d([-./ ])(?:0?[1-9]|1[0-2])[-./ ]\d{1,2}(?:\D|$)|\d{1,2}[-./]\d{1,2}[-./](?:19|20)\d\d(?:\D|$)"
)
_DECIMAL = re2.compile(rb"\+?\d{1,3}\.\d{5,}")
_DIGITS = frozenset(b"0123456789")
_MARKER = "[phone]"
_LONGEST, _SURE, _FEWEST_SPOKEN = 15, 9, 7
# So many numbers of a text are compared with the patterns of their country, then their length must do.
_COMPARED = 300
_NO_DIGITS = bytes(c for c in range(256) if c not in _DIGITS)
_BLANKED = bytes(c if c in _DIGITS else 32 for c in range(256))


@cache
def _lengths(code: int) -> frozenset[int]:
    """How many digits a number of this calling code may have after it; none for a code that is not in use."""
    found: set[int] = set()
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(code, ()):
        metadata = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, region)
        if metadata is not None and metadata.general_desc is not None:
            found |= {length for length in metadata.general_desc.possible_length if length > 0}
    return frozenset(found)


@cache
def _totals(first: bytes) -> frozenset[int]:
    """How many digits a number that begins with these three has, with its calling code."""
    return frozenset(size + length for size in (1, 2, 3) for length in _lengths(int(first[:size])))


def is_possible(digits: bytes) -> bool:
    """Whether digits begin with a calling code and are as many as its country's numbers have."""
    return 7 <= len(digits) <= _LONGEST and len(digits) in _totals(digits[:3])


def is_valid(digits: bytes) -> bool:
    """Whether a number is of a kind that its country gives out."""
    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse("+" + digits.decode(), None)))
    except phonenumbers.NumberParseException:
        return False


def find(data: bytes) -> Iterator[Hit]:
    """Yields the spans of phone numbers: with a calling code, in North America's groups, after a word that says so."""
    return iter(sorted(_found(data)))


def _found(data: bytes) -> Iterator[Hit]:
    budget = iter(range(_COMPARED))
    for match in _INTERNATIONAL.finditer(data):
        start, end = _international(data, match.start(), match.end(), budget)
        if end > start and _starts(data, start):
            yield from _hit(data, start, end)
    for match in _GROUPED.finditer(data):
        start, end = match.span()
        if _starts(data, start) and _is_american(data, start, end, budget):
            yield from _hit(data, start, end)
    for match in _SIGNED.finditer(data):
        if not _is_other(match.group(1)):
            yield from _hit(data, *match.span(1))
    for match in _SPOKEN.finditer(data):
        number = match.group(1)
        digits = _plain(number)
        if len(digits) >= _FEWEST_SPOKEN and not _is_other(number) and (digits != number or digits[:1] == b"0"):
            yield from _hit(data, *match.span(1))


def _hit(data: bytes, start: int, end: int) -> Iterator[Hit]:
    """The span of a number with its extension, unless more follows than a number has."""
    extension = _EXTENSION.match(data, end)
    if extension and not data[extension.end() : extension.end() + 1].isalnum():
        end = extension.end()
    if _ends(data, end):
        yield start, end, _MARKER


def _plain(number: bytes) -> bytes:
    """The digits of a number."""
    return number.replace(b"%20", b"   ").translate(None, _NO_DIGITS)


def _is_american(data: bytes, start: int, end: int, budget: Iterator[int]) -> bool:
    """Whether three groups are a number. With blanks alone they stand in access logs and sums, too."""
    number = data[start:end]
    if any(sign in number for sign in (b"-", b".", b"(", b"\xe2")):
        return True
    before = data[max(0, start - 2) : start]
    if before == b'" ' or (before[-1:] == b"," and before[:1].isdigit()):
        return False
    digits = _plain(number)
    return next(budget, None) is None or is_valid(digits if len(digits) > 10 else b"1" + digits)


def _is_other(number: bytes) -> bool:
    """Whether what follows a word for phones is a date, a fraction, or too long."""
    return len(_plain(number)) > _LONGEST or bool(_DATE.match(number) or _DECIMAL.fullmatch(number))


def _international(data: bytes, start: int, end: int, budget: Iterator[int]) -> tuple[int, int]:
    """The longest beginning of a candidate, up to the end of a group of digits, that its country gives out.

    Where none is given out, as in examples, the longest whose length is possible; not of a fraction (`+49.1234567`)
    nor of figures after `00`, which many lists of numbers have.
    """
    candidate = data[start:end]
    text = candidate.replace(b"%20", b"   ").translate(_BLANKED)
    at = 3 if candidate[:2] == b"01" else _LEADS[candidate[:1]]
    digits = b""
    possible: list[tuple[int, bytes]] = []
    for part in text[at:].split():
        found = text.find(part, at)
        at = found + len(part)
        if part == b"0" and candidate[found - 1 : at + 1] == b"(0)":  # Not dialled from abroad.
            continue
        digits += part
        if is_possible(digits):
            possible.append((start + at, digits))
    fraction = _DECIMAL.fullmatch(candidate) is not None
    if fraction and not _lengths(int(text[1:].split()[0])):
        return start, start
    doubtful = fraction or candidate[:1] == b"0"
    if len(possible) > 1 or (possible and (doubtful or len(possible[0][1]) < _SURE)):
        for stop, number in reversed(possible):
            if next(budget, None) is None or is_valid(number):
                return start, stop
    sure = [stop for stop, number in possible if len(number) >= _SURE]
    return (start, sure[-1]) if sure and not doubtful else (start, start)


def _starts(data: bytes, start: int) -> bool:
    if data[max(0, start - 3) : start][:1] == b"%":  # `%20` in an address is no word.
        return True
    before = data[start - 1 : start]
    return not (before.isalnum() or before in (b"-", b".", b"+", b"_"))


def _ends(data: bytes, end: int) -> bool:
    after = data[end : end + 2]
    return not (after[:1].isalnum() or after[:1] == b"_" or (after[:1] in b"-.:" and after[1:].isdigit()))
