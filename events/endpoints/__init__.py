"""The HTTP edges of ingest, one file a protocol. Uses all rooms below; only urls use it."""
