"""`python -m formaos_obs.clock`: the clock as a process, where web and workers run on machines of their own."""

import signal
import sys
from types import FrameType

from formaos_obs.celery import app
from formaos_obs.clock.keeping import Clock


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    clock = Clock(app)
    try:
        clock.keep()
    finally:
        clock.pass_on()
