"""One envelope of each kind to a real server."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from dashboard.samples import sending
from events.accounts import dsn, keys
from events.digest import loop
from events.ingest import accounting
from events.models import DeadLetter, IngestKey, Issue


@pytest.mark.django_db(transaction=True)
def test_each_kind_is_accepted_and_digested(key: IngestKey, live_server: Any, now: datetime) -> None:
    keys.forget()
    address = dsn.of(key, base_url=live_server.url)
    answers = {kind: sending.post(address, kind=kind, now=now).status for kind in sending.KINDS}
    assert answers == dict.fromkeys(sending.KINDS, 200)
    loop.run(now=now)
    report = accounting.report()
    assert report.received == report.stored > len(sending.KINDS)
    assert not DeadLetter.objects.exists()
    assert Issue.objects.get().type == "TypeError"


@pytest.mark.django_db(transaction=True)
def test_it_finds_the_server_that_runs_here(
    key: IngestKey, live_server: Any, settings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys.forget()
    settings.OBS_VAR_DIR = str(tmp_path)
    with pytest.raises(CommandError, match="No server"):
        call_command("send_sample")
    (tmp_path / "up.json").write_text(json.dumps({"dsn": dsn.of(key, base_url=live_server.url)}))
    call_command("send_sample")
    assert capsys.readouterr().out.startswith("200 {")


@pytest.mark.django_db(transaction=True)
def test_it_says_what_the_server_said(key: IngestKey, live_server: Any) -> None:
    wrong = dsn.of(IngestKey(project=key.project, public_key="0" * 32), base_url=live_server.url)
    with pytest.raises(CommandError, match="403"):
        call_command("send_sample", dsn=wrong)


@pytest.mark.parametrize(
    "dsn", ["", "ftp://k@h/1", "https://h/1", "https://k@h/", "https://k@h/x", "file:///etc/passwd"]
)
def test_it_refuses_what_is_no_dsn(dsn: str, now: datetime) -> None:
    with pytest.raises(ValueError, match="looks like"):
        sending.post(dsn, kind="error", now=now)
