"""Feature flags: who gets what, decided in pure functions; kept, changed and counted around them.

Uses the tables of analytics alone.
"""
