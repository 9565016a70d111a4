"""The day that weeks begin on: the reader's. Days are numbered as by `date.weekday`: Monday is 0.

Who chose none gets what is usual where their browser's language is spoken (firstDay of weekData and likelySubtags of
Unicode CLDR 45). Where nobody reads, as in mails, tasks and the API, weeks begin on Monday.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from analytics import periods
from analytics.periods import week_of

MONDAY, FRIDAY, SATURDAY, SUNDAY = 0, 4, 5, 6
NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
"""How people name a day; addresses and accounts do as `analytics.periods.FIRST_DAYS`."""

_SATURDAYS = "AF BH DJ DZ EG IQ IR JO KW LY OM QA SD SY"
_SUNDAYS = (
    "AG AS BD BR BS BT BW BZ CA CO DM DO ET GT GU HK HN ID IL IN JM JP KE KH KR LA MH MM MO MT MX MZ NI NP PA PE PH PK "
    "PR PT PY SA SG SV TH TT TW UM US VE VI WS YE ZA ZW"
)
_BEGIN_ON = {
    "MV": FRIDAY, **dict.fromkeys(_SATURDAYS.split(), SATURDAY), **dict.fromkeys(_SUNDAYS.split(), SUNDAY),
}  # fmt: skip
# Of languages that name no country, where most of their speakers live; others are of where weeks begin on Monday.
_HOMES = {
    "am": "ET", "ar": "EG", "bn": "BD", "dv": "MV", "dz": "BT", "en": "US", "fa": "IR", "fil": "PH", "gn": "PY",
    "gu": "IN", "he": "IL", "hi": "IN", "id": "ID", "ja": "JP", "jv": "ID", "km": "KH", "kn": "IN", "ko": "KR",
    "lo": "LA", "ml": "IN", "mr": "IN", "mt": "MT", "my": "MM", "ne": "NP", "pa": "IN", "ps": "AF", "pt": "BR",
    "sn": "ZW", "ta": "IN", "te": "IN", "th": "TH", "ur": "PK", "zu": "ZA",
}  # fmt: skip
_FIRST = re.compile(r"\s*([A-Za-z]{2,3})(?:-[A-Za-z]{4})?(?:-([A-Za-z]{2}))?(?=[-,;\s]|$)")


@lru_cache(maxsize=256)
def of_languages(header: str) -> int:
    """The day usual for the first language of an Accept-Language header; Monday for none and for nonsense."""
    found = _FIRST.match(header)
    if not found:
        return MONDAY
    territory = (found[2] or _HOMES.get(found[1].lower(), "")).upper()
    return _BEGIN_ON.get(territory, MONDAY)


def current() -> int:
    """The day on which weeks begin for whoever reads what is made now."""
    return periods.first_day.get()()


def begun(at: datetime, *, zone: ZoneInfo, first_day: int) -> datetime:
    """The midnight in `zone` that the week of a moment began with."""
    day = at.astimezone(zone).date()
    return datetime.combine(week_of(day, first_day=first_day), time(), tzinfo=zone)


@contextmanager
def read_from(day: Callable[[], int] | int) -> Iterator[None]:
    """Weeks begin on `day`, which is asked for when it is needed, within this block; in charts of weeks too."""
    token = periods.first_day.set((lambda: day) if isinstance(day, int) else day)
    try:
        yield
    finally:
        periods.first_day.reset(token)
