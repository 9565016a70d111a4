"""How severe a log line says it is, in the words of OpenTelemetry's data model, of syslog and of loggers in use.

The data model counts from 1 to 24, four numbers a name ("Displaying Severity"); its appendix B maps syslog, log4j,
java.util.logging and others to them. What syslog calls critical and alert is fatal here, as loggers have it."""

import re2

# The first number of each name of the data model, and the level that pages know it by.
LEVELS = {"trace": (1, "debug"), "debug": (5, "debug"), "info": (9, "info"), "warn": (13, "warning"),
          "error": (17, "error"), "fatal": (21, "fatal")}  # fmt: skip
_WORDS = {
    "trace": "trc trac finest finer verbose verb vrb t v all silly",
    "debug": "dbg debu fine config conf cfg d",
    # The rest of PostgreSQL's lines about one error, npm's http, notification of Oracle.
    "info": "inf information informational infos i n notice not note notification log success ok message msg http"
    " statement detail hint context query location",
    "warn": "warning warnings wrn wn w caution deprecated",
    "error": "err erro errors eror e severe failure failed fail exception",
    "fatal": "ftl fatl critical crit crt c emergency emerg emrg alert alrt a panic dpanic pnc f assert wtf disaster",
}
_NAMES = {word: name for name, words in _WORDS.items() for word in (name, *words.split())}
# PostgreSQL counts to DEBUG5, Apache to trace8: only the data model's four places are kept.
_NUMBERED = re2.compile(r"^(?P<name>[a-z]+)(?P<place>[0-9])?$")
# `LOG_ERR`, `LogLevel.Error`, `level=error`, `[ERROR]`, `SEVERITY_NUMBER_ERROR2`, `E_WARNING`, `err(3)`
_PREFIX = re2.compile(r"^(?:(?:syslog|log|loglevel|lvl|level|severity|number|priority|logger|e)[ ._:=-]+)+")
_SYSLOG_NUMBER = re2.compile(r" ?\([0-7]\)$")
_APART = re2.compile(r"[ ._:/-]+")
_NOT = frozenset({"no", "non", "not"})
_PLACES = 4
_RANGES = tuple((first + 3, level) for first, level in LEVELS.values())


def of_text(text: str) -> tuple[str, int] | None:
    """The level and the number that a word says, or one of three (`Fatal error`); None where it says nothing."""
    if not text.isascii():
        return None
    word = _SYSLOG_NUMBER.sub("", text.strip().lower()).strip("[](){}<>|:*.,;!\"' ")
    word = _PREFIX.sub("", word)
    words = _APART.split(word)
    if len(words) == 1 or len(words) > 3 or not _NOT.isdisjoint(words):
        return _of_word(word)
    return next((told for part in words if len(part) > 2 and (told := _of_word(part)) is not None), None)


def _of_word(word: str) -> tuple[str, int] | None:
    match = _NUMBERED.match(word)
    name = _NAMES.get(match["name"]) if match else None
    if match is None or name is None:
        return None
    first, level = LEVELS[name]
    place = int(match["place"] or 1)
    return level, first + (place - 1 if 1 <= place <= _PLACES else 0)


def of_number(number: object) -> str:
    """The level of a number of the data model; "" for what is none."""
    if type(number) is not int or not 1 <= number <= 24:
        return ""
    return next(level for last, level in _RANGES if number <= last)
