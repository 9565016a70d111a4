"""Statements without their values: what is one statement, what stays apart, what is no loop."""

import pytest

from events.values import sql


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT * FROM t WHERE a = 'it''s' AND b = 3", "SELECT * FROM t WHERE a = ? AND b = ?"),
        ("SELECT * FROM t WHERE a IN (1, 2,\n 3)", "SELECT * FROM t WHERE a IN (?)"),
        ("SELECT * FROM t WHERE a IN (%s, %s)", "SELECT * FROM t WHERE a IN (?)"),
        ("INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y')", "INSERT INTO t (a, b) VALUES (?)"),
        ('SELECT "u"."id" FROM "u" LIMIT 21', 'SELECT "u"."id" FROM "u" LIMIT ?'),
        ("SELECT a::int, $1, :name, %(x)s, @p1, ?", "SELECT a::int, ?, ?, ?, ?, ?"),
        ("SELECT 1 -- bob's\nFROM t /* alice's */ WHERE x=2", "SELECT ? FROM t WHERE x=?"),
        ("SELECT t1.c2 FROM t1 WHERE x = -1.5e3", "SELECT t1.c2 FROM t1 WHERE x = ?"),
        ("SELECT $$ secret $$, $tag$ it $tag$", "SELECT ?, ?"),
        ("SELECT 'cut off", "SELECT ?"),
        ('SELECT "bob smith"', "SELECT ?"),
        ('SAVEPOINT "s139_x1"', "SAVEPOINT ?"),
        ("", ""),
    ],
)
def test_values_leave(statement: str, expected: str) -> None:
    assert sql.normalised(statement).text == expected


BLUE = "blue.heron"
# Statements of a dialect: (system, written, normal form).
OF_DIALECTS = [
    ("postgresql", "SELECT E'a\\'b', x'ff', 0xFF", "SELECT ?, ?, ?"),
    (
        "postgresql",
        f"SELECT * FROM hits WHERE url = 'https://shop.example/p?id=1' AND owner = '{BLUE}'",
        "SELECT * FROM hits WHERE url = ? AND owner = ?",
    ),
    ("postgresql", "/*path='/x?y'*/ SELECT * FROM hits WHERE id = 1", "SELECT * FROM hits WHERE id = ?"),
    ("postgresql", "SELECT a /?, b FROM hits WHERE owner = ?", "SELECT a /?, b FROM hits WHERE owner = ?"),
    ("postgresql", f"SELECT * FROM f WHERE d = 'C:\\' AND o = '{BLUE}'", "SELECT * FROM f WHERE d = ? AND o = ?"),
    (
        "postgresql",
        f"SELECT * FROM f WHERE n LIKE '10\\%' ESCAPE '\\' AND e = '{BLUE}'",
        "SELECT * FROM f WHERE n LIKE ? ESCAPE ? AND e = ?",
    ),
    (
        "postgresql",
        "SELECT * FROM t WHERE a = 1_000_000 AND b = 0b1010 AND c = 0o17",
        "SELECT * FROM t WHERE a = ? AND b = ? AND c = ?",
    ),
    ("postgresql", f"SELECT /* a /* b */ it's */ a FROM t WHERE o = '{BLUE}'", "SELECT a FROM t WHERE o = ?"),
    (
        "postgresql",
        """SELECT data->'a', data#>>'{a}' FROM t WHERE data @> '{"a":1}' AND data ?| ARRAY['a','b']""",
        "SELECT data->?, data#>>? FROM t WHERE data @> ? AND data ?| ARRAY[?]",
    ),
    ("mysql", f"SELECT a FROM t8 # it's\nWHERE b = '{BLUE}'", "SELECT a FROM t8 WHERE b = ?"),
    ("mysql", "SELECT `it's` FROM t WHERE b = 'blue' AND c = 'heron'", "SELECT `it's` FROM t WHERE b = ? AND c = ?"),
    ("mysql", f'SELECT * FROM t WHERE name = "{BLUE}"', "SELECT * FROM t WHERE name = ?"),
    ("mysql", 'SELECT "t"."a" FROM "t" WHERE "t"."x" = \'b\'', 'SELECT "t"."a" FROM "t" WHERE "t"."x" = ?'),
    ("mysql", "SELECT 5--1, @@session.x, _utf8mb4'b'", "SELECT ?-?, @@session.x, ?"),
    ("mssql", "SELECT [it's] FROM t WHERE b = 'blue' AND c = N'heron'", "SELECT [it's] FROM t WHERE b = ? AND c = ?"),
    ("oracle", "SELECT q'[it's blue]' FROM dual WHERE a='heron'", "SELECT ? FROM dual WHERE a=?"),
    ("oracle", "SELECT a FROM x, y WHERE x.i(+) = y.i AND d = :1", "SELECT a FROM x, y WHERE x.i(+) = y.i AND d = ?"),
    (
        "sqlite",
        f'SELECT "id", "first name" FROM "t" WHERE "owner" = "{BLUE}" AND x IN ("a", "b")',
        'SELECT "id", "first name" FROM "t" WHERE "owner" = ? AND x IN (?)',
    ),
    (
        "cassandra",
        "SELECT * FROM t WHERE id = f47ac10b-58cc-4372-a567-0e02b2c3d479 AND m = {'a': 1} // it's\nAND l = [1, 2]",
        "SELECT * FROM t WHERE id = ? AND m = ? AND l = [?]",
    ),
    (
        "neo4j",
        "MATCH (n:Person {name: 'b', age: 3})-[:KNOWS]->(m) WHERE m.id = $id RETURN n",
        "MATCH (n:Person {name: ?, age: ?})-[:KNOWS]->(m) WHERE m.id = ? RETURN n",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("system", "statement", "expected"), OF_DIALECTS)
def test_each_dialect_is_read_by_its_own_rules(system: str, statement: str, expected: str) -> None:
    assert sql.normalised(statement, system=system).text == expected


@pytest.mark.parametrize("statement", [statement for _, statement, _ in OF_DIALECTS])
def test_without_a_dialect_no_value_stays_either(statement: str) -> None:
    text = sql.normalised(statement).text
    assert not any(word in text for word in ("heron", "https", "f47ac"))


ONE = [
    ["IN ($1::INTEGER, $2::INTEGER)", "IN ($1::INTEGER)", "IN ($1, 2, NULL)", "IN (CAST($1 AS VARCHAR(20)), 'b')"],
    ["IN (1, NULL, 3)", "IN (-1, +2)", "IN (1 + 2, 3)", "IN (DATE '2020-01-01')", "IN ()"],
    ["IN (lower('a'), lower('b'))", "IN (lower('c'))"],
    ["= ANY(ARRAY[1, 2])", "= ANY(ARRAY[$1]::int[])", "= ANY('{1,2}'::int[])"],
    ["BETWEEN -5 AND -1", "BETWEEN 5 AND 1"],
    ["= TRUE", "= FALSE", "= :named", "= %(other)s", "= @p0", "= $3", "= NULL"],
    ["IN ((1, 2), (3, 4))", "IN ((1, 2))", "IN (ROW(1, 2))"],
    ["IN (1, 2, 3...", "IN (%s, %", "IN (%(a_1)s, %(a_", "IN ('a', 'bc", "IN ($1::INTEGER, $2::INTE", "IN (1)…"],
]


@pytest.mark.parametrize("ends", ONE)
def test_a_list_or_a_value_is_one_thing_whatever_stands_in_it(ends: list[str]) -> None:
    assert len({sql.normalised(f"SELECT * FROM t WHERE a {end}", system="postgresql").text for end in ends}) == 1


@pytest.mark.parametrize(
    "rows",
    [
        ["(%(a0)s::VARCHAR)", "(%(a0)s::VARCHAR), (%(a1)s::VARCHAR)"],
        ["(%s, NULL, %s)", "(%s, NULL, %s), (%s, NULL, %s)", "(DEFAULT, %s), (DEFAULT, %s)", "(1, TRUE)"],
        ["(%s, now())", "(%s, now()), (%s, now())", "(%s, now()), (%s, now()), (%s, no"],
        ["('x')", "('x'), ('y", "('x'), "],
    ],
)
def test_rows_are_one_thing_however_many(rows: list[str]) -> None:
    assert len({sql.normalised(f"INSERT INTO t VALUES {row}", system="postgresql").fingerprint for row in rows}) == 1


@pytest.mark.parametrize(
    "statements",
    [
        ["SELECT 1;", "SELECT 1"],
        ['FETCH FORWARD 10 FROM "_django_curs_1"', 'FETCH FORWARD 10 FROM "_django_curs_2"'],
        ['CLOSE "c1"', 'CLOSE "c2"'],
        ["ROLLBACK TO SAVEPOINT s1", 'ROLLBACK TO SAVEPOINT "s2"'],
        ["SET search_path TO anna", "SET search_path TO bob"],
        ["SELECT %s, %s UNION ALL SELECT %s, %s", "SELECT 1, 2"],
        ["SELECT a FROM t WHERE x = 'long" + "g" * 300_000, "SELECT a FROM t WHERE x = 'short'"],
    ],
)
def test_equal_up_to_values_is_equal(statements: list[str]) -> None:
    assert len({sql.normalised(statement, system="postgresql").fingerprint for statement in statements}) == 1


COLUMNS = ", ".join(f"column_{number}" for number in range(500))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('SELECT "first name" FROM t', 'SELECT "last name" FROM t'),
        ('SELECT "größe" FROM t', 'SELECT "grüße" FROM t'),
        ('SELECT "a→b" FROM t', 'SELECT "a→c" FROM t'),
        ("SELECT größe1 FROM t", "SELECT größe2 FROM t"),
        ("SELECT a->'x' FROM t", "SELECT a->>'x' FROM t"),
        ("SELECT a FROM t WHERE b IS NULL", "SELECT a FROM t WHERE b IS NOT NULL"),
        ("SELECT a - 1 FROM t", "SELECT a + 1 FROM t"),
        ("SELECT $1::int", "SELECT $1::text"),
        ("SELECT round(1.5)", "SELECT round(1.5, 1)"),
        (f"SELECT {COLUMNS} FROM t WHERE a = 1", f"SELECT {COLUMNS} FROM t WHERE b = 1"),
    ],
)
def test_other_statements_stay_apart(one: str, other: str) -> None:
    first, second = (sql.normalised(statement, system="postgresql") for statement in (one, other))
    assert first.fingerprint != second.fingerprint


def test_case_and_blanks_make_no_other_statement() -> None:
    one, other = sql.normalised("SELECT a FROM t WHERE id = 1"), sql.normalised("select a  from t where id = 'x'")
    assert one.fingerprint == other.fingerprint
    assert (one.operation, other.operation) == ("SELECT", "SELECT")


@pytest.mark.parametrize(
    "statement",
    ["COMMIT", "BEGIN", "begin transaction", "START TRANSACTION", "SAVEPOINT s1", "RELEASE SAVEPOINT s1", "ROLLBACK",
     "SELECT 1", "SELECT 1;", "/* ping */ SELECT 1", "SELECT 1 FROM dual", "SELECT version()", "SET x = 1", "connect",
     "pg.connect", "FETCH 10 FROM c", "CLOSE c", "PRAGMA foreign_keys = ON", "SHOW server_version", "SELECT @@version",
     "SELECT set_config('app.tenant', 'a', true)", "select set_config('role', $1, true), set_config('a', $2, true)",
     "SELECT pg_advisory_xact_lock(5)", "SELECT GET_LOCK('a', 5)", "EXEC sp_set_session_context 'uid', '5'"],
)  # fmt: skip
def test_what_runs_once_by_design_is_overhead(statement: str) -> None:
    assert sql.normalised(statement).is_overhead


@pytest.mark.parametrize(
    "statement",
    ["SELECT * FROM book WHERE author_id = 1", "INSERT INTO t VALUES (1)", "UPDATE t SET a = 1", "SELECT nextval('s')",
     "BEGIN do_it(5); END;", "CALL p(1)", "WITH x AS (SELECT 1) SELECT * FROM x", "User.findMany", "RESETTLE",
     "SELECT set_config('a', b, true) FROM t", "SELECT lower('a')", "EXEC sp_pay 5"],
)  # fmt: skip
def test_what_runs_for_each_row_is_none(statement: str) -> None:
    assert not sql.normalised(statement).is_overhead


@pytest.mark.parametrize("system", ["postgresql", "mysql", ""])
@pytest.mark.parametrize(
    "unit",
    ["'", '"', "(", "/*", "/**/", "$a", "$a$ ", '"\\', "1 ", "(1,", "- -", "((?,?),", "x'", "%s,", "q'[", "[1,", "`",
     "f(1),", "IN (1,", "VALUES (a),", "'''", "{1,", "-1", "…", "?", "CAST(1 AS "],
)  # fmt: skip
def test_a_megabyte_of_anything_ends(unit: str, system: str) -> None:
    text = sql.normalised(unit * (1_000_000 // len(unit)), system=system).text
    assert len(text.encode()) <= sql.KEPT
    assert sql.normalised(text, system=system).text == text


def test_what_is_remembered_is_bounded() -> None:
    for number in range(3000):
        sql.normalised(f"SELECT {'a' * 2000}{number}")
    assert sum(len(key[0]) for key in sql._REMEMBERED) <= sql._REMEMBERED.MOST
