"""Everything that runs on a clock, and when."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "formaos_obs.settings")

app = Celery("formaos_obs")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def every(seconds: float, task: str) -> dict[str, object]:
    """A timetable line; a tick that waited longer than its period is dropped, so ticks never pile up."""
    return {"task": task, "schedule": seconds, "options": {"expires": max(seconds, 1.0)}}


app.conf.beat_schedule = {
    "digest": every(1, "events.tasks.digest"),
    "drain-spool": every(2, "events.tasks.drain_spool"),
}
