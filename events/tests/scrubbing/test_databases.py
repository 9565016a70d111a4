"""What a database was asked reaches nothing durable with its values: spans, logs and breadcrumbs at every door."""

import json
from typing import Any

import pytest
from django.utils import timezone

from events.models import IngestKey, Project
from events.protocols import otlp
from events.scrubbing import databases
from events.tests.digest.test_performance_facts import accept, served
from events.tests.digest.test_performance_facts import span as stored_span
from events.tests.intake import digested, facts
from events.tests.sentry_bodies import context, decoded, event, only

BLUE = "blue.heron"


def otel_span(name: str, kind: int, **attributes: Any) -> dict[str, Any]:
    """The span as an OTLP decoder hands it on; `__` in a name stands for a dot."""
    pairs = [{"key": key.replace("__", "."), "value": {"stringValue": text}} for key, text in attributes.items()]
    start = int(timezone.now().timestamp() * 1e9)
    span = {
        "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": name, "kind": kind,
        "startTimeUnixNano": str(start), "endTimeUnixNano": str(start + 10**6), "attributes": pairs,
    }  # fmt: skip
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
    (item,) = otlp.decode("traces", body, context(received_at=timezone.now()), is_json=True).items
    (read,) = item.payload["spans"]
    found: dict[str, Any] = read
    return found


def sentry_span(description: str, *, op: str = "db", **data: Any) -> dict[str, Any]:
    sent = {
        "transaction": "GET /", "start_timestamp": 1.0, "timestamp": 2.0, "contexts": {"trace": {"op": "http.server"}},
        "spans": [{"span_id": "b" * 16, "op": op, "description": description, "data": data}],
    }  # fmt: skip
    child: dict[str, Any] = only(decoded(({"type": "transaction"}, sent))).payload["spans"][1]
    return child


@pytest.mark.parametrize(("kind", "number"), [("internal", 1), ("server", 2), ("client", 3), ("producer", 4)])
@pytest.mark.parametrize("system", [{"db__system__name": "sqlite"}, {"db__system": "sqlite"}, {}])
@pytest.mark.parametrize("attribute", ["db__query__text", "db__statement"])
def test_every_kind_of_span_loses_them(kind: str, number: int, system: dict[str, str], attribute: str) -> None:
    asked = f"SELECT * FROM m WHERE owner = '{BLUE}'"
    read = otel_span(asked, number, **system, **{attribute: asked})
    assert read["attributes"][attribute.replace("__", ".")] == "SELECT * FROM m WHERE owner = ?"
    assert read["name"] == "SELECT * FROM m WHERE owner = ?"
    assert read["kind"] == kind


@pytest.mark.parametrize(
    ("system", "asked", "expected"),
    [
        ("mongodb", '{"find":"users","filter":{"owner":"blue.heron"}}', '{"find":"users","filter":{"owner":"?"}}'),
        ("mongodb", '{"find":"users","filter":{"find":"blue","age":{"$gt":5}}}',
         '{"find":"users","filter":{"find":"?","age":{"$gt":"?"}}}'),
        ("mongodb", '{"find":"u","filter":{"a":{"$in":["a","b"]}},"n":1',
         '{"find":"u","filter":{"a":{"$in":["?"]}},"n":"?"'),
        ("mongodb", "{'find': 'u', 'filter': {'owner': 'it\\'s blue", "{'find': 'u', 'filter': {'owner': '?'"),
        ("mongodb", "db.users.find({a: /^blue/i, n: ObjectId('5f')})", "db.users.find({a:\"?\", n: ObjectId('?')})"),
        ("elasticsearch", '{"query":{"match":{"name":"blue heron"}}}', '{"query":{"match":{"name":"?"}}}'),
        ("dynamodb", '{"TableName":"users","Key":{"id":{"S":"blue"}}}', '{"TableName":"users","Key":{"id":{"S":"?"}}}'),
        ("redis", "SET user:blue.heron hello", "SET ? ?"),
        ("redis", 'SET "user blue" \'hel lo\' EX 60', "SET ? ? ?"),
        ("redis", "MGET a b c d e", "MGET ? ? ?"),
        ("redis", "SET a b\nGET c\nblue heron", "SET ? ?\nGET ?\n?"),
        ("redis", "CONFIG GET maxmemory", "CONFIG GET ?"),
        ("redis", "JSON.SET blue $ 1", "JSON.SET ? ? ?"),
        ("redis", "blue.heron hello", "?"),
        ("memcached", "get user:blue", "get ?"),
        ("", '{"find":"users","filter":{"owner":"blue.heron"}}', '{"find":"users","filter":{"owner":"?"}}'),
        ("", "HSET user:blue.heron name hello", "HSET ? ? ?"),
        ("", "SET user:blue hello", "SET ? ?"),
        ("", "SET search_path TO blue", "SET search_path TO ?"),
        ("", "DELETE FROM t WHERE a = 'blue'", "DELETE FROM t WHERE a = ?"),
        ("cassandra", "SELECT * FROM t WHERE a = 'blue' AND b = $$blue$$", "SELECT * FROM t WHERE a = ? AND b = ?"),
    ],
)  # fmt: skip
def test_each_language_loses_them(system: str, asked: str, expected: str) -> None:
    text = databases.form(asked, system=system)
    assert text == expected
    assert databases.form(text, system=system) == text


@pytest.mark.parametrize(
    "name", ["GET", "redis.pipeline.execute", "redis-GET", "PIPELINE", "connect", "MULTI", "redis"]
)
def test_what_a_library_calls_such_a_span_stays(name: str) -> None:
    assert databases.name(name, op="db.redis", attributes={}) == name


def test_values_beside_a_statement_are_dropped() -> None:
    data = {
        "db.system": "postgresql", "db.params": f'["{BLUE}"]', "db.sql.bindings": [BLUE], "db.name": "shop",
        "db.query.parameter.0": BLUE, "db.operation.parameter.owner": BLUE, "db.redis.key": BLUE, "db.cursor": BLUE,
    }  # fmt: skip
    child = sentry_span("SELECT * FROM u WHERE n = %s", **data)
    assert child["attributes"] == {"db.system": "postgresql", "db.name": "shop"}
    assert child["name"] == "SELECT * FROM u WHERE n = ?"


def test_a_statement_is_read_before_its_addresses_are_tidied() -> None:
    asked = f"SELECT * FROM hits WHERE url = 'https://shop.example/p?id=1#top' AND owner = '{BLUE}'"
    for data in ({"db.system": "postgresql"}, {}):
        assert sentry_span(asked, **data)["name"] == "SELECT * FROM hits WHERE url = ? AND owner = ?"


def test_a_long_statement_keeps_its_end() -> None:
    columns = ", ".join(f"column_{number}" for number in range(60))
    one, other = (sentry_span(f"SELECT {columns} FROM t WHERE {name} = 5") for name in "ab")
    assert (len(one["name"]), one["name"][-1]) == (500, "…")
    assert one["attributes"]["db.query.text"] == f"SELECT {columns} FROM t WHERE a = ?"
    assert other["attributes"]["db.query.text"].endswith("b = ?")


def test_another_span_keeps_its_name() -> None:
    assert sentry_span("GET /items/5", op="http.client")["name"] == "GET /items/5"
    assert sentry_span("Select 5 items from the list", op="function")["name"] == "Select 5 items from the list"
    assert sentry_span("SELECT a FROM t WHERE b = 'blue'", op="task")["name"] == "SELECT a FROM t WHERE b = ?"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("(0.001) SELECT a FROM t WHERE b = 'it''s'; args=('blue',)", "(0.001) SELECT a FROM t WHERE b = ?"),
        ('  User Load (0.5ms)  SELECT "u".* FROM "u" WHERE "u"."m" = $1  [["m", "blue"]]',
         '  User Load (0.5ms)  SELECT "u".* FROM "u" WHERE "u"."m" = ?'),
        ("Hibernate: select u.id from us u where u.name='blue'", "Hibernate: select u.id from us u where u.name=?"),
        ("took: 1 ms  statement: INSERT INTO t VALUES ('blue', 5)", "took: 1 ms  statement: INSERT INTO t VALUES (?)"),
        ("INSERT INTO t (a) VALUES (%(a)s)\n[parameters: {'a': 'blue'}]", "INSERT INTO t (a) VALUES (?)"),
        ("[generated in 0.00012s] ('blue', 5)", "[generated in 0.00012s] ?"),
        ("binding parameter [1] as [VARCHAR] - [blue]", "binding parameter [1] as [VARCHAR] ?"),
        ('{"find": "users", "filter": {"owner": "blue"}}', '{"find": "users", "filter": {"owner": "?"}}'),
        ("CREATE USER anna PASSWORD 'blue'", "CREATE USER anna PASSWORD ?"),
        ("BEGIN BATCH DELETE FROM t WHERE a = 'blue'", "BEGIN BATCH DELETE FROM t WHERE a = ?"),
        ("EXPLAIN ANALYZE SELECT a FROM t WHERE b = 'blue'", "EXPLAIN ANALYZE SELECT a FROM t WHERE b = ?"),
        ("CALL pay('blue', 5)", "CALL pay(?, ?)"),
        ("SELECT login('blue', 5)", "SELECT login(?, ?)"),
        ("HSET user:1 name blue", "HSET ? ? ?"),
        ("redis> SET user:1 blue EX 5", "redis> SET ? ? ?"),
        ('1339518083.107412 [0 10.0.0.1:60866] "SET" "user:1" "blue"', "1339518083.107412 [0 10.0.0.1:60866] SET ? ?"),
        ("DEL session:blue", "DEL ?"),
        ("Mongoose: users.findOne({ email: 'blue' }, {})", "Mongoose: users.findOne({ email: '?' }, {})"),
        ('db.users.find({"a": "blue"})', 'db.users.find({"a": "?"})'),
        ("select set_config('app.user', 'blue', true)", "select set_config(?, ?, ?)"),
        ("LOG:  execute <unnamed>: select lower('blue')", "LOG:  execute <unnamed>: select lower(?)"),
        ("STATEMENT:  set local app.user = 'blue'", "STATEMENT:  set local app.user = ?"),
        ("SET app.user TO 'blue'", "SET app.user TO ?"),
        ("set @who := 'blue'", "set ? := ?"),
        ("exec sp_set_session_context 'uid', 'blue'", "exec sp_set_session_context ?, ?"),
        ("NOTIFY jobs, 'blue'", "NOTIFY jobs, ?"),
        ("select * from pg_notify('jobs', 'blue')", "select * from pg_notify(?, ?)"),
        ("prepare q as select 1 from t where a = 'blue'", "prepare ? as select ? from t where a = ?"),
        ("execute q('blue')", "execute q(?)"),
        ("VALUES ('blue', 5)", "VALUES (?)"),
        ("DO $$ BEGIN PERFORM f('blue'); END $$", "DO ?"),
        ("COMMENT ON TABLE t IS 'blue'", "COMMENT ON TABLE t IS ?"),
        ("declare c cursor for select a from t where b = 'blue'", "declare ? cursor for select a from t where b = ?"),
        ("ALTER DATABASE shop SET app.k = 'blue'", "ALTER DATABASE shop SET app.k = ?"),
        ("CONTEXT:  SQL statement \"SELECT f('blue')\"\nPL/pgSQL function g() line 3 at PERFORM",
         "CONTEXT:  SQL statement \"SELECT f(?)\"\nPL/pgSQL function g() line 3 at PERFORM"),
    ],
)  # fmt: skip
def test_a_line_of_a_log_loses_those_of_its_statement(line: str, expected: str) -> None:
    assert databases.logged(line) == expected
    assert databases.logged(expected) == expected


@pytest.mark.parametrize(
    "line",
    ["Please select 3 items from the list", "update 5 rows and set the flag", "order 4711 paid, 19.90 EUR",
     "deleted 3 files from /tmp", "We insert into our notes that it's fine", '{"event": "paid", "amount": 19.9}',
     "Fetched 12 messages from 'orders' with 3 retries", "parameters: 5 given, 3 wanted", "SET up in 5 ms",
     "GET /users/1 200", "GET users", "SET the table", "match (x)", "We SELECT (a few)", "items.find(5)",
     "CALL me later", "users.count() is 5", "EXEC took 5 ms", "DEL key", "[GET] https://a.example:80/x",
     "Please select option(s) 3 and 4", "set the table for 5", "set port to '5'", "execute task 'clean' now", "do it",
     "values (and notes)", "prepare for 'launch'", "copy file from 'a' to 'b'", "notify anna, please",
     "select all items (5)", "comment on 'x'", "declare victory", "SHOW me", "SET up to 5", "SQL statement follows"],
)  # fmt: skip
def test_other_lines_stay_as_they_are(line: str) -> None:
    assert databases.logged(line) is line


def test_logs_of_every_protocol_lose_them() -> None:
    attributes = {"sentry.message.parameter.0": {"value": BLUE}, "db.query.text": {"value": f"SELECT '{BLUE}'"}}
    refused = f'duplicate key value violates "u"\nDETAIL:  Key (name)=({BLUE}) already exists.'
    for said in (f"(0.1) SELECT a FROM t WHERE b = '{BLUE}'", refused):
        assert_is_gone({"body": said, "attributes": attributes, "timestamp": 1})
    kept = event({"logentry": {"message": refused}, "breadcrumbs": [{"category": "log", "message": refused}]})
    assert BLUE not in json.dumps(kept)


def assert_is_gone(log: dict[str, Any]) -> None:
    header = {"type": "log", "content_type": "application/vnd.sentry.items.log+json", "item_count": 1}
    item = only(decoded((header, {"items": [log]})))
    assert BLUE not in json.dumps(item.payload)
    record = {"body": {"stringValue": log["body"]}, "timeUnixNano": "1"}
    body = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).encode()
    assert BLUE not in json.dumps(otlp.decode("logs", body, context(), is_json=True).items[0].payload)


@pytest.mark.parametrize(
    ("crumb", "expected"),
    [
        ({"category": "query", "message": "SELECT 'blue', %s"}, {"message": "SELECT ?, ?"}),
        ({"category": "db.sql.query", "message": "SELECT 1", "data": {"bindings": ["blue"], "ms": 5}},
         {"message": "SELECT ?", "data": {"ms": 5}}),
        ({"category": "sql.active_record", "data": {"sql": "SELECT 'blue'", "type_casted_binds": ["blue"]}},
         {"data": {"sql": "SELECT ?"}}),
        ({"category": "redis", "message": "GET 'blue'", "data": {"redis.key": "blue", "redis.command": "GET"}},
         {"message": "GET ?", "data": {"redis.command": "GET"}}),
        ({"category": "mongodb", "message": '{"find": "u", "filter": {"a": "blue"}}'},
         {"message": '{"find": "u", "filter": {"a": "?"}}'}),
        ({"category": "log", "message": "DELETE FROM t WHERE b = 'blue'"}, {"message": "DELETE FROM t WHERE b = ?"}),
        ({"category": "console", "message": "order 5 paid", "data": {"args": ["red"], "query": "a=1"}},
         {"message": "order 5 paid", "data": {"args": ["red"], "query": "a=1"}}),
    ],
)  # fmt: skip
def test_breadcrumbs_lose_them(crumb: dict[str, Any], expected: dict[str, Any]) -> None:
    (kept,) = event({"breadcrumbs": [crumb]})["breadcrumbs"]["values"]
    assert {name: kept[name] for name in expected} == expected
    assert "blue" not in json.dumps(kept)
    attributes = {"sentry.message.template": {"value": "SELECT a FROM t WHERE b = %s"}}
    line = {"body": "SELECT a FROM t WHERE b = blue", "attributes": attributes, "timestamp": 1}
    assert "blue" not in json.dumps(only(decoded(({"type": "log"}, {"items": [line]}))).payload)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ('duplicate key value violates unique constraint "u"\nDETAIL:  Key (email)=(blue (2)) already exists.\n',
         'duplicate key value violates unique constraint "u"\nDETAIL:  Key (email)=(?) already exists.\n'),
        ("null value in column \"a\"\nDETAIL:  Failing row contains (5, blue, null).",
         "null value in column \"a\"\nDETAIL:  Failing row contains (?)."),
        ("(1062, \"Duplicate entry 'blue' for key 'users.email'\")",
         "(1062, \"Duplicate entry '?' for key 'users.email'\")"),
        ("E11000 duplicate key error collection: a.b index: e_1 dup key: { email: \"blue\" }",
         "E11000 duplicate key error collection: a.b index: e_1 dup key: {?}"),
        ('invalid input syntax for type integer: "blue"', 'invalid input syntax for type integer: "?"'),
        ("(x.E) no\n[SQL: INSERT INTO t (a) VALUES ('blue')]\n[parameters: {'n': 'blue'}]\n(Background on this error)",
         "(x.E) no\n[SQL: INSERT INTO t (a) VALUES (?)]\n[parameters: ?]\n(Background on this error)"),
        ("insert into t (a) values ('blue') - no such table", "insert into t (a) values (?) - no such table"),
    ],
)  # fmt: skip
def test_what_a_database_repeats_when_it_refuses_is_without_them(sent: str, kept: str) -> None:
    assert databases.failed(sent) == kept
    assert databases.failed(kept) == kept
    stored = event({"exception": [{"type": "E", "value": sent}]})
    assert stored["exception"]["values"][0]["value"] == kept


@pytest.mark.parametrize("text", ["x)=(y", "Duplicate entry point", "invalid input", "it failed (5)", "KeyError: 'a'"])
def test_other_messages_stay_as_they_are(text: str) -> None:
    assert databases.failed(text) is text


def test_a_message_that_is_a_statement_loses_them() -> None:
    kept = event({"logentry": {"message": "SELECT a FROM t WHERE b = %s", "params": ["blue"]}})["logentry"]
    assert kept["formatted"] == "SELECT a FROM t WHERE b = ?"
    assert "blue" not in json.dumps(kept)


@pytest.mark.parametrize("kind", [1, 2, 3])
@pytest.mark.parametrize("name", ["HSET user:1 name blue", "db.users.find({'a': 'blue'})", "CALL pay('blue')"])
def test_the_name_of_a_span_that_says_no_database_loses_them(kind: int, name: str) -> None:
    span = {"traceId": "0" * 31 + "1", "spanId": "0" * 15 + "1", "name": name, "kind": kind, "endTimeUnixNano": "1"}
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
    assert "blue" not in json.dumps(otlp.decode("traces", body, context(), is_json=True).items[0].payload)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "attributes", "queries"),
    [
        ("internal", {"db.system.name": "sqlite", "db.query.text": "SELECT 5"}, 1),
        ("client", {"db.query.text": "SELECT 5"}, 1),
        ("internal", {"db.system": "postgresql"}, 0),
        ("server", {"db.system": "postgresql", "db.query.text": "SELECT 5"}, 0),
        ("client", {"db.system": "cassandra", "db.query.text": "SELECT 5"}, 0),
    ],
)
def test_a_statement_makes_a_query_on_clients_and_inside(
    project: Project, key: IngestKey, clean_redis: Any, kind: str, attributes: dict[str, Any], queries: int
) -> None:
    start = timezone.now().timestamp() - 60
    accept(key, "transaction", served(start, stored_span(2, start, 5, kind=kind, attributes=attributes)))
    digested(project)
    assert len(facts(project, "queries")) == queries
    (stored,) = [row for row in facts(project, "spans") if row["kind"] == kind]
    assert stored["attributes"].get("db.query.text", "SELECT ?") == "SELECT ?"


@pytest.mark.parametrize(
    ("asked", "finding"), [("COMMIT", None), ("SELECT 1", None), ("SELECT * FROM b", "n_plus_one")]
)
def test_only_what_runs_for_each_row_is_a_loop(
    project: Project, key: IngestKey, clean_redis: Any, asked: str, finding: str | None
) -> None:
    start = timezone.now().timestamp() - 60
    ran = [stored_span(2 + n, start + n / 1000, 0.5, op="db", name=asked) for n in range(8)]
    accept(key, "transaction", served(start, *ran))
    digested(project)
    (row,) = facts(project, "queries")
    assert (row["finding"], row["count"]) == (finding, 8)
