"""Source maps (ECMA-426, version 3, also indexed): from a minified position to the line someone wrote.

A map's JSON is read at once, its mappings only up to the generated line that is asked for. What `apply` puts into a
frame comes from an upload and is not scrubbed here. The one library on PyPI that is kept (symbolic) is a 19 MB
binary for this one page of arithmetic."""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain
from operator import itemgetter
from typing import Any

import orjson
import re2

from events.issues.grouping import frames

LARGEST = 32 * 1024 * 1024  # bytes of a map
SEGMENTS = 4_000_000  # of all lines; a mapping is 4 to 10 characters
SECTIONS = 1_000
CONTEXT_LINES = 5  # before and after
LINE_LENGTH = 500  # characters of one source line that are shown
_NAME_LENGTH = 500
_SCAN = 400  # lines searched upwards for the enclosing function

_DIGITS = {c: n for n, c in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")}
_FUNCTION = re2.compile(
    r"\bfunction\b\s*\*?\s*([\w$]+)"
    r"|([\w$]+)\s*(?::[^=]*)?[:=]\s*(?:async\s*)?(?:function\b|(?:\([^()]*\)|[\w$]+)\s*(?::[^=]*)?=>|\($)"
    r"|^\s*(?:(?:async|static|public|private|protected|override|get|set|export|default)\s+|[*#])*"
    r"([\w$]+)\s*(?:<[^()]*>)?\([^;]*$"
)
_KEYWORDS = frozenset({
    "if", "for", "while", "switch", "catch", "with", "return", "else", "do", "try", "function", "await", "typeof",
    "new", "throw", "super",
})  # fmt: skip


class SourceMapError(ValueError):
    """The upload is no source map that can be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where something stands in an original file; lines and columns count from 1."""

    source: str
    line: int
    column: int
    name: str | None  # the identifier there, as it was written
    source_lines: tuple[str, ...]  # of the file; () when the map does not carry it
    is_ignored: bool  # listed by the bundler as not the author's


class SourceMap:
    """A parsed map. Lookups are cached; an instance belongs to one thread."""

    def __init__(self, sections: "Sequence[tuple[tuple[int, int], _Section]]") -> None:
        self._offsets = [offset for offset, _ in sections]
        self._sections = [section for _, section in sections]

    def lookup(self, line: int, column: int) -> Position | None:
        """The original of a generated position (both from 1, as browsers report them); None when there is none."""
        line, column = line - 1, max(column - 1, 0)
        index = bisect_right(self._offsets, (line, column)) - 1
        if index < 0 or line < 0:
            return None
        first, shift = self._offsets[index]
        return self._sections[index].lookup(line - first, column - shift if line == first else column)


class _Section:
    """One set of mappings with its files and names."""

    def __init__(self, parsed: dict[str, Any]) -> None:
        mappings = parsed.get("mappings")
        if not isinstance(mappings, str):
            raise SourceMapError("The map has no mappings.")
        if mappings.count(",") + mappings.count(";") > SEGMENTS:
            raise SourceMapError(f"The map has more than {SEGMENTS} mappings.")
        root = _text(parsed.get("sourceRoot"))
        self._root = root and root.rstrip("/") + "/"
        self._sources, self._names = _list(parsed, "sources"), _list(parsed, "names")
        self._contents = _list(parsed, "sourcesContent")
        ignored = _list(parsed, "ignoreList") or _list(parsed, "x_google_ignoreList")
        self._ignored = {index for index in ignored if isinstance(index, int)}
        self._mappings = mappings
        self._lines: list[str] | None = None
        self._decoded: list[list[array[int]]] = []
        self._state = (0, 0, 0, 0)  # source, line, column and name behind what is decoded
        self._split: dict[int, tuple[str, ...]] = {}

    def lookup(self, line: int, column: int) -> Position | None:
        """The position that the last segment at or before `column` maps to."""
        found = self._columns(line)
        index = bisect_right(found[0], column) - 1 if found else -1
        if index < 0 or found[5][index] == 1:
            return None
        source, original_line, original_column, name = (found[part][index] for part in (1, 2, 3, 4))
        if not (0 <= source < len(self._sources) and original_line >= 0 and original_column >= 0):
            return None
        named = found[5][index] == 5 and 0 <= name < len(self._names)
        return Position(
            source=(self._root + _text(self._sources[source]))[:_NAME_LENGTH],
            line=original_line + 1,
            column=original_column + 1,
            name=_text(self._names[name]) or None if named else None,
            source_lines=self._source_lines(source),
            is_ignored=source in self._ignored,
        )

    def _columns(self, line: int) -> list["array[int]"]:
        """The segments of a generated line: arrays of columns, sources, lines, columns, names and lengths."""
        if self._lines is None:
            self._lines, self._mappings = self._mappings.split(";"), ""
        if line >= len(self._lines):
            return []
        try:
            while len(self._decoded) <= line:
                self._decode(self._lines[len(self._decoded)])
        except (SourceMapError, OverflowError):
            self._lines, self._decoded = [], []
            return []
        return self._decoded[line]

    def _decode(self, line: str) -> None:
        """Appends the arrays of the next line, in order of column, and moves the state behind its last segment."""
        deltas = [_segment(segment) for segment in line.split(",") if segment]
        found: list[array[int]] = []
        for part, start in enumerate((0, *self._state)) if deltas else ():
            totals = accumulate(chain((start,), map(itemgetter(part), deltas)))
            next(totals)
            found.append(array("i", totals))
        if deltas:
            found.append(array("i", map(itemgetter(5), deltas)))
            self._state = (found[1][-1], found[2][-1], found[3][-1], found[4][-1])
            if any(delta[0] < 0 for delta in deltas):
                order = sorted(range(len(deltas)), key=found[0].__getitem__)
                found = [array("i", map(part.__getitem__, order)) for part in found]
        self._decoded.append(found)

    def _source_lines(self, source: int) -> tuple[str, ...]:
        if source not in self._split:
            content = self._contents[source] if source < len(self._contents) else None
            self._split[source] = tuple(content.splitlines()) if isinstance(content, str) else ()
        return self._split[source]


def parse(raw: bytes) -> SourceMap:
    """The map in `raw`. Raises `SourceMapError` for anything else, or when it is too large to be held."""
    if len(raw) > LARGEST:
        raise SourceMapError(f"A source map has at most {LARGEST} bytes.")
    if raw[:3] == b")]}":
        raw = raw[raw.find(b"\n") + 1 :]  # a guard against being run as a script, which the format allows
    try:
        parsed = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise SourceMapError("The source map is not JSON.") from error
    if not isinstance(parsed, dict) or parsed.get("version") != 3:
        raise SourceMapError("The source map is not of version 3.")
    if "sections" not in parsed:
        return SourceMap([((0, 0), _Section(parsed))])
    sections = _list(parsed, "sections")
    if len(sections) > SECTIONS:
        raise SourceMapError(f"A source map has at most {SECTIONS} sections.")
    return SourceMap(sorted((_section(section) for section in sections), key=itemgetter(0)))


def apply(frame: dict[str, Any], source_map: SourceMap) -> dict[str, Any]:
    """The frame in original source: file, line, column, function and the lines around; what was sent stays in `data`
    as `orig_*`. The frame itself when the map says nothing of it, or when it has been done before."""
    line, column = frame.get("lineno"), frame.get("colno")
    data = frame["data"] if isinstance(frame.get("data"), dict) else {}
    if type(line) is not int or "orig_lineno" in data:
        return frame
    found = source_map.lookup(line, column if type(column) is int else 1)
    if found is None:
        return frame
    sent = {
        f"orig_{key}": frame[key] for key in ("filename", "abs_path", "function", "lineno", "colno") if key in frame
    }
    applied = {key: value for key, value in frame.items() if key != "module"}
    applied |= {
        "filename": _shown(found.source),
        "abs_path": found.source,
        "lineno": found.line,
        "colno": found.column,
        "data": data | sent,
    }
    lines = found.source_lines
    if 0 < found.line <= len(lines):
        at = found.line - 1
        applied |= {
            "function": enclosing_function(lines, found.line) or "?",
            "pre_context": [text[:LINE_LENGTH] for text in lines[max(at - CONTEXT_LINES, 0) : at]],
            "context_line": lines[at][:LINE_LENGTH],
            "post_context": [text[:LINE_LENGTH] for text in lines[at + 1 : at + 1 + CONTEXT_LINES]],
        }
    if found.is_ignored or frames.is_foreign(found.source):
        applied["in_app"] = False
    return applied


def enclosing_function(lines: Sequence[str], line: int) -> str | None:
    """The name of the function around a line of indented source: the nearest line above, less indented, that opens
    one. None at the top level, and in a function without a name."""
    depth = _indent(lines[line - 1])
    match = _name(lines[line - 1]) if "=>" in lines[line - 1] or "function" in lines[line - 1] else None
    if match:
        return match
    for above in reversed(lines[max(line - 1 - _SCAN, 0) : line - 1]):
        indent = _indent(above)
        if indent >= depth or above.lstrip()[:2] in ("//", "/*", "* "):
            continue
        depth = indent
        match = _name(above)
        if match or depth == 0:
            return match
    return None


def _name(line: str) -> str | None:
    match = _FUNCTION.search(line[:LINE_LENGTH])
    name = next((group for group in match.groups() if group), None) if match else None
    is_callback = match is not None and match.group(3) is not None and "=>" in line
    return None if is_callback or name in _KEYWORDS else name


def _indent(line: str) -> int:
    """The width of the leading space; a blank line is inside whatever surrounds it."""
    stripped = line.lstrip()
    return len(line) - len(stripped) if stripped else len(line) + LINE_LENGTH


def _shown(source: str) -> str:
    while source.startswith(("../", "./")):
        source = source.partition("/")[2]
    return source


def _section(section: object) -> tuple[tuple[int, int], _Section]:
    offset = section.get("offset") if isinstance(section, dict) else None
    parsed = section.get("map") if isinstance(section, dict) else None
    if not (isinstance(offset, dict) and isinstance(parsed, dict)):
        raise SourceMapError("A section needs an offset and its own map.")
    line, column = offset.get("line"), offset.get("column")
    if type(line) is not int or type(column) is not int:
        raise SourceMapError("A section's offset needs line and column.")
    return (line, column), _Section(parsed)


@lru_cache(maxsize=65536)
def _segment(segment: str) -> tuple[int, int, int, int, int, int]:
    """The five differences that a segment's base 64 digits spell, and how many it has (1, 4 or 5)."""
    values, value, shift = [], 0, 0
    if len(segment) > 35:
        raise SourceMapError("A mapping is too long.")
    for character in segment:
        digit = _DIGITS.get(character)
        if digit is None or shift > 30:
            raise SourceMapError("A mapping is not base 64 VLQ.")
        value |= (digit & 31) << shift
        shift += 5
        if digit < 32:
            values.append(-(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    if shift or len(values) not in (1, 4, 5):
        raise SourceMapError("A mapping has 1, 4 or 5 numbers.")
    padded = (*values, *[0] * (5 - len(values)))
    return (padded[0], padded[1], padded[2], padded[3], padded[4], len(values))


def _list(parsed: dict[str, Any], key: str) -> list[Any]:
    value = parsed.get(key)
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value[:_NAME_LENGTH] if isinstance(value, str) else ""
