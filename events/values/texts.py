"""Text that people type."""

from django.utils.text import slugify


def one_line(text: str) -> str:
    """In one line, without what PostgreSQL does not store, and one blank between words."""
    return " ".join(text.replace("\0", "").split())


def short_form(name: str, *, most: int) -> str:
    """A name for addresses, of `most` characters: `Café Müller` is `cafe-muller`; empty for one without letters."""
    return slugify(name)[:most].strip("-_")
