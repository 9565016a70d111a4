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
        ("debug", "TRC Verbose FINEST finer D dbg T V fine CONFIG"),
        ("info", "Informational Information notice I inf NOTICE log"),
        ("warning", "warning WRN W Warn"),
        ("error", "ERR E SEVERE err Error eror [ERROR] <error> LOG_ERR LogLevel.Error level=error"),
        ("fatal", "CRIT Critical ALERT EMERG emergency PANIC dpanic F FTL log_crit LOG_EMERG"),
    ],
)  # fmt: skip
def test_words_of_loggers_are_known(level: str, words: str) -> None:
    assert {(severities.of_text(word) or ("",))[0] for word in words.split()} == {level}


@pytest.mark.parametrize("text", ["", "ERROR5", "ERROR0", "nonsense", "3", "error rate", "0", "\ud800", "ERR\n\nX"])
def test_other_words_say_nothing(text: str) -> None:
    assert severities.of_text(text) is None


@pytest.mark.parametrize("number", [0, 25, -1, True, 9.0, "9", None])
def test_other_numbers_say_nothing(number: object) -> None:
    assert severities.of_number(number) == ""
