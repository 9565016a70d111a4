"""The columnar store: what a fact is, segments, compaction, retention. Uses models alone."""
