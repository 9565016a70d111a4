"""What a web process does once a second beside answering: write what it refused, bring home what its disk holds, renew
its level of pressure."""

import logging
import threading
import time
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from events.ingest import accounting, pressure, refusals, replay

logger = logging.getLogger(__name__)

# What apps above this one have done with each tick; each may raise the database's error, to be asked again.
also: list[Callable[[], None]] = []


def tick() -> None:
    """One round; what fails now is done in the next."""
    now = timezone.now()
    try:
        accounting.refusals.flush(now=now)
        refusals.buffer.flush(now=now)
        for do in also:
            do()
        replay.help_out(now=now)
    except (DatabaseError, InterfaceError):
        connection.close()
    pressure.gauge.renew(now=now)


def start(*, seconds: float = 1.0) -> None:
    """Tick from now on, in a thread that ends with the process."""

    def run() -> None:
        while True:
            time.sleep(seconds)
            try:
                tick()
            except Exception:
                logger.exception("A tick beside the web server failed")

    threading.Thread(target=run, name="background", daemon=True).start()
