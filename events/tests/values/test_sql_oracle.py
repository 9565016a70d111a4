"""sqlglot's tokenizers know each dialect's quoting; what they call a value may not stand in a normal form."""

import pytest
import sqlglot
from sqlglot.tokens import TokenType

from events.values import sql

VALUES = {
    TokenType.STRING, TokenType.NUMBER, TokenType.NATIONAL_STRING, TokenType.RAW_STRING, TokenType.HEX_STRING,
    TokenType.BIT_STRING, TokenType.BYTE_STRING, TokenType.HEREDOC_STRING, TokenType.UNICODE_STRING,
}  # fmt: skip
NAMES = {TokenType.VAR, TokenType.IDENTIFIER}
# Each value holds "heron", each name "n_"; the numbers are above 7000 and no name has them.
STATEMENTS = {
    "postgresql": ("postgres", [
        "SELECT n_a, \"n_it's\", 'heron''s', E'heron\\'s', $x$heron $$ y$x$ FROM n_t -- heron's\nWHERE n_b > 7001",
        "SELECT n_a FROM n_t WHERE n_b = $$heron's$$ AND n_c = 7006",
        "INSERT INTO n_t (n_a) VALUES ('heron\\'), ('heron --'), ('/* heron') ON CONFLICT (n_a) DO NOTHING",
        "SELECT /* a /* heron's */ b */ n_a::int FROM n_t WHERE n_j ->> 'heron' = '7002' AND n_k @> '{\"heron\":1}'",
        "WITH n_c AS (SELECT 7003 AS n_x) SELECT n_x FROM n_c WHERE n_x BETWEEN -7004 AND 7005.5e3 AND n_y = B'101'",
    ]),
    "mysql": ("mysql", [
        "SELECT `n_it's`, \"heron's\", 'heron\\'s', 'heron''s' FROM n_t # heron's\nWHERE n_a = 7001",
        "SELECT n_a FROM n_t WHERE n_b = 'heron\\\\' AND n_c = \"her\\\"on\" AND n_d = x'7002' -- heron's",
        "INSERT INTO n_t (n_a, n_b) VALUES (7003, 'heron'), (7004, \"heron\") ON DUPLICATE KEY UPDATE n_a = n_a + 7005",
    ]),
    "sqlite": ("sqlite", [
        "SELECT \"n_it's\", [n_it's], `n_it's` FROM n_t WHERE n_a = 'heron\\' AND n_b = 'heron''s' AND n_c = 7001",
        "UPDATE n_t SET n_a = 'heron -- x', n_b = x'7002' WHERE n_c = ?1 /* heron's */",
    ]),
    "mssql": ("tsql", [
        "SELECT TOP (7001) [n_it's], [n_a]]b] FROM [n_t] WHERE n_b = N'heron''s' AND n_c = 'heron\\' /* heron's */",
        "SELECT n_a FROM n_t WHERE n_b = @n_p AND n_c IN ('heron', 'heron''') -- heron's",
    ]),
    "oracle": ("oracle", [
        "SELECT q'[heron's]', Q'!heron's!', 'heron\\' FROM n_t WHERE n_a = 'heron''s' AND n_b = 7001",
        "SELECT \"n_it's\" FROM n_t WHERE n_d = DATE '7002-01-01' AND n_e = q'(heron)' /* heron's */",
    ]),
    "bigquery": ("bigquery", [
        "SELECT '''heron's''', \"heron's\", r'heron', 'heron\\'s' FROM `n_t` # heron's\nWHERE n_a = 7001",
    ]),
    "clickhouse": ("clickhouse", ["SELECT \"n_it's\", `n_it's` FROM n_t WHERE n_a = 'heron\\'s' AND n_b = 7001"]),
    "snowflake": ("snowflake", ["SELECT \"n_it's\", $$heron's$$ FROM n_t WHERE n_a = 'heron\\'s' // heron's"]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("system", "dialect", "statement"),
    [(system, dialect, text) for system, (dialect, texts) in STATEMENTS.items() for text in texts],
)
def test_values_go_and_names_stay_as_the_oracle_reads_them(system: str, dialect: str, statement: str) -> None:
    tokens = sqlglot.tokenize(statement, read=dialect)
    text = sql.normalised(statement, system=system).text
    values = [token.text for token in tokens if token.token_type in VALUES]
    assert values
    assert not [value for value in values if value in text and len(value) > 2]
    assert "heron" not in text
    names = [token.text for token in tokens if token.token_type in NAMES and token.text.startswith("n_")]
    assert [name for name in names if name.replace("]", "]]") not in text and name not in text and name != "n_p"] == []
    assert "heron" not in sql.normalised(statement).text
