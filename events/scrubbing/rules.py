"""The declared rules for text, in the order in which they run.

A rule finds spans in UTF-8 bytes and names the marker that replaces them. `hint` is a smaller regex that matches
wherever the rule can match: all hints together form one automaton, which tells in a single pass which rules are worth
running. Every negated class excludes \\x1e, the separator between the strings of one event.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import re2

from events.scrubbing import (
    accounts,
    assignments,
    births,
    commands,
    devices,
    encoded,
    keyfiles,
    mail,
    national,
    paths,
    phones,
    tokens,
    validators,
)
from events.scrubbing.assignments import Hit


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    hint: str
    find: Callable[[bytes], Iterable[Hit]]
    # Long lists of markers and of words multiply each other's states: these hints have an automaton of their own.
    apart: bool = False


def pattern(
    name: str,
    hint: str,
    regex: str,
    *,
    marker: str = "",
    validate: validators.Validator | None = None,
    apart: bool = False,
) -> Rule:
    """A rule that is one regex; the group that matched, when it has groups, is what the marker replaces."""
    compiled = re2.compile(regex.encode())
    groups = range(1, compiled.groups + 1)
    mark = marker or f"[{name}]"

    def find(data: bytes) -> Iterator[Hit]:
        for match in compiled.finditer(data):
            span = next((match.span(group) for group in groups if match.start(group) >= 0), match.span())
            if validate is not None:
                checked = validate(data, *span)
                if checked is None:
                    continue
                span = checked
            yield span[0], span[1], mark

    return Rule(name, hint, find, apart)


_DATABASES = (
    r"(?i:postgres(?:ql)?|mysql|mariadb|mssql|rediss?|amqps?|mongodb|clickhouse|cockroachdb|oracle|kafka|ldaps?|smtps?"
    r"|s?ftp)(?:\+\w+)?"
)

_PLAIN: tuple[Rule, ...] = (
    Rule("pem", r"-{4,5} ?BEGIN [A-Z]", keyfiles.find_pem),
    pattern("pem_rest", "-----END ", r"[A-Za-z0-9+/=\s\\]+-----END [A-Z0-9 ]*PRIVATE KEY-----", marker="[pem]"),
    Rule("putty", keyfiles.PUTTY_HINT, keyfiles.find_putty, apart=True),
    Rule("jwk", keyfiles.JWK_HINT, keyfiles.find_jwk, apart=True),
    Rule("password_hash", keyfiles.HASH_HINT, keyfiles.find_hashes, apart=True),
    pattern("ssh_key", r"\bssh-(?:rsa|dss|ed25519) AAAA|\becdsa-sha2-nistp\d+ AAAA",
            r"\b(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d+) AAAA[A-Za-z0-9+/=]+(?: [\w.-]+@[\w.-]+)?"),
    pattern("webhook", r"hooks\.slack\.com/|/webhooks/\d|webhook\.office\.com/|hooks\.zapier\.com/",
            r"https?://(?:hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/"
            r"|(?:\w+\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/"
            r"|[\w.-]*webhook\.office\.com/|hooks\.zapier\.com/)[^\s\"'<>)\x1e]+"),
    pattern("userinfo", r"://[^\s/@\"'<>\x1e]*:[^\s@\"'<>\x1e]+@",
            rf"(?:{_DATABASES}://([^\s/@\"'<>\x1e]*:[^\s\"'<>\x1e]+)@[\w\[%.-]"
            rf"|\b[A-Za-z][A-Za-z0-9+.-]*://([^\s/@\"'<>\x1e:]*:[^\s/\"'<>\x1e]+)@)"),
    pattern("url_token", r"://[A-Za-z0-9_-]{16}", r"://([A-Za-z0-9_-]{16,})@", marker="[userinfo]",
            validate=validators.has_digit),
    pattern("dsn_login", r"@(?:tcp|unix)\(|:thin:", r"[\w.-]+:([^\s@\x1e]+)@(?:tcp|unix)\("
            r"|:thin:\w+/([^\s@\x1e]+)@", marker="[password]"),
    Rule("vendor", tokens.HINT, tokens.find, apart=True),
    pattern("aws_secret", r"(?i)\baws[^\n\x1e]*[\"'][0-9a-z/+]{40}",
            r"(?i)\baws[^\n\x1e]{0,20}?(?:key|pwd|pw|pass(?:word)?|token|secret)[^\n\x1e]{0,20}?\\*[\"']([0-9a-z/+]{40})"
            r"\\*[\"']", marker="[aws_key]", validate=validators.has_digit, apart=True),
    pattern("jwt", r"\beyJ[\w-]+(?:\.|[\w-]{10})",
            r"\b(?:eyJ[\w-]+(?:\.[\w=-]{2,}){1,4}\.?|eyJ(?:hbGciOi|0eXAiOi|raWQiOi)[\w.=-]+)",
            validate=validators.has_digit),
    Rule("vendor_label", tokens.LABEL_HINT, tokens.find_labelled, apart=True),
    pattern("bearer", r"(?i)\b(?:bearer|basic)[ \t]+[\w~+/.-]{6}", r"(?i)\b(?:bearer|basic)[ \t]+([\w.~+/-]{6,}=*)",
            marker="[token]", validate=validators.is_credential_word),
    pattern("password_file", r":(?:\d{4,5}|\*):[\w.*$-]+:[^\s:\x1e]+:[^\s:]",
            r"(?:^|[\s\"'`=(>,\x1e])(?:(?:\*|[\w.-]+|\[[0-9A-Fa-f:]+\]|/[\w./-]+):(?:54\d\d|6432|6543|5432\d|25060|26257|\*)"
            r"|(?:[\w-]+(?:\.[\w-]+)+|localhost):\d{4,5}):(?:[A-Za-z_][\w.$-]*|\*):(?:[A-Za-z_*][\w.@$+-]*)"
            r":((?:\\+[:\\]|[^\s:\\\"'`\x1e])+)",
            marker="[password]", validate=validators.ends_password_line, apart=True),
    pattern("basic_login", r"(?:^|[\s\"'])(?:-u|--user)[ =]", r"(?:^|[\s\"'])(?:-u"
            r"|--user)[ =][\"']?[^\s:\"'\x1e]+:([^\s\"'\x1e]+)",
            marker="[password]"),
    Rule("command", commands.HINT, commands.find, apart=True),
    pattern("tag", r"(?i)(?:password|secret|token|api_?key)[ \t][^<>\x1e]*>",
            r"(?i)<(?:\w+:)?\w*(?:password|secret|token"
            r"|api_?key)[ \t][^<>\x1e]*[^/<>\x1e]>([^<\[\x1e]+)", marker="[secret]"),
    pattern("sql_login", r"(?i)identified by|set password for",
            r"(?i)(?:identified by|set password for [^=\x1e]*=)\s*'((?:[^'\x1e]|'')+)'",
            marker="[password]", validate=validators.is_not_masked),
    pattern("spoken", r"(?i)(?:password|passwd|pwd|passphrase|token|secret|api.?key)[ \t|]+[\w!@#$%^&*+/=.~-]{8}",
            r"(?i)\b(?:password|passwd|pwd|passphrase|token|secret|api.?key)[ \t]*[ \t"
            r"|][ \t]*([\w!@#$%^&*+/=.~-]{8,})", marker="[secret]",
            validate=validators.is_strong),
    pattern("digest", r"(?i)\bresponse=\\*\"?[0-9a-f]{32}", r"(?i)\bresponse=\\*\"?([0-9a-f]{32,64})\b",
            marker="[token]"),
    pattern("auth_login", r"\bAUTH [A-Za-z][\w-]* [^\s]", r"\bAUTH [A-Za-z][\w-]* ([^\s\"'<\x1e]{6,})",
            marker="[password]", validate=validators.is_strong),
    pattern("auth_command", r"\bAUTH [^\s]", r"\bAUTH ([^\s\"'<\x1e]+)", marker="[password]",
            validate=validators.is_credential_word),
    pattern("oauth_code", r"(?:^|[?&\x1e])(?:code|sig)=", r"(?:^|[?&\x1e])(?:code"
            r"|sig)=([\w%.+/~-]{16,}=*)", marker="[code]",
            validate=validators.has_digit),
    pattern("key_parameter", r"[?&]key=[\w-]{20}", r"[?&]key=([\w-]{20,})", marker="[key]",
            validate=validators.is_strong, apart=True),
    pattern("clave", r"(?i)\bclaves?(?:[ \t]+es[ \t]|[ \t]*[:=])",
            r"(?i)\bclaves?(?:[ \t]+es[ \t]+|[ \t]*[:=][ \t]*)[\"']?([^\s\"'\x1e(\[]{6,})", marker="[password]",
            validate=validators.has_digit, apart=True),
    pattern("path_token", paths.HINT, paths.REGEX, marker="[token]", validate=paths.is_token, apart=True),
    pattern("name_behind", assignments.BEHIND_HINT, assignments.BEHIND, marker="[secret]",
            validate=validators.is_not_masked, apart=True),
    pattern("session", r"\bsession=", r"\bsession=([\w.%-]{16,})", validate=validators.has_digit),
    Rule("assignment", assignments.HINT, assignments.find),
    Rule("assignment_abroad", assignments.ABROAD_HINT, assignments.find_abroad),
    Rule("compared", assignments.COMPARED_HINT, assignments.find_compared),
    Rule("compared_abroad", assignments.COMPARED_ABROAD_HINT, assignments.find_compared_abroad),
    Rule("inserted", assignments.SQL_HINT, assignments.find_inserted),
    Rule("email", mail.HINT, mail.find),
    Rule("iban", accounts.IBAN_HINT, accounts.find_ibans),
    Rule("card", accounts.CARD_HINT, accounts.find_cards),
    Rule("id", national.HINT, national.find),
    pattern("ssn", r"\b\d{3}-\d\d-\d{4}\b", r"\b\d{3}-\d\d-\d{4}\b", validate=validators.ssn),
    Rule("birth_date", births.HINT, births.find),
    Rule("mac", devices.HINT, devices.find),
    pattern("ip4", r"\d\.\d{1,3}\.\d{1,3}\.\d", r"\b\d{1,3}(?:\.\d{1,3}){3}\b", marker="[ip]",
            validate=validators.ipv4),
    pattern("ip6", r"(?i)[0-9a-f]{1,4}::[0-9a-f]|(?:[0-9a-f]{1,4}:){5}", r"(?i)(?:[0-9a-f]{1,4}:"
            r"|::)(?:[0-9a-f]{0,4}:)*[0-9a-f]{0,4}",
            marker="[ip]", validate=validators.ipv6),
    Rule("phone", phones.HINT, phones.find),
    pattern("user_path", r"/home/|/Users/|(?i:[\\/]users[\\/])",
            r"(?:/home/|/Users/)([^\s/\\:\"'<>|*?()\[\],;\x1e]+)|(?:[A-Za-z]:[\\/]+|\\)(?i:users)[\\/]+([^\\/:*?\"'<>"
            r"|\r\n\x1e]+)",
            marker="[user]", validate=validators.user_name),
)  # fmt: skip


def _found_in_plain(data: bytes) -> Iterator[Hit]:
    for rule in _PLAIN:
        yield from rule.find(data)


def _find_encoded(data: bytes) -> Iterator[Hit]:
    return encoded.find(data, _found_in_plain)


# Base64 is read last: by then tokens that are base64 themselves, such as JWTs, are gone.
RULES: tuple[Rule, ...] = (*_PLAIN, Rule("encoded", encoded.HINT, _find_encoded, apart=True))
