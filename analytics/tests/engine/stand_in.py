"""A stand-in for a server of ClickHouse: its HTTP protocol, answered by chDB.

It takes the SQL, the parameters, the settings and the tables beside them where a real server takes them, wants the
user and password that OBS_CLICKHOUSE_USER and OBS_CLICKHOUSE_PASSWORD name, and answers with the server's own codes.
"""

import base64
import json
import os
import re
import sys
import tempfile
from pathlib import Path

from werkzeug.serving import run_simple
from werkzeug.wrappers import Request, Response

from analytics.tests.engine.chdb_session import Refused, answered, with_table

# What a server of ClickHouse takes beside its settings.
NO_SETTINGS = {
    "query", "database", "default_format", "session_id", "query_id", "client_protocol_version", "wait_end_of_query",
    "buffer_size", "user", "password", "compress", "decompress", "enable_http_compression",
    "http_headers_progress_interval_ms",
    "send_progress_in_http_headers",
}  # fmt: skip
BESIDE = ("_format", "_structure", "_types")
ASKED: list[dict[str, str]] = []


@Request.application
def application(request: Request) -> Response:
    given = {**request.args.to_dict(), **request.form.to_dict()}
    if not _is_known(request):
        return _failed(516, "default: Authentication failed: password is incorrect (AUTHENTICATION_FAILED)", 403)
    sql = given.get("query") or request.get_data(as_text=True)
    if request.path == "/asked":
        return Response(json.dumps(ASKED[-1]))
    fmt = given.get("default_format", "TabSeparated")
    if found := re.search(r"\s+FORMAT\s+(\w+)\s*$", sql):
        sql, fmt = sql[: found.start()], found[1]
    params = {name.removeprefix("param_"): value for name, value in given.items() if name.startswith("param_")}
    kept = {
        name: value for name, value in given.items()
        if name not in NO_SETTINGS and not name.startswith("param_") and not name.endswith(BESIDE)
    }  # fmt: skip
    ASKED.append(dict(kept))
    kept.pop("readonly", None)  # chDB would refuse the settings that come with the question
    with tempfile.TemporaryDirectory() as folder:
        for name, sent in request.files.items():
            path = Path(folder) / name
            sent.save(path)
            shape = given[f"{name}_structure"]
            sql = with_table(sql, name, f"SELECT * FROM file('{path}', '{given[f'{name}_format']}', '{shape}')")
        written = ", ".join(f"{name} = '{value}'" for name, value in kept.items())
        try:
            return Response(answered(f"{sql} SETTINGS {written}" if written else sql, params, fmt=fmt))
        except Refused as refused:
            code = re.search(r"Code: (\d+)", str(refused))
            return _failed(int(code[1]) if code else 1, str(refused), 500)


def _is_known(request: Request) -> bool:
    user, password = os.environ["OBS_CLICKHOUSE_USER"], os.environ["OBS_CLICKHOUSE_PASSWORD"]
    basic = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    sent = (request.headers.get("X-ClickHouse-User"), request.headers.get("X-ClickHouse-Key"))
    return request.headers.get("Authorization") == basic or sent == (user, password)


def _failed(code: int, text: str, status: int) -> Response:
    return Response(f"{text}\n", status=status, headers={"X-ClickHouse-Exception-Code": str(code)})


if __name__ == "__main__":
    answered("SELECT 1", {}, fmt="Null")
    run_simple("127.0.0.1", int(sys.argv[1]), application, threaded=True)
