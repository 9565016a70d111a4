"""Rollups: what is counted ahead, its cells, their filling and reading. Uses the engine, which reads the facts."""

from analytics.rollups.narrowing import read
from analytics.rollups.reading import along, minute_of, moment_of, only, read_ahead, read_many

__all__ = ["along", "minute_of", "moment_of", "only", "read", "read_ahead", "read_many"]
