"""No value of a statement survives, in whatever way its dialect writes values, names and comments."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.values import sql

SECRET = "blueheron"
# What tempts a lexer to begin or to end something.
PIECES = st.sampled_from(
    ["'", '"', "`", "\\", "[", "]", "$", "$$", "$t$", "/*", "*/", "--", "-- ", "#", "//", "\n", ";", "(", ")", ",", " ",
     "?", "E'", "N'", "q'[", "]'", "q'!", "é", "…", "...", "{", "}", ":", "@", "%s", "a", "1", "''", "'''", "IN (",
     "\\'", "' OR '1'='1", "::", "\ud800", "\x00"]
)  # fmt: skip
NOISE = st.lists(PIECES, max_size=5).map("".join)
TEXTS = st.builds(lambda before, after: before + SECRET + after, NOISE, NOISE)

Quote = Callable[[str], str]


def doubled(quote: str, *, before: str = "", opener: str = "") -> Quote:
    """A quote inside stands twice."""
    return lambda text: before + (opener or quote) + text.replace(quote, quote * 2) + quote


def escaped(quote: str, *, before: str = "", times: int = 1) -> Quote:
    """A quote inside stands behind a backslash."""
    return lambda text: before + quote * times + text.replace("\\", "\\\\").replace(quote, f"\\{quote}") + quote * times


def between(opener: str, closer: str) -> Quote:
    """Anything but the closer may stand inside, and what begins like it."""
    return lambda text: opener + text.replace(closer[0], "") + closer


def to_line_end(opener: str) -> Quote:
    return lambda text: opener + text.replace("\n", "") + "\n"


def nested(text: str) -> str:
    plain = text.replace("*", "").replace("/", "")
    return f"/* it's /* {plain} */ {plain}*/"


@dataclass(frozen=True)
class Written:
    """How a dialect writes texts, names and comments."""

    texts: tuple[Quote, ...]
    names: tuple[Quote, ...]
    comments: tuple[Quote, ...]


SINGLE, BACKSLASHED, ANSI_NAME, BACKTICK = doubled("'"), escaped("'"), doubled('"'), doubled("`")
BRACKETS = doubled("]", opener="[")
DASHES, BLOCK = to_line_end("--"), between("/*", "*/")
DIALECTS = {
    "postgresql": Written(
        (SINGLE, escaped("'", before="E"), between("$$", "$$"), between("$t$", "$t$"), doubled("'", before="U&")),
        (ANSI_NAME,),
        (DASHES, BLOCK, nested),
    ),
    "mysql": Written(
        (BACKSLASHED, escaped('"'), escaped("'", before="_utf8mb4")),
        (BACKTICK,),
        (to_line_end("-- "), to_line_end("#"), BLOCK),
    ),
    "sqlite": Written((SINGLE, doubled("'", before="X")), (ANSI_NAME, BACKTICK, between("[", "]")), (DASHES, BLOCK)),
    "microsoft.sql_server": Written(
        (SINGLE, doubled("'", before="N")), (ANSI_NAME, BRACKETS), (DASHES, BLOCK, nested)
    ),
    "oracle": Written(
        (SINGLE, doubled("'", before="N"), between("q'[", "]'"), between("Q'!", "!'"), between("nq'<", ">'"),
         between("q'é", "é'")),
        (ANSI_NAME,),
        (DASHES, BLOCK),
    ),
    "bigquery": Written(
        (BACKSLASHED, escaped('"'), escaped("'", times=3), escaped('"', times=3), escaped("'", before="r")),
        (between("`", "`"),),
        (DASHES, to_line_end("#"), BLOCK),
    ),
    "clickhouse": Written(
        (BACKSLASHED, between("$a$", "$a$")), (between('"', '"'), between("`", "`")), (DASHES, BLOCK)
    ),
    "snowflake": Written((BACKSLASHED, between("$$", "$$")), (ANSI_NAME,), (DASHES, to_line_end("//"), BLOCK)),
    "spark": Written((BACKSLASHED, escaped('"')), (BACKTICK,), (DASHES, BLOCK)),
    "cassandra": Written((SINGLE, between("$$", "$$")), (ANSI_NAME,), (DASHES, to_line_end("//"), BLOCK)),
    "neo4j": Written((BACKSLASHED, escaped('"')), (BACKTICK,), (to_line_end("//"), BLOCK)),
    "trino": Written((SINGLE,), (ANSI_NAME,), (DASHES, BLOCK)),
}  # fmt: skip
# §: a text, °: a number or a word that is a value, ¤: a name, ¶: a comment.
TEMPLATES = (
    "SELECT ¤, § FROM ¤ ¶ WHERE ¤.x = § AND b IN (§, §, °) ¶ AND d <> § LIMIT °",
    "INSERT INTO ¤ (a, ¤) VALUES (§, °), (§, §)",
    "UPDATE ¤ SET a = §, b = lower(§) ¶ WHERE c LIKE § ESCAPE § AND ¤.y BETWEEN ° AND °",
    "¶ SELECT a FROM ¤ WHERE a=§ AND ¤.z = § OR f(§, ¤.u) = °",
    "SELECT a FROM t1 WHERE (§) = ANY (§, f(§)) AND x = (§ || §)¶",
    "DELETE FROM t WHERE a = § AND b = §; SELECT §",
)
NUMBERS = ("5", "-5", "1.5e3", "0x1F", "1_000", "NULL", "TRUE", "FALSE")
# One of each line is known by another name only, or by none.
UNKNOWN = ("", "other_sql", "redshift")
READ_WHEN_UNKNOWN = ("postgresql", "mysql", "sqlite", "microsoft.sql_server", "oracle", "bigquery")


@st.composite
def statements(draw: st.DrawFn, name: str, count: int = 1) -> list[str]:
    """Statements of one shape that differ in their values and comments."""
    dialect = DIALECTS[name]
    shape: list[Any] = []
    for letter in draw(st.sampled_from(TEMPLATES)):
        if letter == "¤":
            shape.append(draw(st.sampled_from(dialect.names))(draw(NOISE) + "n"))
        elif letter == "§":
            shape.append(dialect.texts)
        elif letter == "¶":
            shape.append(dialect.comments if draw(st.booleans()) else "")
        else:
            shape.append(NUMBERS if letter == "°" else letter)
    return ["".join(_filled(draw, part) for part in shape) for _ in range(count)]


def _filled(draw: st.DrawFn, part: Any) -> str:
    if isinstance(part, str):
        return part
    chosen = draw(st.sampled_from(part))
    return chosen if isinstance(chosen, str) else chosen(draw(TEXTS))


@pytest.mark.parametrize("system", DIALECTS)
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_value_survives_in_its_own_dialect(system: str, data: st.DataObject) -> None:
    one, other = data.draw(statements(system, 2))
    cut = one[: data.draw(st.integers(0, len(one)))]
    for text in (one, other, cut):
        assert SECRET[:5] not in sql.normalised(text, system=system).text
    assert sql.normalised(one, system=system) == sql.normalised(other, system=system)


@pytest.mark.parametrize("system", UNKNOWN)
@pytest.mark.parametrize("written", READ_WHEN_UNKNOWN)
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_value_survives_where_the_dialect_is_unknown(system: str, written: str, data: st.DataObject) -> None:
    (one,) = data.draw(statements(written))
    cut = one[: data.draw(st.integers(0, len(one)))]
    for text in (one, cut):
        assert SECRET[:5] not in sql.normalised(text, system=system).text


@pytest.mark.parametrize("system", [*DIALECTS, ""])
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_normal_form_is_its_own(system: str, data: st.DataObject) -> None:
    written = data.draw(
        st.one_of(NOISE, st.lists(PIECES, max_size=40).map("".join), statements(system or "mysql").map("".join))
    )
    once = sql.normalised(written, system=system)
    assert sql.normalised(once.text, system=system) == once


@pytest.mark.parametrize(
    "written", [")IN (*//*`", "a IN (),", "a = ANY (-- b\n)x", "VALUES ($1/*)*/ ?)*", "= ANY ()IN (x"]
)
@pytest.mark.parametrize("system", [*DIALECTS, ""])
def test_what_a_comment_or_an_empty_list_leaves_behind_is_its_own_form(written: str, system: str) -> None:
    once = sql.normalised(written, system=system)
    assert sql.normalised(once.text, system=system) == once
