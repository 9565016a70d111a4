"""A copy of all that an installation keeps, and the way back from it: PostgreSQL, segments, spool and keys."""
