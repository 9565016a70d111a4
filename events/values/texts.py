"""Text that people type."""


def one_line(text: str) -> str:
    """In one line, without what PostgreSQL does not store, and one blank between words."""
    return " ".join(text.replace("\0", "").split())
