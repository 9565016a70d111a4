"""How a question reaches ClickHouse: over HTTP, its values beside it, its answer as Arrow."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from django.conf import settings

from analytics.engine.clickhouse.failures import Failure, Unreachable
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import clickhouse_connect
    import pyarrow as pa
    from clickhouse_connect.driver import exceptions, external
else:
    clickhouse_connect = lazy("clickhouse_connect")
    exceptions = lazy("clickhouse_connect.driver.exceptions")
    external = lazy("clickhouse_connect.driver.external")
    pa = lazy("pyarrow")

CONNECT_SECONDS = 3
# Beyond the time that the server gives itself: then it has ended the question, or is gone.
GRACE_SECONDS = 5
# Between two pieces of an export, which may take as long as it likes.
EXPORT_SECONDS = 300


class Transport(Protocol):
    """What carries a question to a server, and its answer back."""

    def ask(
        self, sql: str, *, bound: Mapping[str, Any], tables: Mapping[str, pa.Table], limits: Mapping[str, Any]
    ) -> Iterator[pa.RecordBatch]:
        """Yield the answer in pieces; whoever stops reading ends the question. `tables` are there under their names.
        Raises Failure and Unreachable."""


class Http:
    """A server of ClickHouse, or a balancer before a cluster of them: without sessions, so that any may answer."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self._lock = threading.Lock()
        self._url, self._user, self._password = url, user, password
        self._clients: dict[float, Any] = {}

    def ask(
        self, sql: str, *, bound: Mapping[str, Any], tables: Mapping[str, pa.Table], limits: Mapping[str, Any]
    ) -> Iterator[pa.RecordBatch]:
        seconds = limits["max_execution_time"]
        own = {**limits, "readonly": 2, "cancel_http_readonly_queries_on_client_close": 1}
        if seconds:
            # Whole before the first byte, so that a failure is a failure and no answer that breaks off.
            own["wait_end_of_query"] = 1
        try:
            client = self._client(seconds + GRACE_SECONDS if seconds else EXPORT_SECONDS)
            answer = client.raw_stream(
                sql, parameters=dict(bound), settings=own, fmt="ArrowStream", external_data=beside(tables)
            )
        except exceptions.OperationalError as error:
            raise Unreachable(str(error)) from None
        except exceptions.Error as error:
            raise Failure(str(error)) from None
        try:
            yield from pa.ipc.open_stream(answer)
        except (pa.ArrowInvalid, OSError, exceptions.Error) as error:
            raise Failure(f"The answer broke off: {error}") from None
        finally:
            answer.close()

    def _client(self, seconds: float) -> Any:
        with self._lock:
            if seconds not in self._clients:
                self._clients[seconds] = clickhouse_connect.get_client(
                    dsn=self._url, username=self._user, password=self._password, connect_timeout=CONNECT_SECONDS,
                    send_receive_timeout=seconds, autogenerate_session_id=False, form_encode_query_params=True,
                    query_retries=1,
                )  # fmt: skip
            return self._clients[seconds]


def beside(tables: Mapping[str, pa.Table]) -> external.ExternalData | None:
    """Return the tables as they travel beside a question; None where there is none."""
    sent = external.ExternalData()
    for name, table in tables.items():
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        structure = ", ".join(f"{column} Int64" for column in table.column_names)
        sent.add_file(file_name=name, data=sink.getvalue().to_pybytes(), fmt="Arrow", structure=structure)
    return sent if tables else None


def http() -> Transport:
    """Return the way to the server that the settings name; a fork gets its own."""
    return _http(
        os.getpid(), settings.OBS_CLICKHOUSE_URL, settings.OBS_CLICKHOUSE_USER, settings.OBS_CLICKHOUSE_PASSWORD
    )


@lru_cache(maxsize=4)
def _http(process: int, url: str, user: str, password: str) -> Http:
    return Http(url, user, password)
