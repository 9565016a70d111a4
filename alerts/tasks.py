"""What Celery runs for alerts; each task is named as the module it runs."""

from celery import shared_task
from django.utils import timezone

from alerts.delivery import audit_heads
from alerts.delivery import deliver as delivering
from alerts.delivery import notify as notifying
from alerts.monitors import retention, watch
from alerts.probes import counting, prober
from alerts.probes import retention as of_probes
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
def probe() -> None:
    prober.tick(now=timezone.now())


@shared_task
def count_looks() -> None:
    counting.run(now=timezone.now())


@shared_task
def forget() -> None:
    delivering.forget(now=timezone.now())
    retention.forget(now=timezone.now())
    of_probes.forget(now=timezone.now())


@shared_task
def send_audit_head() -> None:
    audit_heads.send(now=timezone.now())
