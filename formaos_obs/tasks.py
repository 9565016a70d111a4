"""What Celery runs for the house itself."""

from celery import shared_task
from django.utils import timezone

from formaos_obs import health


@shared_task
def beat() -> None:
    health.beat(now=timezone.now())
