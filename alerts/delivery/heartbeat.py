"""A dead man's switch: an address elsewhere is called each minute, but only while the whole chain works.

That this runs proves clock, worker and database; the web server is asked whether it is ready, the evaluators whether
they are late. Whatever fails, the call is left out, and whoever runs the other end raises the alarm.
"""

import logging
from datetime import datetime

from django.conf import settings

from alerts.delivery import house_watch, http
from alerts.models import HouseWatch

logger = logging.getLogger(__name__)


def beat(*, now: datetime) -> bool:
    """Whether the address was called and answered; False where none is named or a part of the chain is broken."""
    if not settings.OBS_HEARTBEAT_URL:
        return False
    words = broken(now=now) or _call(settings.OBS_HEARTBEAT_URL)
    if words:
        logger.error("OBS_HEARTBEAT_URL: %s", words)
    watch = HouseWatch.objects.first() or HouseWatch(rose_at=now)
    watch.looked_at = watch.looked_at or now
    watch.beat_words = words[:300]
    watch.beaten_at = watch.beaten_at if words else now
    watch.save()
    return not words


def broken(*, now: datetime) -> str:
    """Why nobody should believe that all is well; "" where all is."""
    late = house_watch.late(now=now)
    return next(iter(late.values())) if late else _web()


def _web() -> str:
    """What the web server says of itself; it is asked on its own port, whatever stands in front of it."""
    url = f"{settings.OBS_WEB_URL.rstrip('/')}/readyz"
    try:
        parsed = http.parse(url)
        host = f"[{parsed.host}]" if ":" in parsed.host else parsed.host
        answer = http.send(url, method="GET", allow=[f"{host}:{parsed.port}"])
    except (http.Refused, http.Unreachable) as error:
        return f"The web server at OBS_WEB_URL does not answer: {error}"
    return "" if answer.status == 200 else f"The web server is not ready: it answers {answer.status}."


def _call(url: str) -> str:
    try:
        answer = http.send(url, method="GET")
    except (http.Refused, http.Unreachable) as error:
        return f"It was not called: {error}"
    return "" if 200 <= answer.status < 300 else f"It answered {answer.status}."
