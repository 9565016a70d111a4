"""The bell is rung when the work can be seen, and never before; a burst is heard once."""

import time
import uuid
from datetime import datetime
from typing import Any

import redis

from events.digest import loop
from events.ingest import inbox, payloads, spool
from events.ingest.payloads import Packed
from events.models import Project, Transition
from events.runtime import bell
from events.tests.cast import rung


def _accept(project: Project, *, now: datetime) -> None:
    packed = Packed("error", uuid.uuid4(), 1, payloads.pack({"message": "it broke", "platform": "python"}))
    inbox.accept([packed], project_id=project.pk, key_id=None, now=now)


def test_accepted_items_are_rung_for_once_they_are_committed(
    project: Project, now: datetime, clean_redis: redis.Redis, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        _accept(project, now=now)
        time.sleep(2 * bell.REST)
        assert clean_redis.zscore(bell.KEY, bell.INBOX) is None
    assert rung(clean_redis, bell.INBOX)


def test_a_new_issue_is_rung_for_once_it_is_committed(
    project: Project, now: datetime, clean_redis: redis.Redis, django_capture_on_commit_callbacks: Any
) -> None:
    _accept(project, now=now)
    with django_capture_on_commit_callbacks(execute=True):
        loop.run(now=now)
        time.sleep(2 * bell.REST)
        assert Transition.objects.count() == 1
        assert clean_redis.zscore(bell.KEY, bell.TRANSITIONS) is None
    assert rung(clean_redis, bell.TRANSITIONS)


def test_a_burst_is_heard_once(clean_redis: redis.Redis) -> None:
    for _ in range(1000):
        bell.ring(bell.INBOX)
    assert rung(clean_redis, bell.INBOX)
    listener = bell.listener()
    assert bell.hear(listener, seconds=10) == bell.INBOX
    time.sleep(2 * bell.REST)  # the last rings of the burst may stand apart from the first
    bell.hear(listener, seconds=0.01)
    assert bell.hear(listener, seconds=0.01) is None
    listener.close()


def test_a_spool_that_may_be_drained_is_rung_for(project: Project, now: datetime, clean_redis: redis.Redis) -> None:
    spool.writer.append([Packed("error", uuid.uuid4(), 1, b"{}")], project_id=project.pk, key_id=None, now=now)
    spool.writer.close()
    assert rung(clean_redis, bell.SPOOL)
