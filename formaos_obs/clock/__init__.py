"""The clock: what is due when, what wakes it, and who sends it to the workers."""
