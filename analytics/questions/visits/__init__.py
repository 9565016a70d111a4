"""Visits of visitors: cut out of their events, kept by day, and counted."""
