"""Questions over ClickHouse's HTTP protocol: clickhouse-connect against a stand-in that hands the SQL to chDB."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from django.db import transaction

from analytics import engine
from analytics.engine import EngineAway, EngineError, QueryTimeout, QueryTooLarge, SegmentMissing
from analytics.periods import Period
from analytics.tests import facts
from events.facts import files
from events.persons import keeping
from events.persons.keeping import Heard
from events.persons.rules import Told
from events.tests import rows
from events.tests.cast import NOW
from formaos_obs.tests import workers

pytestmark = pytest.mark.django_db
DAY = Period(NOW - timedelta(days=1), NOW + timedelta(seconds=1))
USER, PASSWORD = "reader", "s3cret-of-the-engine"
COUNT = "SELECT count(*) AS n FROM errors"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a running stand-in."""
    port = workers.free_port()
    command = [sys.executable, "-W", "ignore", "-m", "analytics.tests.engine.stand_in", str(port)]
    own = {**os.environ, "OBS_CLICKHOUSE_USER": USER, "OBS_CLICKHOUSE_PASSWORD": PASSWORD}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=own) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/default"
        process.terminate()


@pytest.fixture(autouse=True)
def clickhouse(server: str, settings: Any) -> None:
    settings.OBS_QUERY_ENGINE = "clickhouse"
    settings.OBS_CLICKHOUSE_URL = server
    settings.OBS_CLICKHOUSE_USER, settings.OBS_CLICKHOUSE_PASSWORD = USER, PASSWORD


def ask(project: Any, sql: str, parameters: Any = None, **kwargs: Any) -> Any:
    with engine.read(project.pk, {"errors": DAY}, **kwargs) as read:
        return read.ask(sql, parameters)


def test_values_travel_beside_the_question(project: Any) -> None:
    hostile = "x' OR '1'='1\\\n\t{a:String} Ü"
    rows.store(project, rows.error(1, level=hostile), rows.error(2, level="fatal"), rows.error(3, level="info"))
    assert ask(project, f"{COUNT} WHERE level = $level", {"level": hostile}) == [{"n": 1}]
    assert ask(project, f"{COUNT} WHERE level IN $levels", {"levels": [hostile, "info"]}) == [{"n": 2}]
    assert ask(project, f"{COUNT} WHERE level IN $levels", {"levels": []}) == [{"n": 0}]
    assert ask(project, f'{COUNT} WHERE "at" >= $since', {"since": NOW}) == [{"n": 3}]


def test_an_answer_has_the_types_of_the_other_engine(project: Any) -> None:
    rows.store(project, rows.error(1, tags={"a": "b"}))
    sql = """SELECT "at", count(*) AS n, sum(size) AS size, tags['a'] AS tag, tags['no'] AS none, true AS yes
             FROM errors GROUP BY ALL"""
    [found] = ask(project, sql)
    assert found == {"at": NOW, "n": 1, "size": found["size"], "tag": "b", "none": None, "yes": True}
    assert found["at"].tzinfo is not None


def test_who_is_who_travels_beside_the_question(project: Any) -> None:
    facts.store(
        project, "events", *({"at": NOW, "event": "paid", "visitor": visitor} for visitor in (2**60, 2**60 + 1))
    )
    sql = "SELECT count(DISTINCT visitor) AS people FROM events"
    with engine.read(project.pk, {"events": DAY}, with_persons=True) as read:
        assert read.ask(sql) == [{"people": 2}]
    with transaction.atomic():
        keeping.keep({project.pk: Heard([Told(2**60, NOW, "merge", 2**60 + 1)])})
    with engine.read(project.pk, {"events": DAY}, with_persons=True) as read:
        assert read.ask(sql) == [{"people": 1}]


def test_the_limits_travel_with_the_question(project: Any, server: str, settings: Any) -> None:
    settings.OBS_QUERY_TIMEOUT_SECONDS, settings.OBS_QUERY_MEMORY_MB, settings.OBS_QUERY_THREADS = 7.0, 300, 3
    ask(project, COUNT)
    headers = {"X-ClickHouse-User": USER, "X-ClickHouse-Key": PASSWORD}
    with urlopen(Request(server.replace("/default", "/asked"), headers=headers)) as answer:
        sent = json.load(answer)
    assert float(sent["max_execution_time"]) == 7
    assert int(sent["max_memory_usage"]) == 300 * 2**20
    assert (sent["max_threads"], sent["readonly"], sent["cancel_http_readonly_queries_on_client_close"]) == (
        "3",
        "2",
        "1",
    )


def test_pieces_of_an_export_and_of_a_stream_are_the_same_rows(project: Any) -> None:
    rows.store(project, *(rows.error(n) for n in range(50)))
    sql = "SELECT event_id FROM errors ORDER BY 1"
    with engine.read(project.pk, {"errors": DAY}) as read:
        streamed = [row for batch in read.stream(sql) for row in batch.to_pylist()]
        exported = [row for batch in read.batches(sql) for row in batch.to_pylist()]
    assert len(streamed) == 50
    assert streamed == exported


def test_a_question_that_takes_too_long_is_ended_by_the_server(project: Any, settings: Any) -> None:
    settings.OBS_QUERY_TIMEOUT_SECONDS = 0.2
    with pytest.raises(QueryTimeout, match=r"0\.2 seconds"):
        ask(project, "SELECT sum(a.generate_series * b.generate_series) AS n FROM "
                     "(SELECT unnest(range(1000000)) AS generate_series) a, "
                     "(SELECT unnest(range(1000000)) AS generate_series) b")  # fmt: skip


def test_a_question_that_needs_too_much_memory_is_refused(project: Any, settings: Any) -> None:
    settings.OBS_QUERY_MEMORY_MB = 20
    with pytest.raises(QueryTooLarge, match="20 MB"):
        ask(project, "SELECT list(x::VARCHAR) AS l FROM (SELECT unnest(range(5000000)) AS x)")


def test_a_missing_and_a_damaged_file_are_named_and_other_days_answer(project: Any) -> None:
    (gone,) = rows.store(project, rows.error(1))
    rows.store(project, rows.error(2, at=NOW - timedelta(days=3)))
    path = Path(files.root().url(gone.path))
    path.write_bytes(b"PAR1 and then nothing PAR1")
    with pytest.raises(EngineError, match=gone.path):
        ask(project, COUNT)
    path.unlink()
    with pytest.raises(SegmentMissing) as raised:
        ask(project, COUNT)
    assert raised.value.path == gone.path
    with engine.read(project.pk, {"errors": Period(NOW - timedelta(days=4), NOW - timedelta(days=2))}) as facts:
        assert facts.ask(COUNT) == [{"n": 1}]


def test_an_engine_that_is_away_says_so(project: Any, settings: Any) -> None:
    settings.OBS_CLICKHOUSE_URL = f"http://127.0.0.1:{workers.free_port()}/default"
    with pytest.raises(EngineAway, match="cannot be reached"):
        ask(project, COUNT)


def test_a_wrong_password_is_said_without_it(project: Any, settings: Any, caplog: Any) -> None:
    settings.OBS_CLICKHOUSE_PASSWORD = "wrong-password-of-mine"
    with pytest.raises(EngineAway) as raised:
        ask(project, COUNT)
    assert "wrong-password-of-mine" not in f"{raised.value}{raised.value.__cause__}{caplog.text}"
