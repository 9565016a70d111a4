"""The second look that request bodies, query strings and local variables get where a project keeps them.

`scrub` knows secrets by their form and label. Such values also hold what has neither: names, streets, what somebody
searched for, a token that no vendor made. Here a label of a person is enough, and so is looking like chance.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import Any
from urllib.parse import unquote_plus

import orjson
import re2

from events.values.wordlists import word_set

REMOVED = "[removed]"
_DEPTH = 32
_LABELS = {
    "[name]": word_set(
        "firstname lastname fullname nick nickname alias handle lname fname surname middlename givenname familyname "
        "maidenname displayname username "
        "loginname customername contactname cardholder cardholdername cardname accountholder holdername ownername "
        "recipientname sendername authorname employeename patientname guestname companycontact login loginid "
        "vorname nachname zuname geburtsname benutzername anrede kontoinhaber prenom nomdefamille nomcomplet nom "
        "nombre apellido apellidos nombrecompleto cognome nomecompleto sobrenome voornaam achternaam imie nazwisko "
        "fornavn etternavn efternavn fornamn efternamn имя фамилия отчество 姓名 名前 氏名 "
    ),
    "[address]": word_set(
        "address address1 address2 address3 addressline addressline1 addressline2 street streetaddress streetname "
        "housenumber city town village suburb postcode postalcode zip zipcode county latitude longitude lat lng lon "
        "coordinates geolocation strasse straße hausnummer plz postleitzahl ort wohnort stadt adresse rue ville "
        "codepostal direccion calle ciudad codigopostal indirizzo citta cap morada rua cidade cep straat woonplaats "
        "ulica miasto shippingaddress billingaddress homeaddress deliveryaddress адрес улица город 地址 住所 "
    ),
    "[birth]": word_set(
        "dob birthday birthdate dateofbirth birth bday birthplace placeofbirth birthyear geburtsdatum geburtstag "
        "geburtsort datedenaissance naissance fechanacimiento fechadenacimiento datanascita nascimento geboortedatum "
    ),
    "[phone]": word_set(
        "phone phonenumber mobile mobilenumber mobilephone cell cellphone tel telephone fax telefon handy telefono "
        "telephonenumber whatsapp telefone телефон 电话 "
    ),
    "[email]": word_set("email mail emailaddress mailaddress correo courriel "),
    "[personal]": word_set(
        "gender sex religion ethnicity nationality race passport passportnumber nationalid taxid taxnumber ssn nin nhs "
        "socialsecuritynumber idnumber identitynumber driverlicense driverslicense licensenumber licenseplate "
        "diagnosis medication insurance insurancenumber salary income accountnumber accountno routingnumber sortcode "
        "cardnumber ccnumber pan bic iban swift maritalstatus personalausweis steuernummer kontonummer "
    ),
    "[secret]": word_set(
        "pin pincode otp totp mfacode verificationcode securitycode cvv cvc cvv2 csc passcode tan puk seed seedphrase "
        "mnemonic recoverycode backupcode answer securityanswer magic magiclink invite invitecode state nonce sig "
        "signature hmac code ticket csrf csrftoken csrfmiddlewaretoken authenticitytoken xsrf xsrftoken samlresponse "
        "samlrequest assertion jwt hash resethash confirmation confirm activation unsubscribe "
        "passwort kennwort motdepasse mdp contraseña contrasena senha hasło haslo пароль 密码 密碼 パスワード 비밀번호 "
        "parola heslo wachtwoord lösenord losenord salasana şifre sifre palabra "
    ),
    "[text]": word_set(
        "q query search searchterm searchquery term terms keyword keywords s message comment comments note notes body "
        "text bio about aboutme description subject feedback reason content question prompt reply "
    ),
}
_BY_LABEL = {label: marker for marker, labels in _LABELS.items() for label in labels}
# Below these every text and number is somebody's.
_PEOPLE = word_set(
    "user users customer customers person people contact contacts owner patient patients recipient recipients member "
    "members employee employees profile author guest guests client buyer seller sender billing shipping passenger "
    "passengers student students subscriber payer payee beneficiary kunde kunden benutzer nutzer utilisateur usuario "
)
_NOT_A_LETTER = re2.compile(r"[^\pL\pN]+")
# Whether any label stands in a text at all: a pass that costs little and spares most texts the others.
_ANY_LABEL = re2.compile("|".join(map(re2.escape, sorted({*_BY_LABEL, "name"}))) + r"|\d{9}")
_JOINED = str.maketrans("", "", "_- ")
# More of one text is not read: what is kept of it is shorter.
_READ = 65_536
# Longer names are nobody's, and are read each time.
_REMEMBERED = 60
_CAMEL = re2.compile(r"([\p{Ll}\pN])(\p{Lu})")
# Labels of these count alone and whole: `error_message`, `status_code` and `sql_query` are a program's own.
_EVERYDAY = frozenset({"[text]", "[secret]"})
# In a text: `first_name='Alice'`, `"street": "Elm 1"`, `city=Bonn`. Labels of one everyday word need quotes.
_QUOTED = r"(?:[bru]{0,2}\"(?:[^\"\\]|\\[\s\S])*(?:\"|\z)|[bru]{0,2}'(?:[^'\\]|\\[\s\S])*(?:'|\z))"
_ASSIGNED = re2.compile(
    rf"([^\s,;&?#/<>(){{}}\[\]=:\"'@]+(?:\[[^\s\[\]\"']*\])*)([\"']?\s*(?:=>|[:=])\s*)({_QUOTED}|[^\s,;&\"'(){{}}\[\]<>=:]+)"
)
# `<firstName>Alice</firstName>`, and `name="first_name"` with the value after an empty line.
_ELEMENT = re2.compile(r"(<(?:[\w\-]+:)?)([^\s<>/!?=:]+)((?:\s[^<>]*)?>)([^<>]+)(<)")
_PART = re2.compile(
    r"(\bname=\"?)([^\"\r\n;]+)(\"?(?:;[^\r\n]*)?\r?\n(?:[A-Za-z\-]+:[^\r\n]*\r?\n)*\r?\n)([^\r\n]+)(\r?\n|\z)"
)
_BARE = frozenset({"[name]", "[address]", "[birth]", "[phone]", "[email]", "[personal]", "[secret]"})
_WORD = re2.compile(r"[A-Za-z0-9_\-+=~]{16,}")
# A letter beyond ASCII as JSON may write it; no control, no quote, no half of a pair.
_ESCAPED = re2.compile(r"\\u(0[1-9a-fA-F][0-9a-fA-F]{2}|00[a-fA-F][0-9a-fA-F]|[1-9a-cA-C][0-9a-fA-F]{3})")
FORM = re2.compile(r"^[\w.%+\[\]\-]+=[^\s=&]*(?:&[\w.%+\[\]\-]+=[^\s&]*)*&?$")
_UUID = re2.compile(r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_DIGITS = re2.compile(r"^\+?\d[\d \-/.()]{5,}\d$")
# Ten digits that begin so are seconds, thirteen milliseconds, of this age.
_EPOCH = re2.compile(r"^1[0-9]{9}(?:[0-9]{3})?$")
_OF_WORDS = re2.compile(r"^[a-z]+(?:[_\-][a-z]+)*\d{0,4}$|^[A-Za-z]+$|^[A-Z]+(?:_[A-Z]+)*\d{0,4}$|^[=_\-+~]+$")


@lru_cache(maxsize=4096)
def marker(label: str) -> str:
    """The marker for what stands under a label of people, empty for another label."""
    words = _words(label)
    whole = "".join(words)
    if whole in _BY_LABEL or whole == "name":
        return _BY_LABEL.get(whole, "[name]")
    # `billing_street`, `user[email]`, `customerPhone2`: what a label ends with, if that is no everyday word.
    for count in (3, 2, 1):
        mark = _BY_LABEL.get("".join(words[-count:]), "")
        if mark and mark not in _EVERYDAY:
            return mark
    return ""


def _words(label: str) -> list[str]:
    parted = _CAMEL.sub(r"\1 \2", label[-60:])
    return [word.rstrip("0123456789") for word in _NOT_A_LETTER.split(parted.lower()) if word.rstrip("0123456789")]


@lru_cache(maxsize=4096)
def _is_of_people(label: str) -> bool:
    return any(word in _PEOPLE for word in _words(label)[-1:])


def careful(value: Any) -> Any:
    """The value in its shape, without what a person's label or the look of chance gives away; `scrub` does the rest."""
    return _value(value, "", is_of_person=False, depth=0)


def labelled(label: str, value: Any) -> Any:
    """The same for a value that stands under a label: a variable, a parameter."""
    return _value(value, marker(label), is_of_person=_is_of_people(label), depth=0)


def names(value: Any) -> Any:
    """The shape and the names, no value."""
    return _shape(value, 0)


def text(sent: str) -> str:
    """A text without what stands in it under a person's label, and without words that look like chance."""
    if '\\"' in sent:
        # JSON within JSON: what is quoted twice is read as quoted once.
        sent = sent.replace('\\"', '"')
    if "\\u" in sent:
        sent = _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), sent)
    sent = sent[:_READ]
    if sent.count("-") >= 4:
        sent = _UUID.sub("[opaque]", sent)
    if not _ANY_LABEL.search(sent.lower().translate(_JOINED)):
        return _replaced(_WORD, sent, _opaque)
    if "<" in sent:
        sent = _replaced(_ELEMENT, sent, _held)
    if "name=" in sent:
        sent = _replaced(_PART, sent, _held)
    sent = _replaced(_ASSIGNED, sent, _assigned)
    return _replaced(_WORD, sent, _opaque)


def name(sent: str) -> str:
    """The same for a name, of which programs have few and send them again and again."""
    return _name(sent) if len(sent) <= _REMEMBERED else text(sent)


_name = lru_cache(maxsize=4096)(text)


def parameters(query: str, *, keeps_values: bool) -> str:
    """A query string or form with its names, and with values where they are kept."""
    return "&".join(_parameter(pair, keeps_values=keeps_values) for pair in query.split("&", 200)[:200] if pair)


def _parameter(pair: str, *, keeps_values: bool) -> str:
    label, equals, sent = pair.partition("=")
    if not equals or not label:
        # Without a name it is a value.
        return REMOVED
    if not keeps_values:
        return f"{name(label)}={REMOVED}"
    plain = unquote_plus(sent)
    kept = labelled(unquote_plus(label), plain)
    return f"{name(label)}={sent if kept == plain else kept}"


def _value(value: Any, mark: str, *, is_of_person: bool, depth: int) -> Any:
    if depth > _DEPTH:
        return REMOVED
    if isinstance(value, dict):
        return {
            name(str(key)): _value(
                inner,
                marker(str(key)) or mark,
                is_of_person=is_of_person or _is_of_people(str(key)),
                depth=depth + 1,
            )
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_value(inner, mark, is_of_person=is_of_person, depth=depth + 1) for inner in value]
    if value is None or isinstance(value, bool) or value == "":
        return value
    if mark or is_of_person:
        return mark or "[personal]"
    if isinstance(value, str):
        if value[:1] in ("{", "[") and depth < _DEPTH and (inner := _json(value)) is not None:
            return orjson.dumps(_value(inner, mark, is_of_person=is_of_person, depth=depth + 1)).decode()
        if "&" in value and FORM.search(value):
            return parameters(value, keeps_values=True)
        return "[number]" if _is_number_of_somebody(value) else text(value)
    return "[number]" if isinstance(value, int) and _is_number_of_somebody(str(abs(value))) else value


def _json(sent: str) -> Any:
    try:
        found = orjson.loads(sent)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict | list) else None


def _shape(value: Any, depth: int) -> Any:
    if depth > _DEPTH:
        return REMOVED
    if isinstance(value, dict):
        return {name(str(key)): _shape(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        # Of a list the first tells what all are like.
        return [_shape(inner, depth + 1) for inner in value[:1]]
    return value if value is None else REMOVED


def _is_number_of_somebody(value: str) -> bool:
    return _DIGITS.search(value) is not None and sum(map(str.isdigit, value)) >= 9 and not _EPOCH.search(value)


def _replaced(pattern: Any, sent: str, judge: Callable[[Any], str | None]) -> str:
    pieces: list[str] = []
    last = 0
    for found in pattern.finditer(sent):
        new = judge(found)
        if new is not None:
            pieces += (sent[last : found.start()], new)
            last = found.end()
    return "".join(pieces) + sent[last:] if pieces else sent


def _held(found: Any) -> str | None:
    """An element of XML or a part of a form: its label, what stands between, its value."""
    before, label, between, value, after = found.groups()
    mark = marker(label)
    return f"{before}{label}{between}{mark}{after}" if mark and value.strip() else None


def _assigned(found: Any) -> str | None:
    label, between, value = found.groups()
    mark = marker(label)
    if not mark and value[-1:] in "\"'" and _is_number_of_somebody(value.strip("\"'")):
        mark = "[number]"
    if not mark or value.startswith("[") or value in ("None", "null", "True", "False", "true", "false"):
        return None
    quote = value[-1] if value[-1] in "\"'" else ""
    if not quote and (mark not in _BARE or label.lower() in ("name", "code", "state", "hash", "seed")):
        return None
    return f"{label}{between}{quote}{mark}{quote}"


def _opaque(found: Any) -> str | None:
    """A marker for a word that no person and no programmer would write."""
    word = found.group()
    if _OF_WORDS.search(word) or "[" in word:
        return None
    digits = sum(map(str.isdigit, word))
    turns = sum(_kind(a) != _kind(b) for a, b in pairwise(word))
    return "[opaque]" if digits >= 2 and turns >= len(word) // 5 and turns >= 4 else None


def _kind(sign: str) -> int:
    return 0 if sign.isdigit() else 1 if sign.islower() else 2 if sign.isupper() else 3
