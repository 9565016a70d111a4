"""Scheduled jobs with sentry-sdk: `python job_app.py <case>` with SENTRY_DSN set."""

import contextlib
import sys
import threading

import sentry_sdk
from sentry_sdk.crons import monitor

CONFIG = {
    "schedule": {"type": "crontab", "value": "0 3 * * mon-sun"}, "timezone": "Europe/Vienna", "checkin_margin": 5,
    "max_runtime": 30, "failure_issue_threshold": 1, "recovery_threshold": 1,
}  # fmt: skip


def decorated() -> None:
    @monitor(monitor_slug="Nightly backup", monitor_config=CONFIG)  # type: ignore[arg-type]
    def backup() -> None:
        pass

    @monitor(monitor_slug="broken", monitor_config=CONFIG)  # type: ignore[arg-type]
    def broken() -> None:
        raise RuntimeError("the disk is full")

    sentry_sdk.init()
    backup()
    with contextlib.suppress(RuntimeError):
        broken()


def beat() -> None:
    """Celery beat and a worker in one process: beat says that a task begins, the worker that it ended."""
    from celery import Celery
    from celery.beat import Scheduler
    from celery.contrib.testing.worker import start_worker
    from celery.schedules import crontab
    from sentry_sdk.integrations.celery import CeleryIntegration

    sentry_sdk.init(integrations=[CeleryIntegration(monitor_beat_tasks=True)])
    app = Celery("shop", broker="memory://", set_as_current=True)
    app.conf.timezone = "Europe/Vienna"
    app.conf.beat_schedule = {
        "charge-all": {"task": "shop.charge", "schedule": crontab(minute="*/1", day_of_week="mon-sun")},
        "count": {"task": "shop.count", "schedule": 60.0},
    }
    done = {name: threading.Event() for name in ("charge", "count")}

    @app.task(name="shop.charge")
    def charge() -> None:
        done["charge"].set()

    @app.task(name="shop.count")
    def count() -> None:
        done["count"].set()
        raise ValueError("the till is empty")

    with start_worker(app, perform_ping_check=False, pool="solo"):
        scheduler = Scheduler(app=app)
        for name in ("charge-all", "count"):
            scheduler.apply_entry(scheduler.schedule[name])
        assert all(each.wait(60) for each in done.values())


if __name__ == "__main__":
    {"decorated": decorated, "beat": beat}[sys.argv[1]]()
    sentry_sdk.flush(30)
