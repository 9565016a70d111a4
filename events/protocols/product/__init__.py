"""Product events of every sender in one form, `canonical.event`; one file a protocol."""
