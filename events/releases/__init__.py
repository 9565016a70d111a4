"""Releases, deploys and uploads, and original source by them. Uses issues, ingest, accounts, facts and values."""
