"""Tokens with a form of their vendor's: hundreds of forms out of tokens.txt, found in one pass over their markers."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import re2

from events.scrubbing.assignments import Hit

LIST = Path(__file__).with_name("tokens.txt")
_UUID = "[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_LONGEST_MARKER = 24


@dataclass(frozen=True, slots=True)
class Form:
    """One line of tokens.txt."""

    vendor: str
    kind: str
    starts: str
    pattern: str
    check: str
    source: str

    @property
    def marker(self) -> str:
        """What replaces the token, such as `[github_token]`."""
        kind = "key" if self.kind == "label" else self.kind
        return f"[{self.vendor}_{kind}]"


def read(text: str) -> tuple[Form, ...]:
    """The forms of a list."""
    forms = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            vendor, kind, starts, pattern, check, source = line.split()
            pattern = pattern.replace("§", starts).replace("%u", _UUID)
            forms.append(Form(vendor, kind, starts.replace("%u", _UUID), pattern, check, source))
    return tuple(forms)


FORMS = read(LIST.read_text(encoding="utf-8"))
TOKENS = tuple(form for form in FORMS if form.kind != "label")
LABELLED = tuple(form for form in FORMS if form.kind == "label")


def _leads(form: Form) -> bool:
    return form.pattern.startswith(form.starts)


def _has_digit(token: bytes) -> bool:
    return any(48 <= c <= 57 for c in token)


def _is_cased(token: bytes) -> bool:
    return token.lower() != token != token.upper()


def _is_mixed(token: bytes) -> bool:
    return _has_digit(token) and _is_cased(token)


def _crc16(token: bytes) -> bool:
    """Base32 whose last two bytes are the CRC-16/XMODEM of the rest, as NATS and Stellar write their seeds."""
    raw = base64.b32decode(token + b"=" * (-len(token) % 8))
    return binascii.crc_hqx(raw[:-2], 0) == int.from_bytes(raw[-2:], "little")


_BASE58 = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def _base58check(token: bytes) -> bool:
    """Base58 whose last four bytes begin the double SHA-256 of the rest, as wallets write private keys."""
    number = 0
    for c in token:
        number = number * 58 + _BASE58.index(c)
    raw = number.to_bytes(max(5, (number.bit_length() + 7) // 8), "big")
    return hashlib.sha256(hashlib.sha256(raw[:-4]).digest()).digest()[:4] == raw[-4:]


CHECKS: dict[str, Callable[[bytes], bool]] = {
    "digit": _has_digit,
    "mixed": _is_mixed,
    "cased": _is_cased,
    "crc16": _crc16,
    "base58check": _base58check,
}


def _edged(form: Form, regex: str) -> str:
    """The regex where a word begins; a marker such as `$aact_` has no such edge."""
    return regex if form.starts.startswith("\\$") else rf"\b{regex}"


_BODY = r"[\w+/=.:$|\\-]{4}"


def _hint(form: Form) -> str:
    return _edged(form, f"{form.starts}{_BODY}") if _leads(form) else form.starts


def _hints() -> str:
    """Every marker as one automaton: a text without any of them costs one pass, together with other rules' hints."""
    edged = sorted({form.starts for form in TOKENS if _leads(form) and _edged(form, "")})
    others = sorted({_hint(form) for form in TOKENS if not (_leads(form) and _edged(form, ""))})
    return rf"\b(?:{'|'.join(edged)}){_BODY}|{'|'.join(others)}"


HINT = _hints()


@lru_cache(maxsize=1)
def _which() -> "re2.Set":
    """Tells which forms a text can hold; made when a first marker is met."""
    found = re2.Set.SearchSet()
    for form in TOKENS:
        found.Add(_hint(form))
    found.Compile()
    return found


@lru_cache(maxsize=len(FORMS))
def _compiled(pattern: str) -> "re2._Regexp[bytes]":
    return re2.compile(pattern.encode())


def find(data: bytes) -> Iterator[Hit]:
    """Yields every token, the longest where two forms overlap. No right boundary: `key ghp_…)` stands in log lines."""
    hits: list[tuple[int, int, str]] = []
    for i in _which().Match(data) or ():
        form = TOKENS[i]
        check = CHECKS.get(form.check)
        for match in _compiled(_edged(form, f"(?:{form.pattern})")).finditer(data):
            if check is None or check(match.group()):
                hits.append((match.start(), match.end(), form.marker))
    done = 0
    for start, end, marker in sorted(hits, key=lambda hit: (hit[0], -hit[1], hit[2])):
        if start >= done:
            yield start, end, marker
            done = end


_NAMES = "|".join(sorted({form.starts for form in LABELLED}, key=lambda name: (-len(name), name)))
_TAIL = r"(?:[ _.-]?(?:api|app|admin|live|test|prod|production|sandbox|dev|staging|personal|private|rest|hmac|v\d))*"
# Words that say what the value is: behind them a blank is enough, and the value needs no digit.
_WORDS = r"(?:[ _.-]?(?:access|auth|api|secret|key|token|pass(?:word)?|pwd?|credentials?))+"
_CLOSED = r"\\*[\])\"'`]{0,3}[ \t]*"
_EQUALS = r"(?:=>|:=|::|={1,3}|:)[ \t]*"
_ASSIGNED = rf"(?i)\b({_NAMES}){_TAIL}(?:{_CLOSED}{_EQUALS}|({_WORDS}){_CLOSED}(?:{_EQUALS}|[ \t]))\\*[\"'`]?"
LABEL_HINT = rf"{_ASSIGNED}[\w-]{{20}}"
_LABELLED = re2.compile(rf"{_ASSIGNED}([\w-]{{20,}})".encode())


@lru_cache(maxsize=1)
def _shapes() -> "tuple[tuple[re2._Regexp[bytes], re2._Regexp[bytes], str], ...]":
    return tuple(
        (re2.compile(f"(?i){form.starts}".encode()), re2.compile(form.pattern.encode()), form.marker)
        for form in LABELLED
    )


def find_labelled(data: bytes) -> Iterator[Hit]:
    """Yields values of the shape that their vendor's keys have, behind the vendor's name and nothing else."""
    for match in _LABELLED.finditer(data):
        name, value, is_said = match.group(1), match.group(3), match.start(2) >= 0
        for label, shape, marker in _shapes():
            if label.fullmatch(name) and shape.fullmatch(value) and (is_said or _has_digit(value)):
                yield match.start(3), match.end(3), marker
                break
