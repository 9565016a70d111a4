"""Experiments: planned, started, judged and decided. Uses the questions, the flags and the statistics."""
