"""Segments in an S3 bucket: the same promises as in a folder, against a real server of the protocol."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pyarrow import fs

from analytics import engine
from analytics.engine import SegmentMissing
from events.facts import compaction, files, segments
from events.facts.compaction import FAN, GRACE
from events.models import Segment
from events.tests import rows
from events.tests.cast import NOW
from formaos_obs.tests import workers

pytestmark = pytest.mark.django_db
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """The address of a running S3 server."""
    port = workers.free_port()
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"127.0.0.1:{port}"
        server.terminate()


@pytest.fixture
def bucket(store: str, settings: Any, monkeypatch: pytest.MonkeyPatch, request: Any) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setitem(os.environ, name, value)
    fs.S3FileSystem(endpoint_override=store, scheme="http", allow_bucket_creation=True).create_dir("facts")
    settings.OBS_S3_ENDPOINT = f"http://{store}"
    settings.OBS_SEGMENT_ROOT = f"s3://facts/{request.node.name}"


def count(project: Any) -> int:
    with engine.read(project.pk, {"errors": (None, None)}) as facts:
        return int(facts.ask("SELECT count(*) AS n FROM errors")[0]["n"])


def test_facts_are_written_asked_compacted_and_swept(project: Any, bucket: None) -> None:
    rows.spread(project, 80, files=FAN)
    assert count(project) == 80
    assert compaction.compact(now=NOW).merges == 1
    assert count(project) == 80
    assert compaction.sweep(now=NOW + 2 * GRACE).retired == FAN
    assert count(project) == 80
    (segment,) = segments.select(project.pk, "errors")
    assert [found.path for found in files.root().listing()] == [segment.path]
    assert files.root().size(segment.path) == segment.bytes


def test_an_object_without_a_row_is_swept_and_removing_twice_is_no_error(project: Any, bucket: None) -> None:
    (segment,) = rows.store(project, rows.error(1))
    Segment.objects.all().delete()
    assert compaction.sweep(now=NOW - timedelta(days=400)).orphans == 0
    assert compaction.sweep(now=NOW + timedelta(days=400)).orphans == 1
    files.root().remove(segment.path)
    assert list(files.root().listing()) == []


def test_a_missing_object_is_named(project: Any, bucket: None) -> None:
    (segment,) = rows.store(project, rows.error(1))
    files.root().remove(segment.path)
    with pytest.raises(SegmentMissing) as raised:
        count(project)
    assert raised.value.path == segment.path
