"""Experiments: what is tried, how many people it needs, what may be said of it, and what was decided."""
