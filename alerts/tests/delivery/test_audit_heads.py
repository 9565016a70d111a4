"""The head of the audit trail reaches the address that the operator named, by the one guarded way out."""

import json
from datetime import datetime
from typing import Any

import pytest

from alerts.delivery import audit_heads
from alerts.tests.servers import Reply, serving
from events.accounts import audit


def test_the_head_is_posted_to_the_address(db: None, settings: Any, now: datetime) -> None:
    audit.record("test", actor="alice", now=now)
    with serving() as server:
        settings.OBS_AUDIT_HEADS, settings.OBS_OUTBOUND_ALLOW = server.url, [server.endpoint]
        assert audit_heads.send(now=now)
    [request] = server.requests
    head = audit.head()
    assert json.loads(request.body) == {"at": "2026-11-23T12:00:00+00:00", "entry": head.entry_id, "mac": head.mac}


def test_an_address_inside_the_house_is_refused_unless_it_is_allowed(
    db: None, settings: Any, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    with serving() as server:
        settings.OBS_AUDIT_HEADS, settings.OBS_OUTBOUND_ALLOW = server.url, []
        assert not audit_heads.send(now=now)
    assert server.requests == []
    assert "was not sent" in caplog.text
    assert "secretX1a9" not in caplog.text


def test_a_receiver_that_refuses_is_told_of_without_its_address(
    db: None, settings: Any, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(Reply(500)) as server:
        settings.OBS_AUDIT_HEADS, settings.OBS_OUTBOUND_ALLOW = server.url, [server.endpoint]
        assert not audit_heads.send(now=now)
    assert "500" in caplog.text
    assert "secretX1a9" not in caplog.text


@pytest.mark.parametrize("named", ["", "/srv/heads.log"])
def test_nothing_is_sent_where_no_address_is_named(settings: Any, now: datetime, named: str) -> None:
    settings.OBS_AUDIT_HEADS = named
    assert not audit_heads.send(now=now)
