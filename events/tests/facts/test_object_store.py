"""Segments in an S3 bucket: the same promises as in a folder, against a real server of the protocol."""

import os
import socket
import subprocess
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pyarrow import fs

from analytics import engine
from analytics.engine import EngineAway, EngineError, SegmentMissing
from chaos.bucket import Moods, Server
from events.digest import loop
from events.facts import compaction, files, segments
from events.facts.compaction import FAN, GRACE
from events.ingest import host
from events.models import InboxItem, Segment
from events.tests import rows
from events.tests.cast import NOW
from formaos_obs.tests import workers

pytestmark = pytest.mark.django_db
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "a-secret-of-the-bucket",
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
def bucket(store: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setitem(os.environ, name, value)
    fs.S3FileSystem(endpoint_override=store, scheme="http", allow_bucket_creation=True).create_dir("facts")
    settings.OBS_S3_ENDPOINT = f"http://{store}"
    settings.OBS_SEGMENT_ROOT = f"s3://facts/{uuid.uuid4().hex}"


class Trouble(Moods):
    """Does to the next requests what the test says, in this order, and then nothing; `always` does it to all."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.next: list[str] = []
        self.always = ""

    def fault(self) -> str:
        return self.always or (self.next.pop(0) if self.next else "")

    def skew(self) -> timedelta:
        return timedelta()

    def old_list(self, path: str) -> None:
        return None


@pytest.fixture
def trouble(store: str, bucket: None, settings: Any) -> Iterator[Trouble]:
    """The bucket behind a relay, at an address of its own: no connection of another test is met again."""
    trouble = Trouble(1)
    server = Server(trouble, port=0, store=int(store.rpartition(":")[2]))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.OBS_S3_ENDPOINT = f"http://127.0.0.1:{server.server_port}"
    yield trouble
    server.shutdown()
    server.server_close()


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
    assert compaction.sweep(now=NOW + timedelta(days=401)).retired == 1
    files.root().remove(segment.path)
    assert list(files.root().listing()) == []


def test_a_missing_object_is_named(project: Any, bucket: None) -> None:
    (segment,) = rows.store(project, rows.error(1))
    files.root().remove(segment.path)
    with pytest.raises(SegmentMissing) as raised:
        count(project)
    assert raised.value.path == segment.path


@pytest.mark.parametrize("faults", [["throttled", "failed"], ["reset", "throttled"], ["unanswered", "unanswered"]])
def test_a_write_that_meets_trouble_is_tried_again_under_its_name_with_its_bytes(
    project: Any, trouble: Trouble, faults: list[str]
) -> None:
    """So a store that writes only where nothing is (`If-None-Match: *`) has nothing to refuse but its own answer."""
    trouble.next = faults
    (segment,) = rows.store(project, rows.error(1))
    assert trouble.next == []
    assert [found.path for found in files.root().listing()] == [segment.path]
    assert count(project) == 1
    assert trouble.counts["overwritten"] == 0
    assert len(trouble.bodies) == 1


def test_a_large_file_goes_in_parts_and_is_there_whole_or_not_at_all(trouble: Trouble) -> None:
    root, content = files.root(), os.urandom(11_000_000)
    with root.create("whole.parquet") as stream:
        stream.write(content)
    with root.open("whole.parquet") as stream:
        assert stream.read() == content
    assert len([path for path in trouble.bodies if "partNumber=" in path]) > 1
    with pytest.raises(OSError, match="AWS Error"):
        _write_while_it_breaks(trouble, content)
    trouble.always = ""
    assert [found.path for found in root.listing()] == ["whole.parquet"]


def _write_while_it_breaks(trouble: Trouble, content: bytes) -> None:
    with files.root().create("broken.parquet") as stream:
        stream.write(content[:6_000_000])
        trouble.always = "failed"
        stream.write(content[6_000_000:])


def test_what_was_accepted_waits_in_the_inbox_while_the_bucket_is_away(trouble: Trouble, db: Any) -> None:
    readings = host.sample_host(now=NOW)
    trouble.always = "away"
    with pytest.raises(OSError, match="AWS Error"):
        loop.run(now=NOW)
    assert (InboxItem.objects.count(), InboxItem.objects.get().attempts, Segment.objects.count()) == (1, 0, 0)
    trouble.always = ""
    assert loop.run(now=NOW).items == 1
    assert InboxItem.objects.count() == 0
    (segment,) = Segment.objects.all()
    assert segment.rows == readings
    assert [found.path for found in files.root().listing()] == [segment.path]


@pytest.mark.parametrize(
    ("fault", "said"),
    [("away", "cannot be reached"), ("throttled", "cannot be reached"), ("cut", "cannot be reached"),
     ("denied", "does not let this server in")],
)  # fmt: skip
def test_a_bucket_that_does_not_answer_is_no_missing_segment(
    project: Any, trouble: Trouble, fault: str, said: str, caplog: Any
) -> None:
    rows.store(project, rows.error(1))
    trouble.always = fault
    with pytest.raises(EngineAway, match=said) as raised:
        count(project)
    trouble.always = ""
    assert count(project) == 1
    assert CREDENTIALS["AWS_SECRET_ACCESS_KEY"] not in f"{raised.value!r} {raised.value.__cause__!r} {caplog.text}"


def test_a_damaged_object_is_named_and_other_days_answer(project: Any, trouble: Trouble) -> None:
    (damaged,) = rows.store(project, rows.error(1, at=NOW - timedelta(days=3)))
    rows.store(project, rows.error(2))
    with files.root().create(damaged.path) as stream:
        stream.write(b"PAR1 and then nothing")
    with pytest.raises(EngineError, match=damaged.path):
        count(project)
    with engine.read(project.pk, {"errors": (NOW - timedelta(days=1), None)}) as facts:
        assert facts.ask("SELECT count(*) AS n FROM errors") == [{"n": 1}]


def test_no_question_and_no_error_tells_the_credentials(project: Any, trouble: Trouble, caplog: Any) -> None:
    rows.store(project, rows.error(1))
    with engine.read(project.pk, {"errors": (None, None)}) as facts:
        told = str(facts.ask("SELECT * FROM duckdb_secrets()")) + str(facts.ask("SELECT * FROM duckdb_settings()"))
    trouble.always = "denied"
    for attempt in (lambda: list(files.root().listing()), lambda: rows.store(project, rows.error(2))):
        with pytest.raises(OSError, match="ACCESS_DENIED") as raised:
            attempt()
        told += "".join(traceback.format_exception(raised.value))
    assert compaction.compact(now=NOW) == compaction.Compacted()
    assert CREDENTIALS["AWS_SECRET_ACCESS_KEY"] not in told + caplog.text
