"""Numbers of cards and bank accounts, in one run or in printed groups; python-stdnum knows the countries' accounts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import re2

from events.runtime.lazy import lazy

if TYPE_CHECKING:
    from stdnum import numdb
else:
    numdb = lazy("stdnum.numdb")

Hit = tuple[int, int, str]

# Between printed groups: also signs that do not break, and blanks as addresses and forms write them.
# Where a number begins: `%20` in front of it is no word.
_BEGIN = r"(?:\b|%[0-9A-Fa-f]{2})"
_GAP = r"(?:[ .+\-\x{a0}\x{2009}\x{202f}\x{2010}-\x{2013}]|%20)"
CARD_HINT = rf"{_BEGIN}[2-6]\d{{3}}{_GAP}?\d{{4}}{_GAP}?\d|{_BEGIN}3[0-9]{{3}}{_GAP}\d{{6}}"
IBAN_HINT = (
    rf"{_BEGIN}[A-Z]{{2}}\d\d(?:{_GAP}?[A-Z0-9]{{4}}){{2}}"
    rf"|{_BEGIN}[A-Za-z]{{2}}\d\d{_GAP}?(?:[a-z]{{4}}{_GAP}?)?\d{{4}}{_GAP}?\d\d"
)
_DIGITS = re2.compile(rf"\b\d(?:{_GAP}?\d){{11,}}\b".encode())
# As they are printed; every card in one run has a length that its issuer allows.
_CARD_GROUPS = frozenset({(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 4, 4, 4, 2), (4, 4, 4, 1)})
_IBAN = re2.compile(rf"{_BEGIN}([A-Za-z]{{2}}\d\d(?:{_GAP}?[A-Za-z0-9]){{11,30}})".encode())
_PART = re2.compile(r"(\d+)!([nac])")
_SORTS = {"n": "[0-9]", "a": "[A-Z]", "c": "[A-Z0-9]"}
# ASCII digits to the sum of the digits of their double.
_DOUBLED = bytes((c - 48) * 2 - (9 if c > 52 else 0) if 48 <= c <= 57 else 0 for c in range(256))
_ALNUM = frozenset(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_GAPS = bytes(c for c in range(256) if c not in _ALNUM)
_BLANKED = bytes(c if 48 <= c <= 57 else 32 for c in range(256))
# What letters and digits are worth where accounts are checked: A is 10, Z is 35.
_WORTH = {c: str(int(chr(c), 36)) for c in b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def _luhn(digits: bytes) -> bool:
    """The check digit of cards; python-stdnum's, which the tests compare it with, takes ten times as long."""
    return (sum(digits[-1::-2]) - 48 * len(digits[-1::-2]) + sum(digits[-2::-2].translate(_DOUBLED))) % 10 == 0


def is_card_number(digits: bytes) -> bool:
    """Luhn, and a length that the issuer's prefix allows. Epoch stamps begin with 1, which no issuer does."""
    n, two, four = len(digits), int(digits[:2]), int(digits[:4])
    known = (
        (digits[:1] == b"4" and n in (13, 16, 19))
        or (n == 16 and (51 <= two <= 55 or 2221 <= four <= 2720 or 3528 <= four <= 3589))
        or (n == 15 and two in (34, 37))
        or (n == 14 and (two in (36, 38, 39) or 300 <= int(digits[:3]) <= 305))
        or (16 <= n <= 19 and (two in (62, 64, 65) or four == 6011))
        or (n == 16 and two in (50, 56, 57, 58, 67))
    )
    return known and len(set(digits)) > 1 and _luhn(digits)


def find_cards(data: bytes) -> Iterator[Hit]:
    """Yields card numbers, also between other numbers: `4111 1111 1111 1111 12/27`."""
    plain = data.replace(b"%20", b"   ")
    for run in _DIGITS.finditer(data):
        groups = _groups(plain, *run.span())
        at = 0
        while at < len(groups):
            first = groups[at][1] - groups[at][0]
            size = _card_size(plain, groups[at : at + 5]) if data[groups[at][0]] in b"23456" and first > 3 else 0
            if size:
                yield groups[at][0], groups[at + size - 1][1], "[card]"
            at += size or 1


def _groups(data: bytes, start: int, end: int) -> list[tuple[int, int]]:
    """The spans of the groups of digits of a run; a regex for each takes ten times as long."""
    text = data[start:end].translate(_BLANKED)
    spans, at = [], 0
    for digits in text.split():
        at = text.find(digits, at)
        spans.append((start + at, start + at + len(digits)))
        at += len(digits)
    return spans


def _card_size(data: bytes, groups: list[tuple[int, int]]) -> int:
    """How many groups from the first on are a card number; 0 when none are."""
    first = groups[0][1] - groups[0][0]
    if first > 4:
        sizes = [1] if 13 <= first <= 19 else []
    else:
        lengths = tuple(end - start for start, end in groups)
        sizes = [size for size in (5, 4, 3) if size <= len(groups) and lengths[:size] in _CARD_GROUPS]
    for size in sizes:
        start, end = groups[0][0], groups[size - 1][1]
        gaps = {data[groups[i][1] : groups[i + 1][0]] for i in range(size - 1)}
        if len(gaps) > 1 or _is_part_of_number(data, start, end):
            continue
        if is_card_number(b"".join(data[a:b] for a, b in groups[:size])):
            return size
    return 0


def _is_part_of_number(data: bytes, start: int, end: int) -> bool:
    """Digits of a float, of `v4-17…-42…`, of a longer number with dashes."""
    before, after = data[max(0, start - 2) : start], data[end : end + 2]
    if before[-1:] in (b".", b"-") and before[:1].isdigit():
        return True
    return after[:1] in (b".", b"-") and after[1:].isdigit()


@cache
def _structure(country: str) -> tuple[int, Any]:
    """How long a country's IBANs are and what they are made of, from the registry; 0 when it has none."""
    known = numdb.get("iban").info(country)
    parts = _PART.findall(known[0][1].get("bban", "") if known else "")
    if not parts:
        return 0, None
    form = "".join(f"{_SORTS[sort]}{{{size}}}" for size, sort in parts)
    return 4 + sum(int(size) for size, _ in parts), re2.compile(rf"[A-Z]{{2}}\d\d{form}".encode())


def iban_length(country: str) -> int:
    """The length of a country's IBANs."""
    return _structure(country)[0]


def iban(data: bytes, start: int, end: int) -> tuple[int, int] | None:
    """Trims to the country's length and checks modulo 97; small letters must have the country's structure, too."""
    wanted, form = _structure(data[start : start + 2].decode().upper())
    if form is None:
        return None
    if len(data[start:end].translate(None, _GAPS)) < wanted:
        return None
    stop = start + wanted
    while (missing := wanted - len(data[start:stop].translate(None, _GAPS))) > 0:
        stop += missing
    if stop < len(data) and data[stop] in _ALNUM:
        return None
    compact = data[start:stop].translate(None, _GAPS)
    number = compact.upper()
    if number != compact and form.fullmatch(number) is None:
        return None
    return (start, stop) if _is_mod_97(number[4:] + number[:4]) else None


def _is_mod_97(number: bytes) -> bool:
    """ISO 7064, as python-stdnum counts it and in a third of its time; what has other signs is none."""
    try:
        return int("".join([_WORTH[c] for c in number])) % 97 == 1
    except KeyError:
        return False


def find_ibans(data: bytes) -> Iterator[Hit]:
    """Yields the spans of account numbers; what begins like one may reach into the next, so it goes on within."""
    plain = data.replace(b"%20", b"   ")
    at = 0
    while match := _IBAN.search(data, at):
        span = iban(plain, *match.span(1))
        if span:
            yield *span, "[iban]"
        at = span[1] if span else match.start(1) + 4
