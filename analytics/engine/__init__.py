"""The query engine: facts asked in SQL, its dialects, filters, deduplication, log search. Uses no other room."""

from analytics.engine.contract import EngineAway, EngineError, Facts, QueryTimeout, QueryTooLarge, SegmentMissing
from analytics.engine.reading import read

__all__ = ["EngineAway", "EngineError", "Facts", "QueryTimeout", "QueryTooLarge", "SegmentMissing", "read"]
