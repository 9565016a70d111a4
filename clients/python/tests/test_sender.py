"""The sender: batches in the background, a bounded queue, and a server in trouble that nobody notices."""

import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from clients.python.tests.conftest import FOLDER, KEY, Receiver

# In a process that has no threads but the sender's: what forks should have no others.
FORKING = """
import os, sys
from formaos_obs_client import Sender
to = Sender(sys.argv[1], every=0.02)
to.put({"route": "/"})
assert to.flush()
child = os.fork()
if child == 0:
    to.put({"route": "/child"})
    os._exit(0 if to.flush() and to.sent == 2 else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
to.put({"route": "/parent"})
assert to.flush()
"""


def sender(dsn: str, **options: Any) -> Any:
    from formaos_obs_client import Sender

    return Sender(dsn, every=0.02, **options)


def fill(to: Any, count: int = 1) -> None:
    for number in range(count):
        to.put({"route": "/", "number": number})


def test_timings_leave_in_batches_with_what_they_share(receiver: Receiver) -> None:
    to = sender(receiver.dsn, release="shop@1.2", environment="production", service="api")
    fill(to, 450)
    assert to.flush()
    assert [timing["number"] for timing in receiver.timings] == list(range(450))
    assert max(len(batch["timings"]) for batch in receiver.batches) == 200
    assert len({batch["id"] for batch in receiver.batches}) == len(receiver.batches)
    batch = receiver.batches[0]
    assert (batch["path"], batch["release"], batch["service"]) == ("/api/v1/timings/", "shop@1.2", "api")
    assert receiver.keys == {KEY}
    assert (to.sent, to.dropped, to.failed) == (450, 0, 0)


@pytest.mark.parametrize("mode", ["hung", "500", "403"])
def test_a_server_in_trouble_costs_what_was_queued_and_is_counted(receiver: Receiver, mode: str) -> None:
    receiver.mode = mode
    to = sender(receiver.dsn, queued=300, timeout=0.2)
    fill(to, 1000)
    assert to.dropped >= 500
    to.flush(0.5)
    assert to.failed >= 200
    assert to.sent == 0
    assert len(receiver.batches) <= 2


def test_after_a_failure_it_waits_and_comes_back(receiver: Receiver) -> None:
    receiver.mode = "500"
    to = sender(receiver.dsn)
    fill(to)
    assert to.flush()
    receiver.mode = "up"
    fill(to)
    time.sleep(0.1)
    assert len(receiver.batches) == 1
    assert to.flush()
    assert (to.failed, to.sent) == (1, 1)


def test_nobody_listening_is_no_error(gone: str) -> None:
    to = sender(gone)
    fill(to, 10)
    assert to.flush()
    assert (to.failed, to.sent) == (10, 0)


@pytest.mark.parametrize("dsn", ["", "nonsense", "https://host/1", "ftp://key@host/1", "http://[bad/1"])
def test_without_a_dsn_it_is_off(dsn: str) -> None:
    assert not sender(dsn).is_on


def test_a_prefix_of_the_server_stays(receiver: Receiver) -> None:
    to = sender(receiver.dsn.replace("/1", "/obs/1"))
    fill(to)
    assert to.flush()
    assert receiver.batches[0]["path"] == "/obs/api/v1/timings/"


def test_what_cannot_be_written_as_json_is_lost_alone(receiver: Receiver) -> None:
    to = sender(receiver.dsn)
    to.put({"route": object()})
    assert to.flush()
    fill(to)
    assert to.flush()
    assert (to.failed, to.sent) == (1, 1)


def test_putting_never_waits(receiver: Receiver) -> None:
    receiver.mode = "hung"
    to = sender(receiver.dsn, timeout=20)
    fill(to, 10)
    deadline = time.monotonic() + 20
    while not receiver.batches and time.monotonic() < deadline:
        time.sleep(0.01)
    fill(to, 1000)
    assert (len(receiver.batches), to.sent, to.failed) == (1, 0, 0)  # the thread is inside its request still


def test_each_process_sends_its_own_after_a_fork(receiver: Receiver) -> None:
    subprocess.run([sys.executable, "-c", FORKING, receiver.dsn], cwd=FOLDER, check=True, timeout=60)
    assert sorted(timing["route"] for timing in receiver.timings) == ["/", "/child", "/parent"]


def test_no_thread_before_there_is_something_to_send(receiver: Receiver) -> None:
    before = threading.active_count()
    to = sender(receiver.dsn)
    assert threading.active_count() == before
    fill(to)
    assert to.flush()
