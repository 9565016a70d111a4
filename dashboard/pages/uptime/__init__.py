"""Probes: what they found, how long they were up."""
