"""Incidents: alerts that belong together as one thing that somebody looks after, and what the public is told of it."""
