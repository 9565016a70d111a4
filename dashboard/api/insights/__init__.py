"""The read API of questions that people put together."""
