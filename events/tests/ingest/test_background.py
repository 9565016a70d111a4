"""What a web process does beside answering."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from events.ingest import accounting, background, refusals
from events.models import InboxItem, Project


def test_a_tick_writes_both_the_ledger_and_the_security_facts_of_what_was_refused(project: Project, db: Any) -> None:
    accounting.refusals.refuse(project.pk, "request", "rate_limited", "rate")
    earlier = timezone.now() - timedelta(minutes=2)
    refusals.note("rate_limited", now=earlier, project_id=project.pk, reason="rate", address="192.0.2.7")
    background.tick()
    assert accounting.report(project_id=project.pk).rate_limited == 1
    assert InboxItem.objects.filter(project=project, kind="refusal").exists()
