"""Private keys as files hold them: PEM, PuTTY, JSON Web Keys; and passwords as databases hold them, hashed."""

from collections.abc import Iterator

import re2

from events.scrubbing.assignments import Hit

PEM = "[pem]"
_PEM_BEGIN = re2.compile(rb"-{4,5} ?BEGIN [A-Z0-9 ]+-{4,5}")
_PEM_END = re2.compile(rb"-{4,5} ?END [A-Z0-9 ]+-{4,5}|\x1e")


def find_pem(data: bytes) -> Iterator[Hit]:
    """Yields whole PEM blocks; one without END reaches to the end of its string."""
    at = 0
    while begin := _PEM_BEGIN.search(data, at):
        end = _PEM_END.search(data, begin.end())
        stop = len(data) if end is None else end.start() if end.group() == b"\x1e" else end.end()
        yield begin.start(), stop, PEM
        at = max(stop, begin.end())


def opens_pem(text: str) -> bool:
    """Whether a PEM block begins in the text and does not end in it: the next strings of its list go on."""
    begin, end = text.rfind("-BEGIN "), text.rfind("-END ")
    return begin > end and _PEM_BEGIN.search(text.encode("utf-8", "replace"), 0) is not None


_PEM_LINE = re2.compile(r"[A-Za-z0-9+/=\s]*|(?:Proc-Type|DEK-Info|Comment|Version):.*|-{4,5} ?END [A-Z0-9 ]+-{4,5}\s*")


def is_pem_line(text: str) -> bool:
    """Whether a string can be a line inside a PEM block."""
    return _PEM_LINE.fullmatch(text.encode("utf-8", "replace").decode()) is not None


_BREAK = r"(?:\r?\n|(?:\\+r)?\\+n)"
PUTTY_HINT = r"Private-(?:Lines|MAC|Hash): ?[0-9a-f]"
_PUTTY = re2.compile(
    (
        rf"Private-Lines: ?\d+{_BREAK}(?:[A-Za-z0-9+/=]+{_BREAK})*(?:Private-MAC: ?[0-9a-f]+|[A-Za-z0-9+/=]{{16,}})?"
        r"|Private-(?:MAC|Hash): ?[0-9a-f]{40,}"
    ).encode()
)


def find_putty(data: bytes) -> Iterator[Hit]:
    """Yields the private half of a PuTTY key file."""
    for match in _PUTTY.finditer(data):
        yield match.start(), match.end(), PEM


# RFC 7518: the members that make a key private, and the key itself of a symmetric one.
JWK_PRIVATE = frozenset(("d", "p", "q", "dp", "dq", "qi", "k", "oth"))
JWK_HINT = r"\bkty\\*[\"']"
_KTY = re2.compile(rb"\bkty\\*[\"']")
_JWK = re2.compile(rb"[\"'](?:d|p|q|dp|dq|qi|k)\\*[\"']\s*:\s*\\*[\"']([\w=+/-]{16,})")


def find_jwk(data: bytes) -> Iterator[Hit]:
    """Yields the private members of a JSON Web Key, in those strings that hold one."""
    at = 0
    while kty := _KTY.search(data, at):
        begin, end = data.rfind(b"\x1e", 0, kty.start()) + 1, data.find(b"\x1e", kty.end())
        end = len(data) if end < 0 else end
        for match in _JWK.finditer(data[begin:end]):
            yield begin + match.start(1), begin + match.end(1), "[key]"
        at = end


# crypt(3), PHC strings, and what Django, Werkzeug, LDAP, PostgreSQL, MySQL, Apache, WordPress and Drupal write.
HASH_HINT = (
    r"\$2[abxy]?\$\d\d\$|\$(?:argon2|scrypt|pbkdf2|bcrypt)|\$(?:[1567y]|apr1|md5|sha1|gy)\$|\$[PHS]\$[./0-9A-Za-z]{8}"
    r"|(?i:\bpbkdf2[:_-]|\bargon2\$|\bbcrypt\$|\bbcrypt_sha256\$|\bscrypt[:$]\d)|\{(?i:SS?HA|SMD5|MD5|CRYPT|PBKDF2)\d*"
    r"|\bSCRAM-SHA-|\b(?:sha1|md5|sha256|sha512)\$[^\s\x1e]|\bmd5[0-9a-f]{32}\b|\*[0-9A-F]{40}\b"
)
_HASH = re2.compile(
    rb"\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{22,53}"
    rb"|\$(?:argon2(?:id|i|d)|scrypt|pbkdf2(?:-\w+)?|bcrypt(?:-\w+)?)\$[\w.,=+/$-]{16,}"
    rb"|\$(?:[1567y]|apr1|md5|sha1|gy)\$[\w.,=/$-]{16,}"
    rb"|\$[PHS]\$[./0-9A-Za-z]{30,}"
    rb"|\b(?i:pbkdf2[:_-]sha\d+|argon2|bcrypt|bcrypt_sha256)[:$][\w.,:=+/$-]{20,}"
    rb"|\b(?i:scrypt)[:$]\d+[:$][\w.,:=+/$-]{20,}"
    rb"|\{(?i:SS?HA\d*|SMD5|MD5|CRYPT|PBKDF2[\w-]*)\}[\w.,=+/$-]{16,}"
    rb"|\bSCRAM-SHA-\d+\$\d+:[\w=+/]{8,}\$[\w=+/]{20,}:[\w=+/]{20,}"
    rb"|\b(?:sha1|md5|sha256|sha512)\$[\w./-]{1,40}\$[0-9a-f]{32,}"
    rb"|\bmd5[0-9a-f]{32}\b|\*[0-9A-F]{40}\b"
)


def find_hashes(data: bytes) -> Iterator[Hit]:
    """Yields hashed passwords: they can be guessed at leisure."""
    for match in _HASH.finditer(data):
        yield match.start(), match.end(), "[password_hash]"
