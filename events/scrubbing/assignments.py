"""Secrets that text gives a name: `password=x`, `"token": "x"`, `Cookie: a=b`, `--secret x`, SQL columns."""

from collections.abc import Iterator
from functools import lru_cache

import re2

from events.scrubbing import keys, labels

Hit = tuple[int, int, str]

_AT_HOME, _ABROAD = labels.regexes()
_KEYS = (
    r"(?:api|access|private|priv|db|database|secret|sign(?:ing|ature)|encryption|master|account|auth|client|deploy|ssh|service|shared"
    r"|storage|license|server|consumer|hmac|crypto|aes|rsa|subscription|functions|webhook|app|ssl)[ _.-]?keys?"
)
_WORDS = (
    rf"(?:pass(?:word|wd|phrase|code|wort)|\bpass\b|_pass\b|(?:db|database|api|user|store|key|http|ftp|smtp)_?pass|passkey|pwd|secret|token"
    rf"|creds?\b|credential|mnemonic|seed.phrase|{_KEYS}|access_?key|auth\b|authorization|jwt|cookie|csrf|xsrf"
    r"|signature|sess_?id|session[ _.-]?(?:id|key|token)|[_.-]session|connect\.sid"
    r"|\bpin\b|cvv|cvc|\botp\b|totp|\bssn\b|social.security|iban"
    r"|(?:recovery|backup|security|verification|otp|mfa|sms|auth)[ _.-]?codes?"
    r"|card[ _.-]?number|credit[ _.-]?card|(?:account|routing|passport|license)[ _.-]?number|tax[ _.-]?id"
    rf"|connection.?string|{_AT_HOME})"
)
_TAIL = r"""(?:\[\d*\])?(?:\\*["'`]|\]|%5D|%22|%27|&quot;|&#3[49];)*"""
_OPENS = r"""\\*["'`]"""
_SEPARATOR = (
    # A comparison, or Haskell's and Ruby's two colons, with a text behind them.
    rf"(?:[ \t]*(?:=~|::)[ \t]*@?{_OPENS}|[ \t]*!={{1,2}}[ \t]*"
    r"|[ \t]*:[ \t]*(?:str|string|String|bytes)[ \t]*=[ \t]*"  # a typed assignment
    rf"|\s+value=|\s*,\s*{_OPENS}(?i:value){_OPENS}\s*:\s*"  # form fields, name and value in JSON
    r"|[ \t]*(?:\r?\n|(?:\\+r)?\\+n)[ \t]*-?[ \t]*(?i:value|default)[ \t]*[:=][ \t]*"  # and over lines in YAML
    r"|[ \t]*</(?:name|key)>\s*<(?:value|string)>"
    r"|\r?\n\r?\n|(?:\\+r)?\\+n(?:\\+r)?\\+n"  # multipart, also as repr() shows it
    r"|[ \t]*=>\s*string\(\d+\)[ \t]*"  # PHP's var_dump
    r"|[ \t]*(?:=>|:=|={1,3}|:|：|＝|%3A|%3D|\\+u003[Dd])[ \t]*(?:&quot;|&#3[49];)?"
    r"|[ \t]+(?:is|was|ist|war|lautet|est|es|è|é|jest|är|eto|это)[ \t]*[:=]?[ \t]+"
    r"|[ \t]*(?:是|为|為|は|는|은|설정은)[ \t:：]*"
    rf"|[ \t]+(?:in|like|ilike)[ \t]*\(?[ \t]*{_OPENS}"
    rf"|[ \t]*[, \t(][ \t]*[bu]?{_OPENS}"  # a pair, or SQL's PASSWORD 'x'
    r"|>)"
)
HINT = rf"(?i)(?:{_WORDS}[\w.-]*{_TAIL}{_SEPARATOR}|--?[\w-]*{_WORDS}[\w-]*[ \t\x1e])"
ABROAD_HINT = rf"(?i)(?:{_ABROAD})[\w.-]*{_TAIL}{_SEPARATOR}"
# `{"value": "x", "name": "DB_PASSWORD"}`: the name comes second.
BEHIND_HINT = rf"(?i)[\"']\s*,\s*{_OPENS}(?:name|key){_OPENS}\s*:\s*{_OPENS}[\w .-]*{_WORDS}"
BEHIND = (
    rf"(?i)\bvalue{_OPENS}\s*:\s*{_OPENS}([^\"'\\\x1e]+)\\*[\"']\s*,\s*{_OPENS}(?:name|key){_OPENS}\s*:\s*"
    rf"{_OPENS}[\w .-]*{_WORDS}{_OPENS}"
)
# Found without groups, which is much cheaper on long text; split afterwards.
_KEY = re2.compile(rf"(?i)(?:--?[\w-]*{_WORDS}[\w-]*[ \t]+|[\w.$%\[-]*{_WORDS}[\w.-]*{_TAIL}{_SEPARATOR})".encode())
# A rule of its own: one automaton with both would be too large for its memory.
_KEY_ABROAD = re2.compile(rf"(?i)[\w.$%\[-]*(?:{_ABROAD})[\w.-]*{_TAIL}{_SEPARATOR}".encode())
_SPLIT = re2.compile(rf"(?i)(?:(--?[\w-]+)[ \t]+|([\pL\pM\pN_.$%\[/' -]*?){_TAIL}({_SEPARATOR}))".encode())
# A call, a subscript or a string prefix may stand between the separator and the quote: `SecretStr('x')`, `b'x'`.
_OPEN = re2.compile(rb"([\w.]*[\[(][ \t]*)?[@bBuUrRfF]?[bBrR]?(\\*)([\"'`])")
_CLOSE = {
    (quote, escaped): re2.compile((rb"[^%c\\\x1e]*" % quote) if escaped else (rb"(?:[^%c\\\x1e]|\\[^\x1e])*" % quote))
    for quote in b"\"'`"
    for escaped in (False, True)
}
_LINE = re2.compile(rb"(?:=\"[^\"\r\n\x1e]*\"|[^\r\n\"'\x1e\\])+")
_ENV = re2.compile(rb"[^\s\"'\x1e]+")
_ENV_SHOWN = re2.compile(rb"(?:[^\s\"'\x1e\\]|\\[^nrt\"'\x1e])+")
_WORD = re2.compile(rb"(?:(?i:bearer|basic|token|digest)[ \t]+)?(?:[^\s&;,\"'`<>\x1e\\]|\\[^nrt\"'\x1e])+")
_TAG = re2.compile(rb"[^<\x1e]+")
_EXPRESSION = re2.compile(
    rb"(?:[A-Za-z_][\w.]*[(\[{]|(?:self|this|cls|request|req|os|process|settings|config|conf|env|ctx|args|kwargs|event"
    rb"|data|form|params|user|obj|options|opts|props|state|payload|body|response|res)\.[A-Za-z_]|[(\[{&|!=*/+)<\]}])"
)
_CODE_WORDS = frozenset(b"await new function async lambda yield typeof not if".split())
_LOOKUP = re2.compile(rb"(?i)[\w.]*(?:get|fetch|load|read|env|find|lookup|config|settings|input|prompt)")
_IDENTIFIER = re2.compile(rb"[\pL_][\pL\pM_.-]*")
# What follows "password:" in a sentence rather than in a record.
_PROSE = frozenset(
    b"a an and any are as at be been but by can cannot could did does doesn't don't empty eof error exceeded expected "
    b"expired expires failed failure field first for from got has have if in incorrect input invalid is it its "
    b"length limit long malformed may minimum missing must need needs new no not null of ok on one only or please "
    b"provided required reset revoked see should so some successful than that the then there they this to too "
    b"unable unauthorized undefined unexpected unknown unsupported updated use user using verified was we were when "
    b"which while will with without wrong you your".split()
) | frozenset(labels.PROSE.encode().split())
_IS = frozenset(
    ["is", "was", "ist", "war", "lautet", "est", "es", "è", "é", "jest", "är", "er", "on", "to", "eto", "это"]
)
_LONGEST = 160


@lru_cache(maxsize=4096)
def _verdict(key: bytes) -> keys.Verdict | None:
    verdict = keys.judge(key.decode("utf-8", "replace"))
    return verdict if verdict and verdict.action == "mask" else None


@lru_cache(maxsize=4096)
def _named(found: bytes) -> tuple[bytes, bytes, keys.Verdict] | None:
    """(key, separator, verdict) of a matched name, or None when the name is no secret's."""
    split = _SPLIT.fullmatch(found)
    if not split:
        return None
    flag, key, sep = split.groups()
    if flag:
        key, sep = flag, b"="
    elif key[:1] == b"[" and found[len(key) : len(key) + 1] == b"]":
        return None  # A marker.
    verdict = _verdict(key)
    return (key, sep, verdict) if verdict else None


def _is_name(value: bytes, key: bytes) -> bool:
    """Whether the value is the name of a variable or column, such as `password=raw_password`."""
    if value[-2:] == b"PW" and not value.isupper():
        return False  # Two letters at the end of many a password.
    return value == key or bool(_IDENTIFIER.fullmatch(value) and len(value) <= 40 and _verdict(value))


def _quoted(data: bytes, at: int, key: bytes) -> tuple[int, int] | None:
    """The span between the quotes that open at `at`; an empty span when there is nothing to hide; None unquoted."""
    # Most values have no quote, and looking is ten times as cheap as a regex.
    near = data[at : at + _LONGEST]
    if b'"' not in near and b"'" not in near and b"`" not in near:
        return None
    opened = _OPEN.match(data, at)
    if not opened:
        return None
    call, escapes, begin = opened.span(1), opened.span(2), opened.end()
    closed = _CLOSE[data[begin - 1], escapes[0] < escapes[1]].match(data, begin)
    if not closed:
        return None
    end = closed.end()
    value = data[begin:end]
    if len(value) < 6 and not any(chr(c).isalnum() for c in value):
        return end, end
    if call[0] >= 0 and (_is_name(value, key) or _LOOKUP.match(data, *call)):
        return end, end
    if value == key or keys.is_harmless(value.decode("utf-8", "replace")):
        return end, end
    return begin, end


def _is_plain(value: bytes, key: bytes, verdict: keys.Verdict, sep: bytes) -> bool:
    """Whether an unquoted value is prose, code or a placeholder, not a secret."""
    if value in _CODE_WORDS or _is_name(value, key):
        return True
    if keys.is_harmless(value.decode("utf-8", "replace")) or not any(chr(c).isalnum() for c in value):
        return True
    if _EXPRESSION.match(value) and not (value[:1] in b"/+" and len(value) >= 40):  # Base64 begins with them as well.
        return True
    loose = b"=" not in sep and sep.upper() != b"%3D" and not sep.startswith(b">")
    if loose and value.lower().rstrip(b".") in _PROSE:
        return True
    if verdict.weak and value.isdigit() and verdict.marker != "[code]" and (loose or len(value) < 5):
        return True
    has_digit = any(48 <= c <= 57 for c in value)
    if b"!=" in sep:
        return not has_digit or value.islower() or value.isupper()
    if verdict.marker == "[code]":
        return not has_digit or (verdict.weak and sum(48 <= c <= 57 for c in value) < 4)
    if sep.strip(b" \t:=").decode("utf-8", "replace") in _IS or (loose and verdict.weak):
        return not has_digit and value.decode("utf-8", "replace").rstrip(".,!").isalpha()
    return False


def _unquoted(data: bytes, at: int, key: bytes, sep: bytes, verdict: keys.Verdict, start: int) -> tuple[int, int]:
    """The span of a bare value at `at`, empty when it may stay."""
    before = data[start - 1 : start]
    if sep[-1:] == b">" and sep != b"=>":
        rule = _TAG
        named = before in (b'"', b"'") and data[start - 6 : start - 1].lstrip().endswith((b"name=", b"key="))
        if sep == b">" and before != b"<" and not named:
            return at, at
    elif verdict.line:
        rule = _LINE
    elif sep == b"=" and key.isupper() and before in (b"", b"\n", b" ", b"\x1e"):
        rule = _ENV
    elif sep == b"=" and key.isupper() and (before in b"'\"" or data[start - 2 : start] in (b"\\n", b"\\t")):
        rule = _ENV_SHOWN
    else:
        rule = _WORD
    found = rule.match(data, at)
    if not found or (rule is _TAG and data[found.end() : found.end() + 2] != b"</"):
        return at, at
    whole = data[at : found.end()]
    value = whole.rstrip(b")]}.:" if rule is _WORD else b" ")
    if _is_plain(value, key, verdict, sep) or keys.is_harmless(whole.decode("utf-8", "replace")):
        return at, at
    return at, at + len(value)


def find(data: bytes) -> Iterator[Hit]:
    """Yields the spans of named secrets, left to right, each byte looked at a bounded number of times."""
    return _named_by(_KEY, data)


def find_abroad(data: bytes) -> Iterator[Hit]:
    """Yields the spans of secrets named with letters beyond ASCII."""
    return iter(()) if data.isascii() else _named_by(_KEY_ABROAD, data)


def _named_by(regex: "re2._Regexp[bytes]", data: bytes) -> Iterator[Hit]:
    done = 0
    for match in regex.finditer(data):
        start, at = match.start(), match.end()
        if start < done:
            continue
        named = None
        if data[start - 1 : start] == b"\\" and data[start : start + 1] in (b"n", b"t"):
            # The n of a line break, as repr() shows it, stands before the name.
            named = _named(data[start + 1 : min(at, start + _LONGEST)])
            start += named is not None
        if named is None and at - start <= _LONGEST:
            named = _named(data[start:at])
        if not named:
            continue
        key, sep, verdict = named
        if data[max(0, start - 11) : start].lower().endswith((b"unexpected ", b"nexpected")):
            continue
        if sep[-1:] in b"\"'`" and sep[-1:]:
            opener = data[max(0, start - 8) : start].rstrip(b"\\\"'`b")[-1:]
            if sep.lstrip()[:1] == b"," and b"value" not in sep and opener not in (b"[", b"("):
                continue
            at -= 1
            while data[at - 1 : at] == b"\\":
                at -= 1
        span = _quoted(data, at, key) or _unquoted(data, at, key, sep, verdict, start)
        if span[0] < span[1]:
            yield span[0], span[1], verdict.marker
        done = max(done, span[1])


SQL_HINT = r"(?i)\)\s*values\s*\("
_INSERT = re2.compile(rb"(?i)\(([^()\x1e]*)\)\s*values\s*")
_ROW = re2.compile(rb"\s*,?\s*\(((?:'(?:[^'\x1e]|'')*'|[^()'\x1e]|\([^()\x1e]*\))*)\)")
_CELL = re2.compile(rb"'(?:[^'\x1e]|'')*'|\"[^\"\x1e]*\"|[^,'\"\x1e]+|,")


def find_inserted(data: bytes) -> Iterator[Hit]:
    """Yields the literals that an INSERT puts into secret columns."""
    for match in _INSERT.finditer(data):
        columns = [name.strip(b' \t\r\n"`[]') for name in match.group(1).split(b",")]
        verdicts = [_verdict(name) for name in columns]
        if not any(verdicts):
            continue
        at = match.end()
        while row := _ROW.match(data, at):
            column = 0
            for cell in _CELL.finditer(data, *row.span(1)):
                text = cell.group()
                if text == b",":
                    column += 1
                    continue
                verdict = verdicts[column] if column < len(columns) and text[:1] in b"'\"" else None
                if verdict and not keys.is_harmless(text.decode("utf-8", "replace")):
                    yield cell.start() + 1, cell.end() - 1, verdict.marker
            at = row.end()


# `"value" == user.password`: the value comes first.
_BEHIND_VALUE = rf"{_OPENS}[ \t]*[!=]{{2,3}}[ \t]*"
COMPARED_HINT = rf"(?i){_BEHIND_VALUE}[\w.$]*{_WORDS}"
COMPARED_ABROAD_HINT = rf"(?i){_BEHIND_VALUE}[\w.$]*(?:{_ABROAD})"
_COMPARED, _COMPARED_ABROAD = (
    re2.compile(rf"(?i)[\"'`]([^\s\"'`\\\x1e]{{3,}}){_BEHIND_VALUE}([\w.$]*(?:{words})[\w.]*)".encode())
    for words in (_WORDS, _ABROAD)
)


def find_compared(data: bytes) -> Iterator[Hit]:
    """Yields texts that are compared with a secret."""
    return _compared_by(_COMPARED, data)


def find_compared_abroad(data: bytes) -> Iterator[Hit]:
    """Yields texts that are compared with a secret named with letters beyond ASCII."""
    return iter(()) if data.isascii() else _compared_by(_COMPARED_ABROAD, data)


def _compared_by(regex: "re2._Regexp[bytes]", data: bytes) -> Iterator[Hit]:
    for match in regex.finditer(data):
        value, verdict = match.group(1), _verdict(match.group(2))
        if verdict and not _is_name(value, match.group(2)) and not keys.is_harmless(value.decode("utf-8", "replace")):
            yield match.start(1), match.end(1), verdict.marker
