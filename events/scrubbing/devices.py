"""Hardware addresses (MAC, EUI-48 and EUI-64): they name one device, and so its owner."""

from collections.abc import Iterator

import re2

Hit = tuple[int, int, str]

# Words in keys that name one; `mac` alone is a system far more often.
KEY_WORDS = ("macaddress", "macaddr", "bssid", "hwaddr")
_LABEL = (
    r"\b(?:(?:wlan[ _-]?)?mac(?:[ _-]?(?:addr(?:ess)?|adresse|id))?|bssid|hw[ _-]?addr(?:ess)?|hardware[ _-]?address)"
)
_LABELLED = rf"{_LABEL}[\"']?[ \t]*[:= ][ \t]*[\"']?[0-9a-f]{{12}}\b"
_RUNS = "|".join(f"[0-9a-f]{{2}}(?:{sign}[0-9a-f]{{2}}){{5,}}" for sign in (":", "-", "%3A"))
HINT = rf"(?i){_RUNS}|\b[0-9a-f]{{4}}\.[0-9a-f]{{4}}\.[0-9a-f]{{4}}|{_LABELLED}"
_PAIRS = re2.compile(rf"(?i){_RUNS}".encode())
_FOURS = re2.compile(rb"(?i)[0-9a-f]{4}(?:\.[0-9a-f]{4}){2,}")
_BARE = re2.compile(rf"(?i){_LABEL}[\"']?[ \t]*[:= ][ \t]*[\"']?([0-9a-f]{{12}})\b".encode())
_PERCENT = re2.compile(rb"(?i)%3A")
_HEX = re2.compile(rb"(?i)[0-9a-f]+")
# Fingerprints of certificates and keys have 16, 20 or 32 pairs.
_OCTETS = frozenset({6, 8})
_LAST_OF_A_CLOCK = 59
_MARKER = "[mac]"


def find(data: bytes) -> Iterator[Hit]:
    """Yields the spans of addresses in pairs, in Cisco's three groups of four, or bare behind a word for one."""
    return iter(sorted({*_in_pairs(data), *_in_fours(data), *_bare(data)}))


def _in_pairs(data: bytes) -> Iterator[Hit]:
    for match in _PAIRS.finditer(data):
        text = _PERCENT.sub(b":", match.group())
        dashed = b"-" in text
        octets = text.split(b"-" if dashed else b":")
        if len(octets) not in _OCTETS or not _names_one(octets) or (dashed and _is_time(octets)):
            continue
        if _stands_alone(data, *match.span()):
            yield *match.span(), _MARKER


def _in_fours(data: bytes) -> Iterator[Hit]:
    """Of dotted groups only those with letters and digits: others are versions and words."""
    for match in _FOURS.finditer(data):
        groups = match.group().split(b".")
        joined = b"".join(groups)
        mixed = not joined.isdigit() and not joined.isalpha()
        if len(groups) == 3 and mixed and _names_one(groups) and _stands_alone(data, *match.span()):
            yield *match.span(), _MARKER


def _bare(data: bytes) -> Iterator[Hit]:
    for match in _BARE.finditer(data):
        if _names_one([match.group(1)[i : i + 2] for i in range(0, 12, 2)]):
            yield *match.span(1), _MARKER


def _names_one(parts: list[bytes]) -> bool:
    """Whether it is no placeholder of zeros and no address of all: `ff:ff:ff:ff:ff:ff`."""
    return len({part.lower() for part in parts}) > 1


def _is_time(octets: list[bytes]) -> bool:
    """Whether pairs between dashes could be a date and a time: `20-24-01-15-12-30`. No date begins with 00."""
    return all(each.isdigit() and int(each) <= _LAST_OF_A_CLOCK for each in octets) and octets[0] != b"00"


def _stands_alone(data: bytes, start: int, end: int) -> bool:
    before, after = data[start - 1 : start], data[end : end + 2]
    if before.isalnum() or before in (b":", b"-", b".", b"_") or after[:1].isalnum() or after[:1] == b"_":
        # `ether:00-1b-…` and `mac-00-1b-…` have a word before the sign.
        word = data[max(0, start - 6) : start - 1].rpartition(b" ")[2]
        return before in (b":", b"-", b"_") and word[-1:].isalnum() and not _HEX.fullmatch(word) and not after.isalnum()
    return not (after[:1] in b":-." and after[1:].isalnum() and bool(_HEX.match(after[1:])))
