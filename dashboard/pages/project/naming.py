"""What was wrong with the name or the short form of a project, and what to write instead."""

from django.core.exceptions import ValidationError

LONGEST = 100
_NO_SLUG = "Give the project a name with letters or digits, or write a short form for addresses, such as shop."
_TAKEN = "The short form “{slug}” is taken. Leave the field empty, and a free one is made from the name."
_FORM = "A short form has lower-case letters, digits, - and _ only, 64 at most. Leave it empty to have one made."


def mended(error: ValidationError, *, slug: str) -> dict[str, list[str]]:
    """Sentences by field."""
    found = {name: list(words) for name, words in error.message_dict.items()}
    codes = {one.code for one in error.error_dict.get("slug", ())}
    if "slug" in found:
        if not slug:
            found["slug"] = [_NO_SLUG]
        elif "unique" in codes:
            found["slug"] = [_TAKEN.format(slug=slug[:64])]
        elif codes & {"invalid", "max_length"}:
            found["slug"] = [_FORM]
    if "name" in found:
        found["name"] = [f"Write a name of 1 to {LONGEST} characters, such as Shop."]
    return found
