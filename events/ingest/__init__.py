"""Accepting: limits, inbox, spool, pressure, the ledger, refusals. Uses protocols, accounts, scrubbing and values."""
