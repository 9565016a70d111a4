"""Ingest keys on the hot path."""

from typing import Any

import pytest
from django.db import OperationalError

from events.accounts import keys
from events.models import IngestKey, Project


@pytest.fixture(autouse=True)
def fresh() -> Any:
    keys.forget()
    yield
    keys.forget()


def away(project_id: int, public_key: str) -> None:
    raise OperationalError("away")


def test_a_key_is_asked_for_once_in_thirty_seconds(key: IngestKey, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        for clock in (0.0, 10.0, 29.9):
            assert keys.find(key.project_id, key.public_key, clock=clock).id == key.pk  # type: ignore[union-attr]
    with django_assert_num_queries(1):
        keys.find(key.project_id, key.public_key, clock=30.1)


def test_a_wrong_key_does_not_shut_out_a_right_one(key: IngestKey) -> None:
    assert keys.find(key.project_id, "0" * 32) is None
    assert keys.find(key.project_id, key.public_key) is not None


def test_the_last_answer_counts_while_postgresql_is_away(key: IngestKey, monkeypatch: pytest.MonkeyPatch) -> None:
    known = keys.find(key.project_id, key.public_key, clock=0.0)
    monkeypatch.setattr(keys, "_load", away)
    monkeypatch.setattr(keys.connection, "close", lambda: None)  # the test's own transaction lives in it
    assert keys.find(key.project_id, key.public_key, clock=1000.0) == known


def test_a_process_started_while_postgresql_is_away_knows_the_keys_of_the_one_before(
    project: Project, key: IngestKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    IngestKey.objects.update(allowed_origins=["app.example"])
    Project.objects.update(uses_allow_list=True, allow_list=["message"])
    known = keys.find(key.project_id, key.public_key)
    keys.forget()
    monkeypatch.setattr(keys, "_load", away)
    monkeypatch.setattr(keys.connection, "close", lambda: None)
    assert keys.find(key.project_id, key.public_key) == known
    with pytest.raises(OperationalError):
        keys.find(key.project_id, "1" * 32)
