"""What older clients, and those without an SDK, send in place of an envelope."""
