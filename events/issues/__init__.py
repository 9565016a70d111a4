"""Errors as issues: grouped, counted, merged, triaged, searched. Uses ingest, accounts and values."""
