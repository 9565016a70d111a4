"""What Celery runs for analytics; each task is named as the function it calls."""

from celery import shared_task
from django.utils import timezone

from analytics.flags import counting, places
from analytics.guards import guarding
from analytics.privacy import erasing
from analytics.questions.visits import keeping
from analytics.rollups import filling
from events.consent import ledger


@shared_task
def roll_up() -> None:
    filling.roll_up(now=timezone.now())


@shared_task
def keep_visits() -> None:
    keeping.keep(now=timezone.now())


@shared_task
def forget() -> None:
    filling.forget(now=timezone.now())
    counting.forget(now=timezone.now())
    places.forget(now=timezone.now())
    ledger.forget(now=timezone.now())


@shared_task
def look_for_erased() -> None:
    erasing.tick(now=timezone.now())


@shared_task
def guard_flags() -> None:
    guarding.tick(now=timezone.now())
