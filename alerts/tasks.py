"""What Celery runs for alerts; each task is named as the module it runs."""

from celery import shared_task
from django.utils import timezone

from alerts.delivery import audit_heads, heartbeat, house_watch
from alerts.delivery import deliver as delivering
from alerts.delivery import notify as notifying
from alerts.foreign import taking as foreign
from alerts.incidents import keeping
from alerts.incidents.status import days, mails, notices, subscribing
from alerts.monitors import retention, watch
from alerts.probes import counting, prober
from alerts.probes import retention as of_probes
from alerts.routing import tick as routing
from alerts.rules import evaluation


@shared_task
def notify() -> None:
    notifying.claim_transitions(now=timezone.now())


@shared_task
def deliver() -> None:
    delivering.run(now=timezone.now())


@shared_task
def evaluate() -> None:
    evaluation.run(now=timezone.now())


@shared_task
def watch_monitors() -> None:
    watch.run(now=timezone.now())


@shared_task
def route() -> None:
    routing.run(now=timezone.now())


@shared_task
def keep_incidents() -> None:
    keeping.run(now=timezone.now())


@shared_task
def keep_status_pages() -> None:
    now = timezone.now()
    notices.tick(now=now)
    days.refresh(now=now)


@shared_task
def send_status_mails() -> None:
    mails.run(now=timezone.now())


@shared_task
def probe() -> None:
    prober.tick(now=timezone.now())


@shared_task
def count_looks() -> None:
    counting.run(now=timezone.now())


@shared_task
def forget() -> None:
    delivering.forget(now=timezone.now())
    routing.forget(now=timezone.now())
    foreign.forget(now=timezone.now())
    retention.forget(now=timezone.now())
    subscribing.forget(now=timezone.now())
    mails.forget(now=timezone.now())
    of_probes.forget(now=timezone.now())


@shared_task
def send_audit_head() -> None:
    audit_heads.send(now=timezone.now())


@shared_task
def watch_house() -> None:
    house_watch.look(now=timezone.now())


@shared_task
def send_heartbeat() -> None:
    heartbeat.beat(now=timezone.now())
