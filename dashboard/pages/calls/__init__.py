"""The calls of the API as a page: each with the reader's own project and token."""
