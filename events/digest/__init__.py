"""From the inbox to issues, rows and facts. Uses releases, issues, ingest, facts and what stands below."""
