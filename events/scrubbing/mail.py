"""E-mail addresses as RFC 5322 and RFC 6531 write them: plain, quoted, international, at a literal, encoded."""

from collections.abc import Iterator

import re2

from events.values.wordlists import TLDS

Hit = tuple[int, int, str]

# The sign itself, percent-encoded once or twice, escaped by JSON or a language, by HTML, and its full-width form.
_AT = r"(?:@|%(?:25)?40|\\u0040|\\x40|&#(?:64|[xX]40);|\x{ff20})"
_DOT = r"(?:\.|%2[Ee]|\x{ff0e}|\x{3002})"
# Letters, marks and digits of all scripts, as blocks without their punctuation: with Unicode's classes the automaton
# would be eight times as large.
_ANY = r"A-Za-z0-9\x{c0}-\x{1fff}\x{2c00}-\x{2fef}\x{3040}-\x{d7ff}\x{f900}-\x{fdff}\x{20000}-\x{3ffff}"
_TOP = _ANY.replace("0-9", "")
_ALNUM = rf"[{_ANY}]"
# A quote opens no local part: `email:'a@b.example'` keeps it. One inside belongs to it: `o'neil@b.example`.
_ATOM = rf"[{_ANY}._%+-](?:[{_ANY}._%+'-]*[{_ANY}_%+-])?"
# What it quotes begins like a name, so that `"user":"@handle.example"` is none.
_QUOTED = rf"\\?\"[{_ANY}._+-](?:[^\"\\\x1e\r\n]|\\[^\x1e\r\n]){{0,63}}\\?\""
_DOMAIN = (
    rf"{_ALNUM}(?:[{_ANY}-]*{_ALNUM})?(?:{_DOT}[{_ANY}-]*{_ALNUM})*{_DOT}(?:xn--[a-z0-9-]*[a-z0-9]|[{_TOP}]{{2,}})"
)
_LITERAL = r"\[(?:\d{1,3}(?:\.\d{1,3}){3}|(?i:ipv6):[0-9A-Fa-f:.]{2,45})\]"
HINT = rf"(?:[{_ANY}_+%-]'?|\"){_AT}(?:[{_ANY}-]+{_DOT}|\[[\dIi])"
_ADDRESS = re2.compile(rf"({_ATOM}|{_QUOTED}){_AT}(?:({_DOMAIN})|{_LITERAL})".encode())

_DOTS = re2.compile(rb"%2[Ee]|\x{ff0e}|\x{3002}")
_TRAILING_SCRIPT = re2.compile(rb"([A-Za-z]{2,})[^\x00-\x7f]")
# `icon@2x.png`, `pkg@1.2.3.tgz`.
_SCALE_OR_VERSION = re2.compile(rb"\d{1,2}(?:\.\d+)?x\.|\d+\.\d+(?:\.|$)")
_TOPS = frozenset(top.encode() for top in TLDS)
# Words before an address that leave no doubt, whatever its top-level domain.
_SAYS_SO = re2.compile(rb"(?i)(?:mailto:|e-?mail[\w-]*[\"']?[ \t]*[:=][ \t]*[\"'<]?|<)$")
# Accounts that name a program: `git@host:path`, the nodes of Celery and Erlang.
_PROGRAMS = frozenset(b"git hg svn celery rabbit ejabberd riak couchdb emqx".split())
# Accounts of machines: the host of a remote shell or copy follows, `deploy@web.example:/srv`.
_MACHINES = frozenset(b"root deploy deployer ubuntu ec2-user centos debian admin vagrant jenkins runner gitlab".split())
# Countries whose codes end the names of source files; with a line number after them they do.
_SOURCES = frozenset(b"py rs sh pl md cc so ps mm ml".split())
# Domains that are everyday methods, before a bracket: `q@k.to(…)`.
_METHODS = frozenset(b"to id is in as at do by my map open call search next run show play save watch name data".split())
_LOOKED_BACK = 32


def find(data: bytes) -> Iterator[Hit]:
    """Yields the spans of addresses; not of package versions, decorators, files and accounts of machines."""
    for match in _ADDRESS.finditer(data):
        start, end = match.span()
        if match.start(2) >= 0:
            end = _end(data, start, match.end(1), match.start(2), end)
        if end:
            yield start, end, "[email]"


def _end(data: bytes, start: int, local_end: int, domain_start: int, end: int) -> int:
    """Where an address with a domain ends; 0 when it is none."""
    domain = data[domain_start:end]
    top = domain.rpartition(b".")[2]
    if not domain.isascii() or b"%" in domain:
        top = _DOTS.sub(b".", domain).rpartition(b".")[2]
        if top[:1].isascii() and (tail := _TRAILING_SCRIPT.match(top)) is not None:
            # `a@b.example` and the next word, in a script that needs no blank between them.
            end -= len(top) - len(tail.group(1))
            top = tail.group(1)
    if (domain[:1].isdigit() and _SCALE_OR_VERSION.match(domain)) or data[end : end + 1].isdigit():
        return 0
    top = top.lower()
    known = top in _TOPS or not top.isascii() or top.startswith(b"xn--")
    if not known and not (_SAYS_SO.search(data[max(0, start - _LOOKED_BACK) : start]) and len(top) > 1):
        return 0
    return 0 if _is_code(data, end, top) or _is_machine(data, start, local_end, end) else end


def _is_code(data: bytes, end: int, top: bytes) -> bool:
    after = data[end : end + 2]
    if after[:1] == b":" and after[1:].isdigit() and top in _SOURCES:
        return True
    return after[:1] == b"(" and top in _METHODS


def _is_machine(data: bytes, start: int, local_end: int, end: int) -> bool:
    local = data[start:local_end]
    if local in _PROGRAMS:
        return True
    if local not in _MACHINES:
        return False
    return data[end : end + 1] in (b":", b"/") or data[max(0, start - 3) : start] == b"://"
