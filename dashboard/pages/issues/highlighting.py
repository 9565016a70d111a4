"""Source lines of stack traces in parts that a page may colour. Pure; nothing raises.

Pygments names the parts, and the template escapes each of them: no markup is made here. Its expressions can take very
long on text made for it, and this text is foreign, so what is long is left as it is: a frame has some twenty lines of
a hundred characters. Only languages of the table are read, never one that the sender names freely.
"""

from functools import lru_cache
from typing import NamedTuple

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, String, _TokenType
from pygments.util import ClassNotFound

LONGEST_LINE = 240
LONGEST = 4_000
_REMEMBERED = 2_000  # frames; some 4 MB

_OF_SUFFIX = {
    "py": "python", "pyx": "python", "js": "javascript", "mjs": "javascript", "cjs": "javascript", "jsx": "javascript",
    "ts": "typescript", "tsx": "typescript", "vue": "javascript", "svelte": "javascript", "rb": "ruby", "erb": "ruby",
    "php": "php", "java": "java", "kt": "kotlin", "kts": "kotlin", "scala": "scala", "cs": "csharp", "go": "go",
    "rs": "rust", "swift": "swift", "m": "objective-c", "c": "c", "h": "c", "cpp": "cpp", "cc": "cpp", "hpp": "cpp",
    "ex": "elixir", "exs": "elixir", "erl": "erlang", "dart": "dart", "lua": "lua", "pl": "perl", "sql": "sql",
}  # fmt: skip
_OF_PLATFORM = {
    "python": "python", "javascript": "javascript", "node": "javascript", "ruby": "ruby", "php": "php", "java": "java",
    "csharp": "csharp", "go": "go", "rust": "rust", "cocoa": "swift", "elixir": "elixir", "perl": "perl",
    "dart": "dart", "native": "cpp", "c": "c",
}  # fmt: skip
# PHP's lexer waits for `<?php`, which a frame's lines do not have.
_OPTIONS = {"php": {"startinline": True}}
_CLASSES: tuple[tuple[_TokenType, str], ...] = (
    (Comment, "c"), (Keyword, "k"), (String, "s"), (Number, "m"), (Name.Function, "f"), (Name.Class, "f"),
    (Name.Decorator, "f"), (Name.Builtin, "b"), (Name.Tag, "k"), (Name.Attribute, "b"),
)  # fmt: skip


class Part(NamedTuple):
    """Some signs of a line, and the class that colours them: empty for most."""

    kind: str
    text: str


def language(file: str, *, platform: str) -> str:
    """The language of a file by its name, else by the platform; empty for one that is not known."""
    name = file.partition("?")[0].rpartition("/")[2]
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    return _OF_SUFFIX.get(suffix) or _OF_PLATFORM.get(platform, "")


@lru_cache(maxsize=_REMEMBERED)
def lines(code: tuple[str, ...], named: str) -> tuple[tuple[Part, ...], ...]:
    """The parts of each line of `code` in a language of `language`; together they are the line, sign by sign."""
    plain = tuple((Part("", line),) for line in code)
    text = "\n".join(code)
    lexer = _lexer(named)
    if lexer is None or len(text) > LONGEST or any(len(line) > LONGEST_LINE or "\n" in line for line in code):
        return plain
    found: list[list[Part]] = [[]]
    for _, token, value in lexer.get_tokens_unprocessed(text):
        kind = _kind(token)
        for number, piece in enumerate(value.split("\n")):
            if number:
                found.append([])
            if piece:
                found[-1].append(Part(kind, piece))
    told = tuple(tuple(line) for line in found)
    return told if tuple("".join(part.text for part in line) for line in told) == code else plain


@lru_cache(maxsize=64)
def _lexer(named: str) -> Lexer | None:
    try:
        return get_lexer_by_name(named, **_OPTIONS.get(named, {})) if named else None
    except ClassNotFound:
        return None


def _kind(token: _TokenType) -> str:
    return next((kind for known, kind in _CLASSES if token in known), "")
