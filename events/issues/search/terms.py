"""The terms of a search: frozen values that say what must hold, and print as a query that parses to the same."""

from dataclasses import dataclass
from datetime import datetime, timedelta

STATES = (
    "unresolved", "resolved", "ignored", "assigned", "unassigned", "bookmarked", "regressed", "new", "for_review",
)  # fmt: skip
LEVELS = ("fatal", "error", "warning", "info", "debug")
PRIORITIES = ("high", "medium", "low")
TIMES = ("firstSeen", "lastSeen")
COUNTS = ("timesSeen", "users")
MATCHES = (
    "level", "priority", "release", "environment", "user", "user.id", "user.email", "user.username", "url", "assigned",
    "bookmarks", "message", "transaction", "error.type", "error.value", "platform",
)  # fmt: skip
FIELDS = ("is", "has", *MATCHES, *TIMES, *COUNTS)

_CANONICAL = {name.lower(): name for name in FIELDS} | {"assignedto": "assigned", "event.type": "error.type"}
TICK = timedelta(microseconds=1)  # between two moments there is nothing


@dataclass(frozen=True, slots=True)
class Value:
    """A text to match; between two `parts` stands anything. `shop@1.*` is ("shop@1.", "")."""

    parts: tuple[str, ...]

    @property
    def is_exact(self) -> bool:
        """Whether there is no wildcard."""
        return len(self.parts) == 1

    @property
    def text(self) -> str:
        """The whole text of an exact value."""
        return self.parts[0]

    def __str__(self) -> str:
        plain = "".join(self.parts)
        if is_plain(plain) and plain.isascii() and plain[0].isalnum() and plain not in ("AND", "OR"):
            return "*".join(self.parts)
        escaped = (part.replace("\\", "\\\\").replace('"', '\\"').replace("*", "\\*") for part in self.parts)
        return f'"{"*".join(escaped)}"'


@dataclass(frozen=True, slots=True)
class Text:
    """Free text: found in the title, message or culprit."""

    value: Value
    negated: bool = False

    def __str__(self) -> str:
        return _not(self.negated) + str(self.value)


@dataclass(frozen=True, slots=True)
class State:
    """The issue is in one of these `STATES`."""

    names: tuple[str, ...]
    negated: bool = False

    def __str__(self) -> str:
        return f"{_not(self.negated)}is:{_listed(self.names)}"


@dataclass(frozen=True, slots=True)
class Match:
    """A field of `MATCHES`, or a tag, is one of the values. `assigned:me|none` and `release:latest` come as words."""

    field: str
    values: tuple[Value, ...]
    is_tag: bool = False
    negated: bool = False

    def __str__(self) -> str:
        return f"{_not(self.negated)}{_key(self.field, is_tag=self.is_tag)}:{_listed(self.values)}"


@dataclass(frozen=True, slots=True)
class Has:
    """The field or tag is there."""

    field: str
    is_tag: bool = False
    negated: bool = False

    def __str__(self) -> str:
        return f"{_not(self.negated)}has:{_key(self.field, is_tag=self.is_tag)}"


@dataclass(frozen=True, slots=True)
class Period:
    """`firstSeen` or `lastSeen` is at or after `since` and before `until`; at least one is given."""

    field: str
    since: datetime | None = None
    until: datetime | None = None
    negated: bool = False

    def __str__(self) -> str:
        start, end = (moment and moment.isoformat().replace("+00:00", "Z") for moment in (self.since, self.until))
        if self.since and self.until:
            written = f"{start}..{(self.until - TICK).isoformat().replace('+00:00', 'Z')}"
        else:
            written = f">={start}" if start else f"<{end}"
        return f"{_not(self.negated)}{self.field}:{written}"


@dataclass(frozen=True, slots=True)
class Count:
    """`timesSeen` or `users` is between the two, both included; at least one is given."""

    field: str
    at_least: int | None = None
    at_most: int | None = None
    negated: bool = False

    def __str__(self) -> str:
        if self.at_least is not None and self.at_most is not None:
            written = f"{self.at_least}..{self.at_most}"
        else:
            written = f">={self.at_least}" if self.at_least is not None else f"<={self.at_most}"
        return f"{_not(self.negated)}{self.field}:{written}"


Term = Text | State | Match | Has | Period | Count


@dataclass(frozen=True, slots=True)
class Search:
    """Terms that must all hold; none of them finds everything."""

    terms: tuple[Term, ...] = ()

    def __str__(self) -> str:
        return " ".join(map(str, self.terms))


def canonical(key: str) -> str:
    """The spelling of a known field (`first_seen`, `FIRSTSEEN` -> `firstSeen`); a tag's name as it is."""
    return _CANONICAL.get(key.lower()) or _CANONICAL.get(key.lower().replace("_", ""), key)


def is_plain(name: str) -> bool:
    """Whether a tag's name needs no `tags[...]` around it."""
    return name.replace("_", "a").replace(".", "a").replace("-", "a").isalnum()


def is_marked(name: str) -> bool:
    """Whether a name begins as only a tag's can: `{OriginalFormat}`, `@level`, `$lib`."""
    is_braced = name.startswith("{") and name.endswith("}") and is_plain(name[1:-1])
    return is_braced or (name[:1] in ("@", "$") and is_plain(name[1:]))


def unescaped(quoted: str) -> str:
    """What stands between quotes, without its escapes."""
    found, at = "", 0
    while at < len(quoted):
        at += quoted[at] == "\\" and quoted[at + 1 : at + 2] in ("\\", '"')
        found += quoted[at : at + 1]
        at += 1
    return found


def _not(negated: bool) -> str:
    return "!" if negated else ""


def _key(field: str, *, is_tag: bool) -> str:
    if is_tag and (" " in field or "]" in field or not field.isprintable()):
        escaped = field.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return f"tags[{field}]" if is_tag and (not is_plain(field) or canonical(field) in FIELDS) else field


def _listed(values: tuple[Value, ...] | tuple[str, ...]) -> str:
    return str(values[0]) if len(values) == 1 else f"[{', '.join(map(str, values))}]"
