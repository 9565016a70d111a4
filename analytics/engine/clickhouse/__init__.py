"""ClickHouse beside DuckDB: the same questions of the same segments, carried over into its dialect and sent to it."""
