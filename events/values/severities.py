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
    "info": "inf information informational infos i notice not note log success ok message msg",
    "warn": "warning warnings wrn wn w caution",
    "error": "err erro errors eror e severe failure failed fail exception",
    "fatal": "ftl fatl critical crit crt c emergency emerg emrg alert alrt a panic dpanic pnc f assert wtf disaster",
}
_NAMES = {word: name for name, words in _WORDS.items() for word in (name, *words.split())}
_NUMBERED = re2.compile(r"^(?P<name>[a-z]+)(?P<place>[2-4]|1)?$")
# `LOG_ERR`, `LogLevel.Error`, `level=error`, `[ERROR]`, `SEVERITY_NUMBER_ERROR2`
_PREFIX = re2.compile(r"^(?:(?:syslog|log|loglevel|lvl|level|severity|number|priority|logger)[ ._:=-]+)+")
_RANGES = tuple((first + 3, level) for first, level in LEVELS.values())


def of_text(text: str) -> tuple[str, int] | None:
    """The level and the number that a word says; None for one that says nothing."""
    word = text.strip().strip("[](){}<>|:*\"'").strip().lower()
    match = _NUMBERED.match(_PREFIX.sub("", word)) if word.isascii() else None
    name = _NAMES.get(match["name"]) if match else None
    if match is None or name is None:
        return None
    first, level = LEVELS[name]
    return level, first + int(match["place"] or 1) - 1


def of_number(number: object) -> str:
    """The level of a number of the data model; "" for what is none."""
    if type(number) is not int or not 1 <= number <= 24:
        return ""
    return next(level for last, level in _RANGES if number <= last)
