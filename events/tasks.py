"""What Celery runs for events; each task is named as the function it calls."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from events.accounts import audit, audit_heads, logins, project_erasing
from events.digest import loop, seen_spans
from events.facts import compaction, dimensions, open_tables
from events.ingest import accounting, host, inbox, replay
from events.issues import counters, counting
from events.releases import uploads
from events.runtime import clocks
from events.visitors import naming


@shared_task
def digest() -> None:
    loop.run(now=timezone.now(), seconds=0.5)


@shared_task
def drain_spool() -> None:
    replay.drain(now=timezone.now(), seconds=1.0)


@shared_task
def end_due_ignores() -> None:
    counting.end_due_ignores(now=timezone.now())


@shared_task
def count_trends() -> None:
    counters.count_trends(now=timezone.now())


@shared_task
def ensure_partitions() -> None:
    inbox.ensure_partitions(now=timezone.now(), seen_days=settings.OBS_SEEN_DAYS)


@shared_task
def empty_inbox_slices() -> None:
    inbox.empty_slices()


@shared_task
def forget_seen_spans() -> None:
    seen_spans.forget(now=timezone.now())


@shared_task
def destroy_visitor_salts() -> None:
    naming.forget(now=timezone.now())


@shared_task
def fold_accounting() -> None:
    accounting.fold(before=timezone.now() - timedelta(hours=2))


@shared_task
def compact() -> None:
    compaction.compact(now=timezone.now())


@shared_task
def sweep() -> None:
    compaction.sweep(now=clocks.earlier(timezone.now()))


@shared_task
def retain() -> None:
    compaction.retain(now=clocks.earlier(timezone.now()))


@shared_task
def publish_tables() -> None:
    if settings.OBS_OPEN_TABLES:
        now = timezone.now()
        done = open_tables.publish(now=now)
        if done.created:
            audit.record("open_tables.publish", actor="system", detail={"tables": done.tables}, now=now)


@shared_task
def note_audit_head() -> None:
    audit_heads.note(now=timezone.now())


@shared_task
def prune_uploads() -> None:
    uploads.prune(now=timezone.now())


@shared_task
def erase_projects() -> None:
    project_erasing.tick(now=timezone.now())


@shared_task
def expire_dimension_values() -> None:
    dimensions.expire(now=timezone.now())


@shared_task
def tell_login_failures() -> None:
    logins.tell_failures(now=timezone.now())


@shared_task
def forget_expired_sessions() -> None:
    logins.forget_expired_sessions(now=timezone.now())


@shared_task
def sample_host() -> None:
    host.sample_host(now=timezone.now())
