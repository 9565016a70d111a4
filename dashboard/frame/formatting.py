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
        if abs(number) >= limit:
            scaled = number / limit
            return f"{scaled:.0f} {unit}" if abs(scaled) >= 100 else f"{scaled:.1f} {unit}"
    return f"{number:g}" if isinstance(number, int) else f"{number:.3g}"


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
