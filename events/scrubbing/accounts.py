"""Numbers of cards and bank accounts, in one run or in printed groups; python-stdnum checks their digits."""

from collections.abc import Iterator
from functools import cache

import re2
from stdnum import luhn, numdb
from stdnum.iso7064 import mod_97_10

Hit = tuple[int, int, str]

CARD_HINT = r"\b[2-6]\d{3}[ -]?\d{4}[ -]?\d|\b3[0-9]{3}[ -]\d{6}"
IBAN_HINT = r"\b[A-Z]{2}\d\d(?:[ -]?[A-Z0-9]{4}){2}"
_DIGITS = re2.compile(rb"\b\d(?:[ -]?\d){11,}\b")
_GROUP = re2.compile(rb"\d+")
# As they are printed; every card in one run has a length that its issuer allows.
_CARD_GROUPS = frozenset({(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 4, 4, 4, 2), (4, 4, 4, 1)})
_IBAN = re2.compile(rb"\b[A-Z]{2}\d\d(?:[ -]?[A-Z0-9]){11,30}")
_FIXED = re2.compile(r"(\d+)!")
_ALNUM = frozenset(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")


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
    return known and len(set(digits)) > 1 and bool(luhn.is_valid(digits.decode()))


def find_cards(data: bytes) -> Iterator[Hit]:
    """Yields card numbers, also between other numbers: `4111 1111 1111 1111 12/27`."""
    for run in _DIGITS.finditer(data):
        groups = [group.span() for group in _GROUP.finditer(data, *run.span())]
        at = 0
        while at < len(groups):
            first = groups[at][1] - groups[at][0]
            size = _card_size(data, groups[at : at + 5]) if data[groups[at][0]] in b"23456" and first > 3 else 0
            if size:
                yield groups[at][0], groups[at + size - 1][1], "[card]"
            at += size or 1


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
        text = data[start:end]
        if (b"-" in text and b" " in text) or _is_part_of_number(data, start, end):
            continue
        if is_card_number(text.replace(b"-", b"").replace(b" ", b"")):
            return size
    return 0


def _is_part_of_number(data: bytes, start: int, end: int) -> bool:
    """Digits of a float, of `v4-17…-42…`, of a longer number with dashes."""
    before, after = data[max(0, start - 2) : start], data[end : end + 2]
    if before[-1:] in (b".", b"-") and before[:1].isdigit():
        return True
    return after[:1] in (b".", b"-") and after[1:].isdigit()


@cache
def iban_length(country: str) -> int:
    """The length of a country's IBANs, from the registry; 0 when it has none."""
    known = numdb.get("iban").info(country)
    structure = known[0][1].get("bban", "") if known else ""
    return 4 + sum(int(size) for size in _FIXED.findall(structure)) if structure else 0


def iban(data: bytes, start: int, end: int) -> tuple[int, int] | None:
    """Trims to the country's length and checks modulo 97."""
    wanted = iban_length(data[start : start + 2].decode())
    if not wanted:
        return None
    compact = bytearray()
    stop = start
    while stop < end and len(compact) < wanted:
        if data[stop] in _ALNUM:
            compact.append(data[stop])
        stop += 1
    if len(compact) < wanted or (stop < len(data) and data[stop] in _ALNUM):
        return None
    rotated = (compact[4:] + compact[:4]).decode()
    return (start, stop) if mod_97_10.is_valid(rotated) else None


def find_ibans(data: bytes) -> Iterator[Hit]:
    for match in _IBAN.finditer(data):
        if span := iban(data, *match.span()):
            yield *span, "[iban]"
