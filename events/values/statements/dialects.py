"""How the databases write texts, names and comments: one row each, after their manuals."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Dialect:
    """What tells a value from the rest of a statement. Everywhere '' inside '…' is a quote, and E'…' knows backslashes.

    doubles: what "…" holds. `text` gives way where a statement could not be read so (`"a"."b"`: MySQL in ANSI mode);
    `either` is SQLite, which takes an unknown name for a text: the position decides.
    """

    name: str
    doubles: Literal["name", "text", "either"] = "name"
    escapes: bool = False  # a backslash escapes in '…', and in "…" that is a text
    backticks: bool = False  # `…` is a name
    brackets: bool = False  # […] is a name, else a list
    dollars: bool = False  # $$…$$ and $tag$…$tag$ are texts
    q_quotes: bool = False  # q'[…]' is a text
    triples: bool = False  # three quotes begin a text
    hashes: bool = False  # a comment begins with #
    slashes: bool = False  # a comment begins with //
    spaced_dashes: bool = False  # -- begins a comment only before a blank
    nested: bool = False  # comments nest
    colons: bool = True  # :name stands for a value


ANSI = Dialect("ansi")
POSTGRESQL = Dialect("postgresql", dollars=True, nested=True)
MYSQL = Dialect("mysql", doubles="text", escapes=True, backticks=True, hashes=True, spaced_dashes=True)
SQLITE = Dialect("sqlite", doubles="either", backticks=True, brackets=True)
SQL_SERVER = Dialect("sql server", brackets=True, nested=True)
ORACLE = Dialect("oracle", q_quotes=True)
CLICKHOUSE = Dialect("clickhouse", escapes=True, backticks=True, dollars=True, hashes=True)
BIGQUERY = Dialect("bigquery", doubles="text", escapes=True, backticks=True, triples=True, hashes=True)
SPARK = Dialect("spark", doubles="text", escapes=True, backticks=True)
SNOWFLAKE = Dialect("snowflake", escapes=True, dollars=True, slashes=True)
CQL = Dialect("cql", dollars=True, slashes=True)
CYPHER = Dialect("cypher", doubles="text", escapes=True, backticks=True, slashes=True, colons=False)
COUCHBASE = Dialect("couchbase", doubles="text", escapes=True, backticks=True)
# A statement of which nothing is known. Where readings differ, whatever is a value in any of them is one.
UNKNOWN = Dialect("unknown", doubles="text", dollars=True)
READINGS = (POSTGRESQL, MYSQL, SQLITE, SQL_SERVER, ORACLE, BIGQUERY)

# By `db.system.name` and `db.system`, the names of OpenTelemetry's conventions old and new and of SDKs that keep none.
_OF_SYSTEM = {
    POSTGRESQL: "postgresql postgres pg cockroachdb cockroach greenplum yugabytedb edb timescaledb "
    "alloydb materialize duckdb gcp.cloudsql.postgres",
    MYSQL: "mysql mariadb mysql2 tidb vitess planetscale singlestore memsql aurora.mysql",
    SQLITE: "sqlite sqlite3 libsql turso d1 cloudflare-d1 rqlite",
    SQL_SERVER: "mssql microsoft.sql_server mssqlcompact sqlserver azuresql",
    ORACLE: "oracle oracle.db oracledb firebird firebirdsql",
    CLICKHOUSE: "clickhouse",
    BIGQUERY: "bigquery gcp.bigquery spanner gcp.spanner",
    SPARK: "hive spark databricks",
    SNOWFLAKE: "snowflake",
    CQL: "cassandra scylladb aws.keyspaces",
    CYPHER: "neo4j memgraph",
    COUCHBASE: "couchbase cosmosdb azure.cosmosdb",
    ANSI: "db2 ibm.db2 derby hsqldb hanadb sap.hana teradata informix trino presto ingres interbase "
    "netezza ibm.netezza vertica exasol",
}  # fmt: skip
_DIALECTS = {name: dialect for dialect, names in _OF_SYSTEM.items() for name in names.split()}


def of_system(system: str) -> Dialect:
    """The dialect of a database, by its name in `db.system`."""
    return _DIALECTS.get(system.lower(), UNKNOWN)
