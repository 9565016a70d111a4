"""Persons and groups: who they are, and what happened to them."""
