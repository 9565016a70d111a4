"""Statements without their literals."""

import time

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
        ("SELECT E'a\\'b', x'ff', 0xFF", "SELECT ?, ?, ?"),
        ("SELECT 'cut off", "SELECT ?"),
        ('SELECT "bob smith"', "SELECT ?"),
        ('SAVEPOINT "s139_x1"', "SAVEPOINT ?"),
        ("", ""),
    ],
)
def test_literals_leave(statement: str, expected: str) -> None:
    assert sql.normalised(statement).text == expected


def test_double_quotes_hold_texts_where_they_do() -> None:
    assert sql.normalised('SELECT * FROM t WHERE name = "bob"', system="mysql").text == "SELECT * FROM t WHERE name = ?"


def test_equal_up_to_values_and_case_is_equal() -> None:
    one, other = sql.normalised("SELECT a FROM t WHERE id = 1"), sql.normalised("select a  from t where id = 'x'")
    assert one.fingerprint == other.fingerprint
    assert (one.operation, other.operation) == ("SELECT", "SELECT")
    assert one.fingerprint != sql.normalised("SELECT b FROM t WHERE id = 1").fingerprint


@pytest.mark.parametrize("unit", ["'", '"', "(", "/*", "$a", '"\\', "1 ", "(1,", "- -", "((?,?),", "x'", "%s,"])
def test_no_text_takes_long(unit: str) -> None:
    started = time.process_time()
    sql.normalised(unit * 60_000)
    assert time.process_time() - started < 0.5


def test_once_normalised_it_stays() -> None:
    text = sql.normalised("SELECT * FROM t WHERE a = 'b' AND c IN (1, 2)").text
    assert sql.normalised(text).text == text
