"""Dates of birth: a date is one only behind a word that says so."""

from collections.abc import Iterator

import re2

Hit = tuple[int, int, str]

# Words in keys, after `birthDate` and `date_of_birth` are split.
KEY_WORDS = (
    "dob", "birthdate", "birthday", "birthdt", "dateofbirth", "geburtsdatum", "geburtstag", "naissance", "nascita",
    "nascimento", "nacimiento", "geboortedatum", "födelsedatum", "fodelsedatum", "fødselsdato", "fodselsdato",
    "syntymäaika", "syntymaaika",
    "urodzenia", "narození", "narozeni", "рождения", "народження", "生日", "生年月日", "出生日期", "생년월일",
)  # fmt: skip
KEY_PHRASES = (("birth", "date"), ("birth", "day"), ("of", "birth"), ("doğum", "tarihi"), ("dogum", "tarihi"))
_LABELS = (
    # Those of Latin script, of which some are short: they begin at the border of a word.
    "dob|d[.]o[.]b[.]?|date of birth|birth date|birth day|born|geburtsdatum|geburtstag|geb[.]|geb[.]? ?datum|geboren|"
    "date de naissance|naissance|née? le|fecha de nacimiento|fecha nacimiento|nacid[oa]|data di nascita|nat[oa] il|"
    "data de nascimento|nascimento|nascid[oa]|geboortedatum|födelsedatum|född|fødselsdato|født|syntymäaika|syntynyt|"
    "data urodzenia|urodzon[ya]|datum narození|narozen[aá]?|dátum narodenia|narodený|születési dátum|született|"
    "data nașterii|născut[ă]?|doğum tarihi|datum rođenja|rojstni datum|dzimšanas datums|gimimo data|sünniaeg|"
    "fæðingardagur|tanggal lahir|ngày sinh"
)
_OTHER_LABELS = (
    "дата рождения|день рождения|д[.] ?р[.]|родился|родилась|дата народження|дата на раждане|датум рођења|"
    "ημερομηνία γέννησης|出生日期|出生年月|生日|生年月日|誕生日|생년월일|생일|تاريخ الميلاد|תאריך לידה|जन्म तिथि|"
    "जन्मतिथि|วันเกิด"
)
_SAYS_SO = rf"(?i:(?:\b|_)(?:{_LABELS})|{_OTHER_LABELS})".replace(" ", "[ _-]?")
_SEPARATED = (
    r"[\"'\])>]{0,2}[ \t]{0,4}(?i:[:=(]|：|=>|は|\b(?:is|was|on|in|ist|war|am|est|es|è|le|el|il|op|em|den|dne)\b)?"
    r"[ \t]{0,4}[\"'(<\[]?"
)
# Any letter: Unicode's own classes, repeated, are large automata.
_LETTER = r"[A-Za-z\x{c0}-\x{10ffff}]"
_MONTH = rf"{_LETTER}{{3,15}}\.?"
_DATE = (
    r"\d{4}[-./ ]\d{1,2}[-./ ]\d{1,2}(?:T[0-9:.]{5,15}Z?)?"
    r"|\d{1,2}[-./ ]{1,2}\d{1,2}[-./ ]{1,2}\d{2,4}"
    r"|(?:19|20)\d{6}|\d{4}(?:19|20)\d\d"
    rf"|\d{{1,2}}(?i:st|nd|rd|th)?\.?[ -](?i:of |de )?{_MONTH},?[ -](?i:de |del )?\d{{2,4}}"
    rf"|{_MONTH} \d{{1,2}}(?i:st|nd|rd|th)?,? \d{{4}}"
    r"|\d{4} ?[年년] ?\d{1,2} ?[月월] ?\d{1,2} ?[日일]?"
)
HINT = rf"{_SAYS_SO}{_SEPARATED}(?:{_LETTER}{{3,15}}\.? )?\d"
_LABELLED = re2.compile(rf"{_SAYS_SO}{_SEPARATED}({_DATE})".encode())


def find(data: bytes) -> Iterator[Hit]:
    """Yields the spans of dates behind a word for birth, in some thirty languages."""
    for match in _LABELLED.finditer(data):
        start, end = match.span(1)
        if not data[end : end + 1].isdigit():
            yield start, end, "[birth_date]"
