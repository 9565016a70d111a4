"""Words for severity, of the data model of logs and of loggers in use."""

import pytest

from events.values import severities

SHORT = [
    (f"{name}{place}", level, first + int(place or 1) - 1)
    for name, first, level in (
        ("TRACE", 1, "debug"), ("DEBUG", 5, "debug"), ("INFO", 9, "info"), ("WARN", 13, "warning"),
        ("ERROR", 17, "error"), ("FATAL", 21, "fatal"),
    )
    for place in ("", "1", "2", "3", "4")
]  # fmt: skip


@pytest.mark.parametrize(("text", "level", "number"), SHORT)
def test_the_short_names_of_the_data_model_are_known(text: str, level: str, number: int) -> None:
    assert severities.of_text(text) == (level, number)
    assert severities.of_text(text.capitalize()) == (level, number)
    assert severities.of_number(number) == level


@pytest.mark.parametrize(
    ("level", "words"),
    [
        ("debug", "TRC Verbose FINEST finer D dbg T V fine CONFIG DEBUG5 trace8 debug1"),
        ("info", "Informational Information notice I inf NOTICE log N notification http E_NOTICE"),
        ("warning", "warning WRN W Warn E_WARNING warning: deprecated E_USER_WARNING WARN."),
        ("error", "ERR E SEVERE err Error eror [ERROR] <error> LOG_ERR LogLevel.Error level=error err(3) ERROR0"),
        ("fatal", "CRIT Critical ALERT EMERG emergency PANIC dpanic F FTL log_crit LOG_EMERG crit. emerg(0)"),
    ],
)  # fmt: skip
def test_words_of_loggers_are_known(level: str, words: str) -> None:
    assert {(severities.of_text(word) or ("",))[0] for word in words.split()} == {level}


def test_the_further_lines_of_an_error_of_postgresql_are_no_errors_of_their_own() -> None:
    """PostgreSQL's src/backend/utils/error/elog.c writes each under a severity of its own."""
    for severity in ("DETAIL", "HINT", "CONTEXT", "QUERY", "STATEMENT", "LOCATION", "STATEMENT:"):
        assert severities.of_text(severity) == ("info", 9)


@pytest.mark.parametrize(
    ("text", "level"),
    [("Fatal error", "fatal"), ("PHP Warning", "warning"), ("Parse error", "error"), ("INCIDENT_ERROR", "error"),
     ("uncaught exception", "error"), ("Success Audit", "info"), ("crit (2)", "fatal")],
)  # fmt: skip
def test_two_or_three_words_are_known_by_the_first_that_says_something(text: str, level: str) -> None:
    """PHP's main.c (`Fatal error`), Oracle's diagnostic logging (`INCIDENT_ERROR`), Windows' event log."""
    told = severities.of_text(text)
    assert told is not None
    assert told[0] == level


@pytest.mark.parametrize(
    "text",
    ["", "ERROR55", "nonsense", "3", "0", "\ud800", "ERR\n\nX", "non-fatal", "no error", "(3)", "it is an error",
     "i o u"],
)  # fmt: skip
def test_other_words_say_nothing(text: str) -> None:
    assert severities.of_text(text) is None


@pytest.mark.parametrize("number", [0, 25, -1, True, 9.0, "9", None])
def test_other_numbers_say_nothing(number: object) -> None:
    assert severities.of_number(number) == ""
