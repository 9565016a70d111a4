"""Numbers and moments as people read them."""

from datetime import datetime, timedelta

_STEPS = [
    (timedelta(days=365), "y"),
    (timedelta(days=30), "mo"),
    (timedelta(days=1), "d"),
    (timedelta(hours=1), "h"),
    (timedelta(minutes=1), "min"),
]


def ago(moment: datetime | None, *, now: datetime) -> str:
    """`3 h ago`; `just now` under a minute; `never` for nothing."""
    if moment is None:
        return "never"
    passed = now - moment
    for length, unit in _STEPS:
        if passed >= length:
            return f"{passed // length} {unit} ago"
    return "just now" if passed > -timedelta(minutes=1) else f"{moment:%Y-%m-%d %H:%M}"


def compact(number: float | None) -> str:
    """`12.4 k`; a dash for nothing."""
    if number is None:
        return "–"
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        # What would round to a thousand of one unit is one of the next.
        if abs(number) >= limit * 0.9995:
            scaled = number / limit
            return f"{scaled:.0f} {unit}" if abs(scaled) >= 99.95 else f"{scaled:.1f} {unit}"
    return f"{number:g}" if isinstance(number, int) else f"{number:.3g}"


def measured(value: float | None, unit: str = "") -> str:
    """A value of a chart with its unit, once: `412 ms`, `99.94 %`, `1,204` of a `count`, `3.4 MB`; charts/words.js says
    the same in the browser."""
    if value is None:
        return "–"
    if unit == "count":
        return f"{value:,.10g}"
    if unit == "ms":
        return f"{value:.3g} ms" if 0 < abs(value) < 9.95 else duration(value)
    if unit == "%":
        return f"{_points(value)} %"
    if unit == "MB":
        return size(round(value * 1e6))
    return f"{compact(value)} {unit}" if unit else compact(value)


def _points(value: float) -> str:
    """Percent to two digits, never rounded up to a hundred or down to nothing."""
    if 0 < abs(value) < 0.01:
        return f"{value:.1g}"
    text = f"{min(value, 99.99) if value < 100 else value:.2f}"
    return text.rstrip("0").rstrip(".")


def rate(per_minute: float | None) -> str:
    """What happens so often a minute, with a number that people can picture: `70 a day`, `34 an hour`."""
    if not per_minute:
        return "–" if per_minute is None else "0"
    return " ".join(often(per_minute))


def often(per_minute: float) -> tuple[str, str]:
    """The two parts of `rate`, for a sentence that has a word between them: `70`, `a day`."""
    for times, unit, least in ((1, "a min", 1), (60, "an hour", 10)):
        if per_minute * times >= least:
            return _short(per_minute * times), unit
    return _short(per_minute * 1440), "a day"


def _short(number: float) -> str:
    """A number of one digit keeps one behind the point."""
    return compact(round(number, 1) if abs(number) < 9.95 else round(number))


_SPANS = ((604_800, "weeks", "week"), (86_400, "d", "day"), (3600, "h", "hour"), (60, "min", "min"))


def span(length: timedelta) -> str:
    """How long a bucket is, as said after "per": `15 min`, `hour`, `3 h`, `day`."""
    seconds = round(length.total_seconds())
    for whole, unit, one in _SPANS:
        if seconds and seconds % whole == 0:
            return one if seconds == whole else f"{seconds // whole} {unit}"
    return f"{seconds} s" if seconds < 86_400 else f"{seconds / 86_400:.0f} d"


def size(count: int | None) -> str:
    """Bytes as `3.4 MB`."""
    if count is None:
        return "–"
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def percent(share: float | None, *, digits: int = 2) -> str:
    """A share of one as `99.94 %`; never rounded up to a hundred."""
    if share is None:
        return "–"
    text = f"{share * 100:.{digits}f}"
    if share < 1 and float(text) == 100:
        text = "99." + "9" * digits
    return f"{text} %"


def duration(milliseconds: float | None) -> str:
    """`412 ms`, `2.1 s`, `3.5 min`."""
    if milliseconds is None:
        return "–"
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds / 1000:.1f} s" if milliseconds < 60_000 else f"{milliseconds / 60_000:.1f} min"


SECURITY = {
    "key_refused": "Refused keys",
    "login_failed": "Login failures",
    "csp": "CSP reports",
    "rate_limited": "Rate limits hit",
    "scope_refused": "Scopes refused",
    "nel": "Network errors",
    "report": "Browser reports",
}
"""Kind of a security event -> what people call it."""
