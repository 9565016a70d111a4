"""People merge, unmerge and delete while errors are counted: nobody waits for ever and no count is lost."""

import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Sum

from events.issues import counting, merging, triage
from events.issues.counting import Sighting
from events.issues.grouping import Grouping
from events.models import Issue, IssueGroup, Project

HASHES = [uuid.UUID(int=n) for n in range(1, 5)]
ROUNDS = 25


def sighting(project: Project, group: uuid.UUID, user: int, now: datetime) -> Sighting:
    return Sighting(
        project_id=project.pk,
        event_id=uuid.uuid4(),
        grouping=Grouping(1, group.bytes, (), f"Error {group.int}", "Error", "", "", "", "", "error"),
        at=now,
        received_at=now,
        environment="production",
        release="",
        platform="python",
        user_key=user,
        payload=b"x",
    )


def together(*works: Callable[[], None]) -> None:
    failures: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert not any(thread.is_alive() for thread in threads)


@pytest.mark.django_db(transaction=True)
def test_counts_stay_exact(now: datetime) -> None:
    project = Project.objects.create(slug="web", name="Web")
    person = get_user_model().objects.create_superuser("root")

    def count(first: int) -> Callable[[], None]:
        def work() -> None:
            for step in range(ROUNDS):
                with transaction.atomic():
                    found = [sighting(project, group, first + step, now) for group in HASHES]
                    counting.record(found, now=now)

        return work

    def rearrange() -> None:
        for _ in range(ROUNDS):
            known = list(Issue.objects.filter(project=project))
            with suppress(ValidationError):
                merging.merge(known, into=known[0], actor=person, now=now)
            for group in IssueGroup.objects.filter(project=project):
                with suppress(ValidationError):
                    merging.unmerge(group, actor=person, now=now)

    def resolve() -> None:
        for _ in range(ROUNDS):
            everything = list(Issue.objects.filter(project=project).values_list("pk", flat=True))
            triage.bulk(project, everything, "resolve", actor=person, now=now)

    with transaction.atomic():
        counting.record([sighting(project, group, 0, now) for group in HASHES], now=now)
    together(count(1), count(1000), rearrange, resolve)
    expected = len(HASHES) * (2 * ROUNDS + 1)
    assert IssueGroup.objects.aggregate(total=Sum("event_count"))["total"] == expected
    assert Issue.objects.aggregate(total=Sum("event_count"))["total"] == expected
    for issue in Issue.objects.all():
        kept: Any = (issue.event_count, issue.user_count)
        merging.recount(issue)
        assert (issue.event_count, issue.user_count) == kept
