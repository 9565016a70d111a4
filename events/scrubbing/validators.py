"""Second opinions: a regex proposes a span of bytes, a validator keeps, trims or refuses it."""

import ipaddress
from collections.abc import Callable
from typing import TYPE_CHECKING

import re2

from events.runtime.lazy import lazy

if TYPE_CHECKING:
    from stdnum.us import itin
else:
    itin = lazy("stdnum.us.itin")

Span = tuple[int, int]
Validator = Callable[[bytes, int, int], Span | None]

# What stands where a secret would stand: markers, masks, template and SQL placeholders, versions.
PLACEHOLDER = re2.compile(
    r"(?i:(?:bearer|basic|token|digest) )?(?:\[[A-Za-z0-9_ ]{1,24}\]"
    r"|[*•]+|x{3,}|[.\-_#]+|%(?:\(\w+\))?s|\$\d+|\?|:[a-z_]+|\$\{[^}\x1e]*\}|\{\{?[^}\x1e]*\}?\}|\$[A-Z_]+"
    r"|<[a-z_ -]*>|<[A-Za-z][\w .]*(?: object at 0x[0-9a-f]+|: \d+)>"
    r"|v?\d+\.\d+(?:\.\d+)*(?:[.-]?[a-z]+\d*)?)".encode()
)
_ALNUM = frozenset(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_DIGITS = frozenset(b"0123456789")


def _before(data: bytes, start: int) -> int:
    return data[start - 1] if start else -1


def _after(data: bytes, end: int) -> int:
    return data[end] if end < len(data) else -1


def has_digit(data: bytes, start: int, end: int) -> Span | None:
    """Refuses spans without a digit: `sk-folding-cube-container` is a class name."""
    return (start, end) if any(c in _DIGITS for c in data[start:end]) else None


def is_credential_word(data: bytes, start: int, end: int) -> Span | None:
    """Refuses `basic authentication`: a credential has a digit, an inner capital or padding."""
    value = data[start:end]
    if any(c in _DIGITS for c in value) or value.endswith(b"=") or not value[1:].islower():
        return start, end
    return (start, end) if len(value) > 24 else None


def is_not_masked(data: bytes, start: int, end: int) -> Span | None:
    """Refuses markers, masks and placeholders."""
    return None if PLACEHOLDER.fullmatch(data[start:end]) else (start, end)


_OF_CODE = re2.compile(
    rb"(?i)\.(?:py|[cm]?[jt]sx?|rb|java|kt|scala|go|rs|c|cc|cpp|h|hpp|cs|php|swift|exs?|erl|sql|vue|html?):\d+:[^:]+:[^:]+:$"
)


def ends_password_line(data: bytes, start: int, end: int) -> Span | None:
    """Refuses the fifth of more than five fields, masks, and what a line of a source file is followed by."""
    if _after(data, end) == ord(":") or _OF_CODE.search(data[max(0, start - 200) : start]):
        return None
    return is_not_masked(data, start, end)


def is_strong(data: bytes, start: int, end: int) -> Span | None:
    """Refuses words that follow `token` in a sentence: a secret mixes capitals, small letters and digits."""
    value = data[start:end].rstrip(b".")
    if not any(c in _DIGITS for c in value) or value.isdigit():
        return None
    mixed = value.lower() != value != value.upper()
    return (start, start + len(value)) if mixed or (len(value) >= 20 and value.isalnum()) else None


def ssn(data: bytes, start: int, end: int) -> Span | None:
    """A number that the United States issue, to a person or a foreign taxpayer, and no part of a longer one.

    Numbers that were printed in advertisements belong to somebody, too: python-stdnum refuses them.
    """
    area, group, serial = data[start : start + 3], data[start + 4 : start + 6], data[start + 7 : end]
    if area in (b"000", b"666") or group == b"00" or serial == b"0000":
        return None
    if area[:1] == b"9" and not itin.is_valid(data[start:end].decode()):
        return None
    return None if data[start - 1 : start] in (b"-", b"+") or _after(data, end) == 45 else (start, end)


_VERSION_LEAD = re2.compile(rb"(?i)(?:version|release|build|ver\.?|v|revision|upgrade to|==|>=|<=|~=|\^)[\s:='\"]*$")


def ipv4(data: bytes, start: int, end: int) -> Span | None:
    """Octets in range, not loopback; no version as in `Chrome/120.0.0.0`, `pkg-1.2.3.4` or `version 1.2.3.4`."""
    octets = data[start:end].split(b".")
    if any(int(o) > 255 or (len(o) > 1 and o[:1] == b"0") for o in octets):
        return None
    if octets[0] in (b"0", b"127") or octets == [b"255", b"255", b"255", b"255"] or octets[:3] == [b"255"] * 3:
        return None
    before = data[max(0, start - 2) : start]
    if before[-1:] in (b"-", b"_", b"+") and before[:1] not in b"0123456789 =:":
        return None
    if (
        (before[-1:] == b"/" and before[:1].isalnum())
        or before[-1:] == b"."
        or (before[-1:] == b"@" and before != b"@")
    ):
        return None
    tail = data[end : end + 2]
    if tail[:1] in (b"-", b"+", b".", b"_") and tail[1:].isalnum() and not (tail[:1] == b"-" and tail[1:].isdigit()):
        return None
    return None if _VERSION_LEAD.search(data[max(0, start - 16) : start]) else (start, end)


def ipv6(data: bytes, start: int, end: int) -> Span | None:
    """Parses, is not loopback, and is no `face::bad` of a programming language."""
    while end > start and data[end - 1] == 58 and data[end - 2 : end] != b"::":
        end -= 1
    if _before(data, start) in _ALNUM or _before(data, start) == 58 or _after(data, end) in _ALNUM:
        return None
    text = data[start:end].decode("ascii", "replace")
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return None
    if address.is_loopback or address.is_unspecified or not any(c.isdigit() for c in text):
        return None
    head = text.lower()[:4]
    real = text.count(":") >= 3 or head[:2] in ("fc", "fd") or head == "fe80" or (head[:1] == "2" and head.isalnum())
    return (start, end) if real else None


# Accounts that images and runners use: they name a machine, not a person.
_NOBODY = frozenset(
    b"runner ubuntu ec2-user node app vscode circleci shared public default nobody www-data [user] %s ...".split()
)
_ROUTES = frozenset(b"index dashboard settings about profile contact help login search news feed home main".split())


def user_name(data: bytes, start: int, end: int) -> Span | None:
    """The name in /home/NAME; service accounts and web routes such as /home/dashboard stay."""
    name = data[start:end].lower()
    path = data[max(0, start - 16) : start]
    for root in (b"/home/", b"/Users/"):
        before = path.removesuffix(root)
        if before != path and before[-1:].isalnum() and not before.endswith((b"/var", b"/export")):
            return None  # Part of a URL or of an application's own tree.
    if name in _NOBODY or name.partition(b".")[0] in _ROUTES or not any(c in _ALNUM for c in name):
        return None
    return start, end
