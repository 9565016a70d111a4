"""Everything that runs on a clock, and when."""

import os
from datetime import UTC, datetime

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "formaos_obs.settings")

app = Celery("formaos_obs")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def every(seconds: float, task: str) -> dict[str, object]:
    """A timetable line. All is due when beat starts; a tick that waited too long is dropped, so they never pile up."""
    options = {"expires": max(seconds, 10.0), "ignore_result": True}
    return {"task": task, "schedule": seconds, "last_run_at": _LONG_AGO, "options": options}


# The digest works for a second per tick, and two ticks a second keep two processes busy: what else is due waits in the
# same queue for a second at most, whatever the backlog.
app.conf.beat_schedule = {
    "digest": every(0.5, "events.tasks.digest"),
    "drain-spool": every(2, "events.tasks.drain_spool"),
    "roll-up": every(10, "analytics.tasks.roll_up"),
    "forget-minutes": every(3600, "analytics.tasks.forget"),
    "notify": every(1, "alerts.tasks.notify"),
    "deliver": every(1, "alerts.tasks.deliver"),
    "forget-notifications": every(3600, "alerts.tasks.forget"),
    "end-due-ignores": every(30, "events.tasks.end_due_ignores"),
    "count-trends": every(10, "events.tasks.count_trends"),
    "compact": every(60, "events.tasks.compact"),
    "sweep": every(600, "events.tasks.sweep"),
    "retain": every(3600, "events.tasks.retain"),
    "tell-login-failures": every(60, "events.tasks.tell_login_failures"),
    "forget-expired-sessions": every(3600, "events.tasks.forget_expired_sessions"),
    "expire-dimension-values": every(3600, "events.tasks.expire_dimension_values"),
    "prune-uploads": every(3600, "events.tasks.prune_uploads"),
    "ensure-partitions": every(3600, "events.tasks.ensure_partitions"),
    "fold-accounting": every(3600, "events.tasks.fold_accounting"),
    "note-audit-head": every(86_400, "events.tasks.note_audit_head"),
    "sample-host": every(15, "events.tasks.sample_host"),
    "weekly-reports": every(300, "dashboard.tasks.send_weekly_reports"),
    "beat": every(10, "formaos_obs.tasks.beat"),
}
