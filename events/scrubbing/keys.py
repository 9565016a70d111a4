"""What a key says about its value: whole words decide, never substrings (`author` is not `auth`)."""

from dataclasses import dataclass
from typing import Literal

import re2

from events.scrubbing import births, devices, labels, national, validators
from events.values.wordlists import word_set

Action = Literal["mask", "id", "version", "modules", "email", "phone", "tells", "none"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How to treat the value of a key.

    mask: the value is a secret. id, version, modules: protocol fields that pass as they are while they look the part.
    email, phone: personal when the value looks the part. tells: another key of the mapping says what this one holds.
    `renamed` is the key to store when the key itself holds a
    secret.
    `weak` leaves numbers and containers alone (`tokens: 512`, `auth: {…}`); `line` means that in text the whole
    rest of the line belongs to the value.
    """

    action: Action
    marker: str = ""
    weak: bool = False
    line: bool = False
    renamed: str = ""


# Fields that the Sentry and PostHog protocols define as identifiers. Rewriting one of them loses the event.
IDS = word_set(
    "event_id trace_id span_id parent_span_id parent_id parentspanid traceid spanid debug_id code_id "
    "replay_id profile_id profiler_id check_in_id sid did segment_id link_id thread_id uuid fingerprint "
    "chunk_id $session_id $window_id $device_id $insert_id $pageview_id public_key"
)
# `{"name": "password", "value": …}`, and the type of a JSON Web Key.
VALUES = ("value", "Value", "ParameterValue")
VERSION_WORDS = word_set("version versions release releases build dist ver commit revision sha digest checksum")
MODULES = frozenset({"modules", "packages", "dependencies", "requirements"})

_PASSWORDS = labels.folded(labels.PASSWORDS)
_MARKER_OF_WORD: dict[str, str] = {
    **dict.fromkeys((*_PASSWORDS, "passphrase", "pass", "passwords"), "[password]"),
    **dict.fromkeys(
        ("secret", "secrets", "credential", "credentials", "creds", "mnemonic", "signature", "hmac"), "[secret]"
    ),
    **dict.fromkeys(("token", "tokens", "csrf", "xsrf", "bearer", "authtoken", "passkey"), "[token]"),
    **dict.fromkeys(("apikey", "apikeys", "secretkey", "accesskey", "privatekey", "authkey", "sshkey"), "[key]"),
    **dict.fromkeys(("cookie", "cookies"), "[cookie]"),
    **dict.fromkeys(("sessionid", "sessid", "session", "phpsessid", "jsessionid"), "[session]"),
    **dict.fromkeys(("authorization", "auth"), "[authorization]"),
    **dict.fromkeys(("pin", "cvv", "cvc", "cvv2", "csc", "otp", "totp"), "[code]"),
    **dict.fromkeys(national.KEY_WORDS, "[id]"),
    **dict.fromkeys(births.KEY_WORDS, "[birth_date]"),
    **dict.fromkeys(devices.KEY_WORDS, "[mac]"),
    **dict.fromkeys(labels.folded(labels.TOKENS), "[token]"),
    **dict.fromkeys(labels.folded(labels.KEYS), "[key]"),
    **dict.fromkeys(labels.folded(labels.SECRETS), "[secret]"),
    "jwt": "[jwt]",
    "ssn": "[ssn]",
    "iban": "[iban]",
    "creditcard": "[card]",
    "cardnumber": "[card]",
    "ccnumber": "[card]",
    "ccnum": "[card]",
}
# `5.4.1985` and `12.531.909` are no versions here.
_NUMBERS = frozenset({"[birth_date]", "[id]"})
_WEAK = word_set("token tokens pass auth session signature bearer csrf xsrf pin otp totp csc")
_LINE = frozenset(["cookie", "cookies", "authorization", "passphrase", "mnemonic"])
# A glued word counts when it ends like this: `dbpassword`, `mytoken`. Nothing benign in English or code ends so.
_ENDINGS = (
    "password", "passwd", "passphrase", "apikey", "secretkey", "accesskey", "privatekey", "authtoken", "accesstoken",
    "refreshtoken", "idtoken", "csrftoken", "clientsecret", "sessid", "sessionid", "secret", "token", "cookie",
    "dbpass", "userpass", "storepass", "keypass", "databasepass", "apipass", "pwd",
    "dbkey", "databasekey", "servicekey", "accountkey", "privkey", "authkey", "clientkey", "credentials", "passwort",
    "kennwort", "wachtwoord",
)  # fmt: skip

_PHRASES: dict[tuple[str, str], str] = {
    **{
        (word, noun): "[key]"
        for word in word_set(
            "api access secret private signing signature encryption master account auth client deploy ssh service "
            "shared storage license server consumer db database priv hmac crypto aes rsa subscription functions "
            "webhook host app application ssl"
        )
        for noun in ("key", "keys")
    },
    **{
        (word, noun): "[code]"
        for word in word_set("recovery backup security verification auth authorization otp mfa access sms")
        for noun in ("code", "codes")
    },
    **dict.fromkeys(births.KEY_PHRASES, "[birth_date]"),
    ("mac", "address"): "[mac]",
    **{
        (word, "pass"): "[password]"
        for word in word_set("db database api key store user admin root ftp smtp mail http")
    },
    ("pass", "word"): "[password]",
    ("secretaccess", "key"): "[key]",
    ("pass", "phrase"): "[password]",
    ("seed", "phrase"): "[secret]",
    ("recovery", "phrase"): "[secret]",
    ("connection", "string"): "[secret]",
    ("security", "answer"): "[secret]",
    ("session", "id"): "[session]",
    ("session", "key"): "[session]",
    ("card", "number"): "[card]",
    ("credit", "card"): "[card]",
    ("debit", "card"): "[card]",
    ("cc", "number"): "[card]",
    ("account", "number"): "[account]",
    ("routing", "number"): "[account]",
    ("social", "security"): "[ssn]",
    ("passport", "number"): "[id]",
    ("license", "number"): "[id]",
    ("national", "id"): "[id]",
    ("tax", "id"): "[id]",
    ("passport", "no"): "[id]",
    ("passport", "nr"): "[id]",
    ("passport", "id"): "[id]",
    ("identity", "number"): "[id]",
    ("insurance", "number"): "[id]",
    ("codice", "fiscale"): "[id]",
    ("steuer", "id"): "[id]",
    ("tax", "number"): "[id]",
}
for _phrase in labels.PASSWORD_PHRASES:
    _former, _latter = labels.fold(_phrase).replace("'", " ").split()[-2:]
    _PHRASES[_former, _latter] = "[password]"
_EMAIL = frozenset(["email", "emails", "mail"])
_PHONE = word_set(
    "phone telephone mobile tel fax msisdn cellphone phonenumber telefon telefone teléfono telefono téléphone telefoon "
    "handy celular móvil movil whatsapp telefonnummer handynummer"
)

# `password_reset_at`, `token_count`, `cookie_policy`: the last word says that the value is about a secret, not one.
_BENIGN_LAST = word_set(
    "count counts length len size limit limits max min method methods type types at date time timestamp "
    "expiry expires expired expire expiration ttl age name names field fields url uri path file filename "
    "policy strength score valid invalid required enabled disabled changed reset updated created present "
    "status state error errors hint label placeholder rules usage used input output prompt completion "
    "index position attempts provider backend class scheme mode version format algorithm alg endpoint "
    "issuer scope scopes visible style column template form view views validator validators validation "
    "rate ratio per total percent price cost id ids kind source location domain samesite secure httponly "
    "consent banner manager service middleware hasher hashers set exists missing ok timeout interval "
    "lifetime duration window bytes bits seconds ms days minutes hours budget page screen title "
    "description text message handler user username owner host port region"
)
_KEEPS_SECRET_WITH_ID = frozenset({"secret", "session", "sess", "access"})
_BENIGN_FIRST = word_set(
    "has is use uses using needs need requires require required max min num n total count show hide "
    "forgot check validate get make create generate invalid missing no allow enable disable can should "
    "prompt completion input output cached public remaining avg mean"
)

# Not the brackets of a form field: `user[password]`.
MARKER = re2.compile(r"\[pem\]|(?:^|[^\pL\pN_])\[[a-z0-9_]{2,24}\]")
_HUMP = re2.compile(r"([a-z0-9])([A-Z])")
_ACRONYM = re2.compile(r"([A-Z]+)([A-Z][a-z])")
_WORD = re2.compile(r"[\pL\pM]+")

# Every word or ending above, as a substring: most keys hold none and need no second look.
_TELLING = re2.compile(
    "|".join(
        sorted(
            {re2.escape(word) for word in (*_MARKER_OF_WORD, *_ENDINGS, *VERSION_WORDS, *_EMAIL, *_PHONE)}
            | {f"{a}[^a-z]*{b}" for a, b in (*_PHRASES, ("e", "mail"))}
        )
    )
)


def has_marker(text: str) -> bool:
    """Whether scrubbing has been at the text already."""
    return "[" in text and MARKER.search(text.encode("utf-8", "replace").decode()) is not None


def words(key: str) -> list[str]:
    """The lower-case words of a camel, snake, kebab, dotted or bracketed key; digits separate."""
    spaced = _ACRONYM.sub(r"\1 \2", _HUMP.sub(r"\1 \2", key.replace("%5B", "[").replace("%5D", "]")))
    return [word.lower() for word in _WORD.findall(spaced)]


def _secret_at(parts: list[str]) -> tuple[int, str, str] | None:
    """(index of the last secret word, that word, its marker), or None."""
    for i in range(len(parts) - 1, -1, -1):
        marker = _PHRASES.get((parts[i - 1], parts[i])) if i else None
        if marker:
            return i, "", marker
        word = parts[i]
        marker = _MARKER_OF_WORD.get(word)
        if marker:
            return i, word, marker
        for ending in _ENDINGS:
            if word.endswith(ending):
                return i, ending, _MARKER_OF_WORD.get(ending, "[secret]")
    return None


def judge(key: str) -> Verdict | None:
    """The verdict on a key, or None when it says nothing about its value. Markers in a key do not count."""
    if "[" in key:
        key = MARKER.sub("", key)
    if not key.isascii():
        key = labels.bare(key)
    low = key.lower()
    if low in IDS:
        return Verdict("id")
    if low in MODULES:
        return Verdict("modules")
    if key in VALUES or key == "kty":
        return Verdict("tells")
    if not _TELLING.search(low):
        return None
    parts = words(key[-128:])
    if not parts:
        return None
    found = _secret_at(parts)
    last = parts[-1]
    if found:
        at, word, marker = found
        after = parts[at + 1 :]
        benign = bool(after) and last in _BENIGN_LAST and not (last in ("id", "ids") and word in _KEEPS_SECRET_WITH_ID)
        benign |= at > 0 and parts[0] in _BENIGN_FIRST
        # `auth` and `session` are everyday words: they count alone or at the end (`basic_auth`, `_app_session`).
        benign |= word in ("auth", "session", "pass", "csc", "pin") and bool(after)
        if not benign:
            return Verdict("mask", marker, weak=word in _WEAK, line=word in _LINE)
    if last in VERSION_WORDS:
        return Verdict("version")
    if (not found and last in _EMAIL) or parts[-2:] == ["e", "mail"]:
        return Verdict("email", "[email]")
    if not found and (last in _PHONE or (last == "number" and len(parts) > 1 and parts[-2] in _PHONE)):
        return Verdict("phone", "[phone]")
    return None


_HARMLESS_WORDS = word_set(
    "none null nil true false undefined nan empty unset redacted filtered hidden masked removed required "
    "optional missing invalid str string int bool bytes"
)

# What a placeholder begins with: looking is much cheaper than the regex.
_PLACEHOLDERS = frozenset("[*•xX.-_#%$?:{<vV0123456789bBtTdD")


def is_harmless(value: str) -> bool:
    """Whether a value under a secret key gives nothing away: empty, masked already, a version, a placeholder."""
    bare = value.strip("'\"` ")
    if not bare or len(bare) > 96:
        return not bare
    if bare.isalpha():  # No placeholder but a row of x is made of letters alone.
        return bare.lower() in _HARMLESS_WORDS or (len(bare) >= 3 and not bare.strip("x"))
    if bare.lower() in _HARMLESS_WORDS:
        return True
    return bare[0] in _PLACEHOLDERS and bool(validators.PLACEHOLDER.fullmatch(bare.encode("utf-8", "replace")))


def masked(verdict: Verdict, value: object) -> object:
    """The value as it may be kept under a key with this verdict; the same object when it may stay."""
    if type(value) is str:
        if verdict.action == "email":
            return verdict.marker if "@" in value else value
        if verdict.action == "phone":
            return verdict.marker if sum(c.isdigit() for c in value) >= 7 else value
        if verdict.action != "mask" or value == verdict.marker:
            return value
        if is_harmless(value) and not (verdict.marker in _NUMBERS and value[:1].isdigit()):
            return value
        # `session` names many things: only a value that could be a session id counts.
        if verdict.marker == "[session]" and verdict.weak and (len(value) < 16 or " " in value):
            return value
        if verdict.marker == "[secret]" and verdict.weak and " " in value:  # The signature of a function.
            return value
        return verdict.marker
    if type(value) is int or type(value) is float:
        if verdict.action == "phone":
            return verdict.marker if value >= 1_000_000 else value
        if verdict.action != "mask" or (verdict.weak and not (verdict.marker == "[code]" and value >= 1000)):
            return value
        return verdict.marker
    return value
