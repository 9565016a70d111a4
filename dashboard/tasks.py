"""What Celery runs for the dashboard; each task is named as the function it calls."""

from celery import shared_task
from django.utils import timezone

from dashboard.pages.reports import weekly


@shared_task
def send_weekly_reports() -> None:
    weekly.send_due(now=timezone.now())
