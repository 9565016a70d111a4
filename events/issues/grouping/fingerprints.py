"""Fingerprints that an SDK sends: parts as they are, `{{ default }}` for our own hash, `{{ name }}` for a value."""

import re2

from events.issues.grouping.texts import text

PARTS = 50  # later ones are ignored
_VARIABLE = re2.compile(r"\{\{\s*([\w.:\-]{1,200})\s*\}\}")


def is_default(fingerprint: object) -> bool:
    """Whether nothing but our own grouping is asked for."""
    parts = _parts(fingerprint)
    return not parts or (len(parts) == 1 and _VARIABLE.sub(r"\1", parts[0]).strip() == "default")


def expanded(fingerprint: object, *, default: str, variables: dict[str, str]) -> tuple[str, ...]:
    """The fingerprint's components; `default` is the hash our own grouping gives. Absent values become `<no-name>`."""
    known = variables | {"default": default}
    return tuple(f"fingerprint {filled(part, known)}" for part in _parts(fingerprint))


def filled(part: str, known: dict[str, str]) -> str:
    """A text with its variables' values."""

    def value(match: "re2._Match[str]") -> str:
        name = match.group(1)
        return known.get(name) or f"<no-{name}>"

    return _VARIABLE.sub(value, part)


def _parts(fingerprint: object) -> list[str]:
    given = fingerprint if isinstance(fingerprint, list) else [fingerprint]
    return [part for part in (text(part) for part in given[:PARTS]) if part]
