"""A worker of the suite has a database, a Redis number and a folder of its own; the longest files come first."""

import json
import os
import socket
import subprocess
import sys
import uuid
from pathlib import Path

import kombu
import pytest
import redis
from django.conf import settings
from django.db import connection

from formaos_obs.environment import BASE_DIR
from formaos_obs.tests import scheduling, workers

_ASKED = """
import json, os
from formaos_obs.tests import workers
workers.settle()
from django.conf import settings
print(json.dumps([os.environ["OBS_VAR_DIR"], settings.DATABASES["default"]["HOST"], settings.REDIS_URL,
                  settings.CELERY_BROKER_URL]))
"""


def _told(worker: str) -> list[str]:
    """The folder, the place of the database and the addresses of Redis that a process of that name would use."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {"OBS_VAR_DIR": str(workers.SHARED), "DJANGO_SETTINGS_MODULE": "formaos_obs.settings"}
    if worker:
        environment["PYTEST_XDIST_WORKER"] = worker
    command = [sys.executable, "-c", _ASKED]
    done = subprocess.run(command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))


def test_workers_share_the_servers_and_nothing_in_them() -> None:
    alone, first, second = _told(""), _told("gw0"), _told("gw1")
    assert len({alone[0], first[0], second[0]}) == 3
    assert alone[1] == first[1] == second[1]
    for address in (2, 3):
        assert len({alone[address], first[address], second[address]}) == 3
        assert first[address].startswith(alone[address])
    assert (first[2][-5:], second[2][-5:]) == ("?db=1", "?db=2")


@pytest.mark.django_db
def test_this_worker_is_where_it_should_be() -> None:
    assert str(connection.settings_dict["NAME"]).endswith(workers.WORKER)
    assert Path(settings.OBS_VAR_DIR) == workers.SHARED / workers.WORKER


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("unix:///run/redis.sock", "unix:///run/redis.sock?db=3"),
        ("unix:///run/redis.sock?db=1", "unix:///run/redis.sock?db=3"),
        ("redis://cache:6379", "redis://cache:6379/3"),
        ("rediss://me:pw@cache:6379/0", "rediss://me:pw@cache:6379/3"),
    ],
)
def test_an_address_is_given_another_number(address: str, expected: str) -> None:
    assert workers.numbered(address, 3) == expected


def test_a_task_waits_in_the_number_of_redis_that_is_named() -> None:
    (_, _, address, broker), name = _told("gw14"), uuid.uuid4().hex
    with redis.Redis.from_url(address) as there, kombu.Connection(broker) as connected:
        connected.SimpleQueue(name).put("a task")
        assert there.llen(name) == 1
        there.delete(name, f"_kombu.binding.{name}")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([], False),
        (["events", "analytics"], False),
        (["conftest.py", "events"], False),
        (["conftest.py"], True),
        (["conftest.py::test_one", "manage.py"], True),
    ],
)
def test_files_are_told_from_folders(asked: list[str], expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BASE_DIR)
    assert workers.are_files(asked) is expected


def test_a_port_is_free() -> None:
    port = workers.free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        assert taken.getsockname()[1] == port


def test_the_longest_files_exist_and_come_first() -> None:
    files = sorted(
        str(path.relative_to(BASE_DIR))
        for app in ("events", "analytics", "dashboard", "formaos_obs", "clients")
        for path in (BASE_DIR / app).rglob("test_*.py")
    )
    ranks = {scheduling.rank(path) for path in files}
    assert ranks == set(range(len(scheduling.LONGEST) + 1))
    assert scheduling.LONGEST[0] in min(files, key=scheduling.rank)
