"""One question, one file, by subject. Uses the engine, the rollups and the statistics; pages, API and alerts ask."""
