"""What is being written at a place of a query: the word there, its key and the part of its value before the cursor."""

from dataclasses import dataclass

import re2

from events.issues.search.terms import Value, canonical, is_plain

_OPENING = ("[", ",")
# Values that need no quotes, wherever they stand.
_BARE = re2.compile(r"[A-Za-z0-9][A-Za-z0-9_.@/:+-]*")


@dataclass(frozen=True, slots=True)
class Word:
    """Characters `start` to `end` of a query are replaced by what is chosen; `prefix` is what stands there before the
    cursor. `key` is the field whose value is written, as the grammar names it, empty for a word that may become one."""

    start: int
    end: int
    prefix: str
    key: str
    is_tag: bool = False


def word_at(query: str, at: int) -> Word:
    """The word that the cursor at `at` stands in or behind; an open quote or list belongs to its key."""
    at = max(0, min(at, len(query)))
    begun, key, value, is_quoted, in_list = 0, "", 0, False, False
    for place, sign in enumerate(query[:at]):
        if is_quoted:
            is_quoted = sign != '"' or query[place - 1] == "\\"
        elif sign == '"':
            is_quoted = True
        elif in_list and sign in _OPENING:
            value = place + 1
        elif in_list and sign == "]":
            in_list = False
        elif sign.isspace():
            if in_list:
                value = value if query[value:place].strip() else place + 1
            else:
                begun, key, value = place + 1, "", place + 1
        elif sign == ":" and not key and place > begun:
            key, value = query[begun:place], place + 1
        elif sign == "[" and key and place == value:
            in_list, value = True, place + 1
        elif sign == "!" and place == begun:
            begun = value = place + 1
    end = at
    while end < len(query) and (query[end] not in '"],' if in_list or is_quoted else not query[end].isspace()):
        end += 1
    end += query[end : end + 1] == '"' and is_quoted
    name, is_tag = _named(key)
    start = value if key else begun
    return Word(start, end, query[start:at].lstrip('"'), name, is_tag)


def written(text: str) -> str:
    """A value as a query has it, in quotes where it needs them; stars in it are stars."""
    if _BARE.fullmatch(text) and text not in ("AND", "OR"):
        return text
    return str(Value((text,))) if text else '""'


def written_key(name: str) -> str:
    """The name of a tag as a query has it, with its colon."""
    if is_plain(name) and canonical(name) == name:
        return f"{name}:"
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}":'


def _named(key: str) -> tuple[str, bool]:
    if key.startswith('"'):
        return key.strip('"'), True
    if key.startswith("tags[") and key.endswith("]"):
        return key[5:-1], True
    return canonical(key), False
