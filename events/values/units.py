"""The units a measurement may have, under one spelling each."""

from __future__ import annotations

# Sentry's names on the right; on the left what UCUM (OpenTelemetry) and people write.
_SPELLINGS = {
    "nanosecond": ("ns", "nanoseconds"),
    "microsecond": ("us", "µs", "microseconds"),
    "millisecond": ("ms", "milliseconds"),
    "second": ("s", "sec", "seconds"),
    "minute": ("min", "minutes"),
    "hour": ("h", "hours"),
    "day": ("d", "days"),
    "byte": ("by", "b", "bytes"),
    "kilobyte": ("kby", "kb", "kilobytes"),
    "kibibyte": ("kiby", "kib", "kibibytes"),
    "megabyte": ("mby", "mb", "megabytes"),
    "mebibyte": ("miby", "mib", "mebibytes"),
    "gigabyte": ("gby", "gb", "gigabytes"),
    "gibibyte": ("giby", "gib", "gibibytes"),
    "ratio": ("1",),
    "percent": ("%",),
    "celsius": ("cel", "°c"),
    "hertz": ("hz",),
    "none": ("", "count"),
}
UNITS = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in (unit, *spellings)}
KNOWN = tuple(_SPELLINGS)


_MILLISECONDS = {"nanosecond": 1e-6, "microsecond": 1e-3, "second": 1e3, "minute": 6e4, "hour": 3.6e6, "day": 8.64e7}


def milliseconds(value: float, unit: str) -> float:
    """A time in milliseconds; as it is where the unit is none of time, since SDKs leave theirs out."""
    return value * _MILLISECONDS.get(known(unit) or "", 1.0)


def known(sent: str) -> str | None:
    """The unit that `sent` spells, None for one nobody knows; `{request}` is a count of requests."""
    if sent.startswith("{") and sent.endswith("}"):
        return "none"
    return UNITS.get(sent.strip().lower())
