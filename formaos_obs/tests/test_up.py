"""`manage.py up`, run for real: from an empty folder, with unmodified parts, killed and started again.

Where the suite was given a migrated cluster, the folder begins with that; ci/bare.sh begins with none. The tests share
one house; whoever finds it stopped starts it.
"""

import json
import os
import re
import select
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
import psycopg
import pytest
import redis

from formaos_obs import embedded
from formaos_obs.environment import BASE_DIR
from formaos_obs.tests import workers


class House:
    """A running `up` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = workers.free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.output = ""

    def start(self, **environment: str) -> str:
        """What was printed until it was ready."""
        command = [sys.executable, "manage.py", "up"]
        self.process = subprocess.Popen(
            command, cwd=BASE_DIR, env=self.environment(**environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        printed = b""
        deadline = time.monotonic() + 300
        assert self.process.stdout
        while b"Ctrl-C stops all" not in printed and time.monotonic() < deadline and self.is_running():
            if select.select([self.process.stdout], [], [], 0.2)[0]:
                printed += os.read(self.process.stdout.fileno(), 65_536)
        if b"Ctrl-C stops all" not in printed:
            raise AssertionError(f"it did not start:\n{printed.decode()}\n{self.stop()}")
        return printed.decode()

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        seed = {"OBS_POSTGRES_SEED": os.environ[workers.SEED]} if workers.SEED in os.environ else {}
        return {**kept, **seed, "OBS_VAR_DIR": str(self.folder), "PORT": str(self.port), **more}

    def is_running(self) -> bool:
        return bool(self.process and self.process.poll() is None)

    def stop(self) -> tuple[int, str]:
        assert self.process
        assert self.process.stdout
        self.process.send_signal(signal.SIGINT)
        rest = self.process.stdout.read()
        self.process.stdout.close()
        return self.process.wait(30), rest.decode()

    def access(self) -> dict[str, str]:
        return json.loads((self.folder / "up.json").read_text())

    def pids(self) -> dict[str, int]:
        return json.loads((self.folder / "pids.json").read_text())

    def get(self, path: str, headers: dict[str, str] | None = None, *, port: int = 0) -> tuple[int, bytes]:
        request = urllib.request.Request(f"http://127.0.0.1:{port or self.port}{path}", headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()
        except OSError:
            return 0, b""

    def wait(self, is_so: Callable[[], Any], *, seconds: float = 60) -> Any:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            value = is_so()
            if value:
                return value
            time.sleep(0.05)
        raise AssertionError(f"not so after {seconds} s: {self.tail()}")

    def tail(self) -> str:
        return "\n".join(f"== {log.name}\n{log.read_text()[-2000:]}" for log in (self.folder / "log").glob("*.log"))

    def sql(self, query: str) -> str:
        """The first column of the first row."""
        with psycopg.connect(self.urls().database) as connection:
            return str(connection.execute(query).fetchone()[0])

    def redis(self, *words: str) -> str:
        """The answer to a command."""
        with redis.Redis.from_url(self.urls().redis, decode_responses=True) as client:
            return str(client.execute_command(*words))

    def urls(self) -> embedded.Urls:
        """Where its servers are."""
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("OBS_VAR_DIR", str(self.folder))
            return embedded.urls()

    def logs_in(self, url: str) -> bool:
        """As a browser does it: the page's token, the cookie and its Origin; again after a 503."""
        return bool(self.wait(lambda: self._is_logged_in(url)))

    def _is_logged_in(self, url: str) -> bool:
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        names = {"username": self.access()["admin_username"], "password": self.access()["admin_password"]}
        try:
            with browser.open(f"{url}/login/", timeout=30) as answer:
                [token] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', answer.read().decode())
            form = urlencode({"csrfmiddlewaretoken": token, **names}).encode()
            with browser.open(urllib.request.Request(f"{url}/login/", form, {"Origin": url}), timeout=30) as answer:
                assert "/login/" not in answer.url
                return True
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 503:
                raise AssertionError(f"{error.url} answers {error.code}: {self.tail()}") from error
            return False

    def post(self) -> str:
        """Post an error; the query that says 1 once it is digested."""
        event_id, access = uuid.uuid4().hex, self.access()
        event = json.dumps({"event_id": event_id, "message": f"posted {event_id}", "platform": "python"})
        body = f'{{"event_id":"{event_id}"}}\n{{"type":"event"}}\n{event}\n'.encode()
        project = access["dsn"].rpartition("/")[2]
        address = f"{access['url']}/api/{project}/envelope/?sentry_key={access['project_key']}"
        with urllib.request.urlopen(urllib.request.Request(address, body, method="POST"), timeout=10) as answer:
            assert answer.status == 200
        return f"SELECT count(*) FROM events_occurrence WHERE event_id = '{event_id}'"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house Ünï %41&b#c=d"))
    house.output = house.start()
    yield house
    if house.is_running():
        house.stop()


@pytest.fixture
def house(built: House) -> House:
    if not built.is_running():
        built.start()
    return built


def test_it_prints_where_to_go_and_how_to_get_in(house: House) -> None:
    access = house.access()
    assert f"URL    http://127.0.0.1:{house.port}\n" in house.output
    assert f"DSN    {access['dsn']}\n" in house.output
    assert re.fullmatch(rf"http://[0-9a-f]{{32}}@127\.0\.0\.1:{house.port}/\d+", access["dsn"])
    assert f"Login  admin / {access['admin_password']}\n" in house.output


def test_scripts_find_their_way_in_a_private_file(house: House) -> None:
    assert stat.S_IMODE((house.folder / "up.json").stat().st_mode) == 0o600
    expected = {"url", "dsn", "project_key", "api_token", "admin_username", "admin_password"}
    assert house.access().keys() == expected
    assert all(house.access().values())


def test_other_users_of_this_host_read_and_list_nothing_of_it(house: House) -> None:
    """After ingest, a login, a dump and a spooled item: neither by the modes, nor, for root's folder, by a try."""
    stored = house.post()
    house.wait(lambda: house.sql(stored) == "1")
    assert house.logs_in(house.access()["url"])
    house.redis("SAVE")
    house.wait(lambda: list(house.folder.rglob("*.parquet")))
    spool = house.folder / "spool"
    program = "import pathlib, sys; from formaos_obs import environment; spool = pathlib.Path(sys.argv[1])"
    program += "; spool.mkdir(exist_ok=True); (spool / 'probe').touch()"
    subprocess.run([sys.executable, "-c", program, str(spool)], cwd=BASE_DIR, env=house.environment(), check=True)
    paths = [house.folder, *house.folder.rglob("*")]
    found = {path.relative_to(house.folder).parts[0] for path in paths[1:]}
    assert {"log", "postgres", "redis", "secret_key", "segments", "spool", "static", "up.json"} <= found
    assert (house.folder / "redis" / "dump.rdb").exists()
    open_to_others = [path for path in paths if path.lstat().st_mode & 0o077 and not path.is_symlink()]
    assert open_to_others == []
    if os.geteuid() == 0:
        assert _opened_by_nobody(house.folder, paths) == []
        assert _opened_by_nobody(Path("/etc"), [Path("/etc"), Path("/etc/passwd")]) == ["/etc", "/etc/passwd"]


def _opened_by_nobody(folder: Path, paths: list[Path]) -> list[str]:
    """Which of `paths` the user nobody lists or reads, put into `folder` so that what lies above does not matter."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
        opened = [str(path) for path in paths if _opens(path.relative_to(folder))]
        os.write(writer, json.dumps(opened).encode()[:60_000])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        said = file.read()
    assert os.waitpid(child, 0)[1] == 0
    return json.loads(said)


def _opens(path: Path) -> bool:
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True


def test_no_session_lies_in_redis(house: House) -> None:
    assert house.logs_in(house.access()["url"])
    assert int(house.sql("SELECT count(*) FROM django_session")) > 0
    assert house.redis("KEYS", "*session*") == "[]"


def test_it_becomes_ready(house: House) -> None:
    house.wait(lambda: house.get("/readyz")[0] == 200)
    assert json.loads(house.get("/readyz")[1]) == {"ready": True, "reasons": {}}


def test_a_chunked_body_without_a_length_is_stored(house: House) -> None:
    event_id = uuid.uuid4().hex
    project = house.access()["dsn"].rpartition("/")[2]
    event = json.dumps({"event_id": event_id, "message": f"chunked {event_id}", "platform": "node"})
    envelope = f'{{"event_id":"{event_id}"}}\n{{"type":"event"}}\n{event}\n'.encode()
    head = (
        f"POST /api/{project}/envelope/?sentry_key={house.access()['project_key']} HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", house.port), timeout=10) as client:
        client.sendall(head.encode())
        for start in range(0, len(envelope), 50):
            piece = envelope[start : start + 50]
            client.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        client.sendall(b"0\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200"), answer
    stored = f"SELECT count(*) FROM events_occurrence WHERE event_id = '{event_id}'"
    house.wait(lambda: house.sql(stored) == "1")


@pytest.mark.parametrize("name", ["web", "worker", "redis", "postgres"])
def test_a_killed_part_comes_back(house: House, name: str) -> None:
    old = house.pids()[name]
    os.kill(old, signal.SIGKILL)
    assert house.wait(lambda: house.pids().get(name) not in (None, old))
    assert house.wait(lambda: house.get("/readyz")[0] == 200)


def test_the_clock_comes_back_with_the_worker_that_keeps_it(house: House) -> None:
    os.kill(house.pids()["worker"], signal.SIGKILL)
    house.redis("FLUSHALL")  # the heartbeat of before with it
    assert house.wait(lambda: house.get("/readyz")[0] == 200)


def test_an_event_whose_ring_was_lost_is_digested_all_the_same(house: House) -> None:
    house.redis("DEL", "obs:bells")
    house.redis("SET", "obs:bells", "no sorted set, so that nobody can ring")
    stored = house.post()
    assert house.wait(lambda: house.sql(stored) == "1")
    house.redis("DEL", "obs:bells")


def test_what_stays_carries_neither_django_nor_a_library(house: House) -> None:
    supervisor = psutil.Process(house.pids()["supervisor"])
    loaded = {Path(found.path).name.partition(".")[0] for found in supervisor.memory_maps()}
    assert not {name for name in loaded if name.startswith(("_psycopg", "libarrow", "_duckdb", "_psutil"))}
    assert supervisor.memory_info().rss < 30_000_000


def test_it_listens_on_ipv6(house: House) -> None:
    house.stop()
    printed = house.start(OBS_BIND="::1")
    url, access = f"http://[::1]:{house.port}", house.access()
    assert f"URL    {access['url']}\n" in printed
    assert f"DSN    {access['url'].replace('//', '//' + access['project_key'] + '@')}/1\n" in printed
    assert access["url"] in {url, f"http://localhost:{house.port}"}
    assert house.logs_in(url)
    assert _stores(url, access)
    house.stop()


@pytest.mark.parametrize(("bind", "hosts"), [("::", ["127.0.0.1", "[::1]", "localhost"]), ("localhost", ["localhost"])])
def test_a_web_process_listens_where_it_is_told(house: House, tmp_path: Path, bind: str, hosts: list[str]) -> None:
    with served(house, "web", tmp_path, OBS_BIND=bind) as port:
        for host in hosts:
            house.wait(lambda url=f"http://{host}:{port}": _stores(url, house.access()))
            assert house.logs_in(f"http://{host}:{port}")


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_a_process_is_served_from_any_folder(house: House, tmp_path: Path, name: str) -> None:
    with served(house, name, tmp_path) as port:
        if name == "web":
            assert house.wait(lambda: house.get("/healthz", port=port)[0] == 200)
        assert port


@contextmanager
def served(house: House, name: str, folder: Path, **more: str) -> Iterator[int]:
    """One more process beside the house, started from `folder`; the port that a web process listens on."""
    port = workers.free_port()
    command = [sys.executable, str(BASE_DIR / "manage.py"), "serve", name]
    environment = house.environment(**{"PORT": str(port), **more})
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        running = psutil.Process(process.pid)
        house.wait(lambda: running.cmdline() and "serve" not in running.cmdline())
        assert running.cwd() == str(BASE_DIR)
        yield port
        assert process.poll() is None, (folder / "log").read_text()
    finally:
        process.terminate()
        process.wait(30)


def _stores(url: str, access: dict[str, str]) -> bool:
    """Whether an event is taken there."""
    event_id = uuid.uuid4().hex
    envelope = f'{{"event_id":"{event_id}"}}\n{{"type":"event"}}\n{{"message":"to {url}","platform":"node"}}\n'
    address = f"{url}/api/1/envelope/?sentry_key={access['project_key']}"
    try:
        with urllib.request.urlopen(address, envelope.encode(), timeout=10) as answer:
            return bool(json.loads(answer.read()) == {"id": event_id})
    except OSError:
        return False


def test_a_second_one_on_the_same_folder_is_refused(house: House) -> None:
    command = [sys.executable, "manage.py", "up"]
    done = subprocess.run(command, cwd=BASE_DIR, env=house.environment(), capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "Already running" in done.stderr


def test_it_reports_its_own_error_to_itself_exactly_once(house: House) -> None:
    name = f"self report {uuid.uuid4().hex}"
    program = f"import logging; logging.getLogger('dashboard.probe').error('{name}')"
    dsn = house.access()["dsn"]
    house.stop()
    house.start(OBS_SELF_DSN=dsn)  # a circle would run through its web server and its worker
    received = "SELECT coalesce(sum(quantity), 0) FROM ingest_outcome WHERE outcome = 'received' AND category = 'error'"
    before = int(house.sql(received))
    environment = house.environment(OBS_SELF_DSN=dsn)
    subprocess.run([sys.executable, "manage.py", "shell", "-c", program], cwd=BASE_DIR, env=environment, check=True)
    house.wait(lambda: house.sql(received) == str(before + 1))
    house.wait(lambda: house.sql("SELECT count(*) FROM ingest_inbox") == "0")
    house.wait(lambda: house.get("/readyz")[0] == 200)
    count = f"SELECT coalesce(sum(event_count), 0) FROM events_issue WHERE title LIKE '%{name[-8:]}%'"
    assert (house.sql(count), house.sql(received)) == ("1", str(before + 1))


def test_it_stops_cleanly_and_starts_again_on_the_same_data(house: House) -> None:
    pids, access = house.pids(), house.access()
    projects = house.sql("SELECT count(*) FROM events_project")
    status, printed = house.stop()
    assert (status, printed.split()[-1]) == (0, "stopped")
    assert [name for name, pid in pids.items() if psutil.pid_exists(pid)] == []

    printed = house.start()
    assert access["admin_password"] not in printed
    assert house.access() == access
    assert house.sql("SELECT count(*) FROM events_project") == projects


def test_nobody_survives_a_killed_supervisor(house: House) -> None:
    pids = house.pids()
    assert house.process
    assert house.process.stdout
    house.process.kill()
    house.process.wait()
    house.process.stdout.close()
    house.wait(lambda: not [name for name, pid in pids.items() if psutil.pid_exists(pid)])
