"""Everything that runs on a clock, and when."""

import os

from celery import Celery
from click import Option

from events.runtime import bell
from formaos_obs.clock.keeping import KeepsClock

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "formaos_obs.settings")
# `up` and `serve` ran the checks. Once more in the worker, they would load every page and its address.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("formaos_obs")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(KeepsClock)
app.user_options["worker"].add(Option(["--clock"], is_flag=True, help="Keep the clock too; one worker may."))


def every(seconds: float, task: str) -> dict[str, object]:
    """A timetable line. All is due when the clock starts; a tick that waited too long is dropped, so none pile up."""
    return {"task": task, "schedule": seconds, "options": {"expires": max(seconds, 10.0), "ignore_result": True}}


# A bell wakes these at once; they look every few seconds all the same, because a ring may be lost.
app.conf.woken_by = {
    bell.INBOX: "digest",
    bell.SPOOL: "drain-spool",
    bell.TRANSITIONS: "notify",
    bell.NOTIFICATIONS: "deliver",
    bell.CHECK_INS: "watch-monitors",
}
app.conf.beat_schedule = {
    "digest": every(10, "events.tasks.digest"),
    "drain-spool": every(10, "events.tasks.drain_spool"),
    "roll-up": every(10, "analytics.tasks.roll_up"),
    "keep-visits": every(60, "analytics.tasks.keep_visits"),
    "forget-minutes": every(3600, "analytics.tasks.forget"),
    "guard-flags": every(60, "analytics.tasks.guard_flags"),
    "look-for-erased": every(600, "analytics.tasks.look_for_erased"),
    "notify": every(10, "alerts.tasks.notify"),
    "deliver": every(10, "alerts.tasks.deliver"),
    "evaluate": every(10, "alerts.tasks.evaluate"),
    "watch-monitors": every(10, "alerts.tasks.watch_monitors"),
    "route": every(5, "alerts.tasks.route"),
    "keep-incidents": every(30, "alerts.tasks.keep_incidents"),
    "keep-status-pages": every(60, "alerts.tasks.keep_status_pages"),
    "send-status-mails": every(10, "alerts.tasks.send_status_mails"),
    "probe": every(5, "alerts.tasks.probe"),
    "count-looks": every(30, "alerts.tasks.count_looks"),
    "forget-notifications": every(3600, "alerts.tasks.forget"),
    "end-due-ignores": every(30, "events.tasks.end_due_ignores"),
    "count-trends": every(10, "events.tasks.count_trends"),
    "compact": every(60, "events.tasks.compact"),
    "sweep": every(600, "events.tasks.sweep"),
    "retain": every(3600, "events.tasks.retain"),
    "publish-tables": every(300, "events.tasks.publish_tables"),
    "tell-login-failures": every(60, "events.tasks.tell_login_failures"),
    "forget-expired-sessions": every(3600, "events.tasks.forget_expired_sessions"),
    "erase-projects": every(3600, "events.tasks.erase_projects"),
    "expire-dimension-values": every(3600, "events.tasks.expire_dimension_values"),
    "prune-uploads": every(3600, "events.tasks.prune_uploads"),
    "ensure-partitions": every(3600, "events.tasks.ensure_partitions"),
    "empty-inbox-slices": every(30, "events.tasks.empty_inbox_slices"),
    "forget-seen-spans": every(3600, "events.tasks.forget_seen_spans"),
    "destroy-visitor-salts": every(600, "events.tasks.destroy_visitor_salts"),
    "fold-accounting": every(3600, "events.tasks.fold_accounting"),
    "note-audit-head": every(60, "events.tasks.note_audit_head"),
    "send-audit-head": every(60, "alerts.tasks.send_audit_head"),
    "watch-house": every(60, "alerts.tasks.watch_house"),
    "send-heartbeat": every(60, "alerts.tasks.send_heartbeat"),
    "sample-host": every(15, "events.tasks.sample_host"),
    "weekly-reports": every(300, "dashboard.tasks.send_weekly_reports"),
    "beat": every(10, "formaos_obs.tasks.beat"),
}
