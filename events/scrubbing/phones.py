"""Phone numbers of all countries: an expression finds a candidate, the numbering plans of libphonenumber decide."""

from collections.abc import Iterator
from functools import cache

import phonenumbers
import re2
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

Hit = tuple[int, int, str]

_GAP = r"[ .\-/()\x{a0}\x{2010}-\x{2015}]"
# Words that say so; the short ones are parts of other words.
_LABEL = (
    r"(?:phone|mobile|mobil|handy|telefon|telefone|teléfono|téléphone|telefoon|celular|móvil|whatsapp|msisdn|puhelin"
    r"|komórka|телефон|电话|手机|電話|携帯|fax|cell|(?:\b|_)(?:tel|tél|gsm|тел))"
)
_SAYS_SO = rf"(?i:{_LABEL})\w*[\"']?[ \t]*[:=]"
HINT = (
    r"(?:\+|%2[Bb])\(?[1-9][\d ().\-/\x{a0}\x{2010}-\x{2015}]{5}"
    rf"|\b00[1-9]\d{{0,2}}[ -]\d|[2-9]\d\d\)?[ .-]{{1,2}}[2-9]\d\d[ .-]\d{{4}}|{_SAYS_SO}"
)
_INTERNATIONAL = re2.compile(
    rf"(?:\+|%2[Bb])\(?[1-9](?:{_GAP}{{0,3}}\d){{5,18}}|\b00[1-9]\d{{0,2}}[ -]\d(?:{_GAP}{{0,3}}\d){{4,15}}".encode()
)
_GROUPED = re2.compile(rb"(?:1[ .-])?\(?[2-9]\d\d\)?[ .-]{1,2}[2-9]\d\d[ .-]\d{4}")
_LABELLED = re2.compile(rf"{_SAYS_SO}[ \t]*[\"']?((?:\+|%2[Bb])?[\d(](?:{_GAP}{{0,3}}\d){{5,18}})".encode())
_DIGITS = frozenset(b"0123456789")
_MARKER = "[phone]"
_LONGEST, _SURE = 15, 9
# So many numbers of a text are compared with the patterns of their country, then their length must do.
_COMPARED = 300
_BLANKED = bytes(c if c in _DIGITS else 32 for c in range(256))


@cache
def _lengths(code: int) -> frozenset[int]:
    """How many digits a number of this calling code may have after it; none for a code that is not in use."""
    found: set[int] = set()
    for region in COUNTRY_CODE_TO_REGION_CODE.get(code, ()):
        metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
        if metadata is not None and metadata.general_desc is not None:
            found |= {length for length in metadata.general_desc.possible_length if length > 0}
    return frozenset(found)


def is_possible(digits: bytes) -> bool:
    """Whether digits begin with a calling code and are as many as its country's numbers have."""
    if not 7 <= len(digits) <= _LONGEST:
        return False
    return any(len(digits) - size in _lengths(int(digits[:size])) for size in (1, 2, 3))


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
        if end > start and _stands_alone(data, start, end):
            yield start, end, _MARKER
    for match in _GROUPED.finditer(data):
        if _stands_alone(data, match.start(), match.end()):
            yield match.start(), match.end(), _MARKER
    for match in _LABELLED.finditer(data):
        start, end = match.span(1)
        if sum(c in _DIGITS for c in data[start:end]) <= _LONGEST and _ends(data, end):
            yield start, end, _MARKER


def _international(data: bytes, start: int, end: int, budget: Iterator[int]) -> tuple[int, int]:
    """The longest beginning of a candidate, up to the end of a group of digits, that its country gives out.

    Where none is given out, as in examples, the longest whose length is possible.
    """
    text = data[start:end].translate(_BLANKED)
    lead = 3 if data[start : start + 1] == b"%" else 2 if data[start : start + 1] == b"0" else 1
    digits, at = b"", lead
    possible: list[tuple[int, bytes]] = []
    for part in text[lead:].split():
        found = text.find(part, at)
        at = found + len(part)
        if part == b"0" and data[start + found - 1 : start + at + 1] == b"(0)":  # Not dialled from abroad.
            continue
        digits += part
        if is_possible(digits):
            possible.append((start + at, digits))
    if len(possible) > 1 or (possible and len(possible[0][1]) < _SURE):
        for stop, number in reversed(possible):
            if next(budget, None) is None or is_valid(number):
                return start, stop
    sure = [stop for stop, number in possible if len(number) >= _SURE]
    return (start, sure[-1]) if sure else (start, start)


def _stands_alone(data: bytes, start: int, end: int) -> bool:
    before = data[start - 1 : start]
    return not (before.isalnum() or before in (b"-", b".", b"+", b"_")) and _ends(data, end)


def _ends(data: bytes, end: int) -> bool:
    after = data[end : end + 2]
    return not (after[:1].isalnum() or after[:1] == b"_" or (after[:1] in b"-.:" and after[1:].isdigit()))
