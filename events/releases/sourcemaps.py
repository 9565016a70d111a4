"""Source maps (ECMA-426, version 3, also indexed): from a minified position to the line someone wrote.

`symbolic` reads the mappings. The files, most of a map, stay the JSON they came in until a frame points into one.
What a map costs in memory is bounded before it is read: counts are taken on its bytes. What `apply` puts into a frame
comes from an upload and is not scrubbed here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any

import msgspec
import orjson
import re2
from msgspec import Meta, Raw

from events.issues.grouping import frames
from events.releases.symbols import Mappings, SymbolsError

LARGEST = 32 * 1024 * 1024  # bytes of a map
SEGMENTS = 4_000_000  # of all lines; a mapping is 4 to 10 characters
SECTIONS = 20_000  # some bundlers write one for each module
FILES = 200_000
NAMES = 1_000_000
LINES = 250_000  # of a file that is shown
CONTEXT_LINES = 5  # before and after
LINE_LENGTH = 500  # characters of one source line that are shown
_NAME_LENGTH = 500
_SCAN = 400  # lines searched upwards for the enclosing function
_SPLIT = 8  # files of a map that are kept in lines
_FURTHEST = 2**30  # a section may begin there

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NULL = Raw(b"null")  # of a field that is missing
_ENTRY = re2.compile(rb'(?s)"(?:[^"\\]|\\.)*"|[^\s",\[\]]+')  # of an array of texts
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


class _Map(msgspec.Struct, rename="camel"):
    """The fields of a map that are read. Each is JSON still; what else a map holds is skipped."""

    version: Raw = _NULL
    sections: Raw = _NULL
    mappings: Raw = _NULL
    sources: Raw = _NULL
    names: Raw = _NULL
    sources_content: Raw = _NULL
    source_root: Raw = _NULL
    ignore_list: Raw = _NULL
    ignored_by_google: Raw = msgspec.field(default=_NULL, name="x_google_ignoreList")  # before it was standard


_Place = Annotated[int, Meta(ge=0, lt=_FURTHEST)]


class _Offset(msgspec.Struct):
    line: _Place
    column: _Place


class _Section(msgspec.Struct):
    offset: _Offset
    map: _Map


_Sections = Annotated[list[_Section], Meta(max_length=SECTIONS)]


@dataclass(frozen=True, slots=True)
class _File:
    """An original file; `content` is the JSON of its text."""

    name: str
    content: memoryview | None
    is_ignored: bool


class SourceMap:
    """A parsed map. What it says of a position never changes: any thread may ask."""

    def __init__(self, mappings: Mappings, files: Sequence[_File], *, size: int) -> None:
        self._mappings, self._files = mappings, files
        self._split: dict[int, tuple[str, ...]] = {}
        self.bytes = size + mappings.bytes  # that it keeps in memory, about

    def lookup(self, line: int, column: int) -> Position | None:
        """The original of a generated position (both from 1, as browsers report them); None when there is none."""
        found = self._mappings.origin(line - 1, column - 1)
        if found is None:
            return None
        index = int(found.source)
        return Position(
            source=self._files[index].name,
            line=found.line + 1,
            column=found.column + 1,
            name=found.name[:_NAME_LENGTH] if found.name else None,
            source_lines=self._source_lines(index),
            is_ignored=self._files[index].is_ignored,
        )

    def _source_lines(self, index: int) -> tuple[str, ...]:
        lines = self._split.get(index)
        if lines is None:
            lines = _lines(self._files[index].content)
            if len(self._split) >= _SPLIT:
                self._split = {}
            self._split[index] = lines
        return lines


def parse(raw: bytes) -> SourceMap:
    """The map in `raw`. Raises `SourceMapError` for anything else, or when it is too large to be held."""
    if len(raw) > LARGEST:
        raise SourceMapError(f"A source map has at most {LARGEST} bytes.")
    raw = raw.removeprefix(_BYTE_ORDER_MARK)
    if raw[:3] == b")]}":
        raw = raw[raw.find(b"\n") + 1 :]  # a guard against being run as a script, which the format allows
    whole, sections = _read(raw)
    maps = [whole] if sections is None else [section.map for section in sections]
    _demand_bounds(maps)
    files: list[_File] = []
    parts: list[bytes] = []
    for part in maps:
        names = _decoded(part.sources, list[str | None]) or []
        parts.append(_numbered(part, range(len(files), len(files) + len(names))))
        files += _files(part, names)
    try:
        mappings = Mappings(parts[0] if sections is None else _indexed(sections, parts))
    except SymbolsError as error:
        raise SourceMapError(f"The mappings cannot be read: {error}.") from error
    return SourceMap(mappings, files, size=len(raw))


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


def _lines(content: memoryview | None) -> tuple[str, ...]:
    """The lines of a file as ECMAScript ends them: LF, CR, CR LF, U+2028 and U+2029, no others."""
    try:
        text = orjson.loads(content) if content else None
    except orjson.JSONDecodeError:
        text = None
    if not isinstance(text, str):
        return ()
    for end in ("\r\n", "\r", "\u2028", "\u2029"):
        text = text.replace(end, "\n")
    if text.count("\n") > LINES:
        return ()
    return tuple(text.removesuffix("\n").split("\n")) if text else ()


def _read(raw: bytes) -> tuple[_Map, list[_Section] | None]:
    """The map, and the sections in their order where it is an index."""
    try:
        whole = msgspec.json.decode(raw, type=_Map)
    except msgspec.ValidationError:
        whole = _Map()  # JSON, but not an object
    except (msgspec.DecodeError, RecursionError) as error:
        raise SourceMapError("The source map is not JSON.") from error
    if bytes(whole.version) != b"3":
        raise SourceMapError("The source map is not of version 3.")
    if whole.sections is _NULL:
        return whole, None
    sections = _decoded(whole.sections, _Sections)
    if sections is None:
        raise SourceMapError(f"A source map has at most {SECTIONS} sections, each with an offset and its own map.")
    return whole, sorted(sections, key=lambda section: (section.offset.line, section.offset.column))


def _demand_bounds(maps: Sequence[_Map]) -> None:
    """Raises `SourceMapError` unless the maps together are small enough to be read, whatever is in them."""
    segments = names = files = 0
    for part in maps:
        mappings = bytes(part.mappings)
        if not mappings.startswith(b'"'):
            raise SourceMapError("The map has no mappings.")
        segments += mappings.count(b",") + mappings.count(b";")
        names += bytes(part.names).count(b",")
        files += bytes(part.sources).count(b",") + bytes(_ignore_list(part)).count(b",")
    for count, most, what in ((segments, SEGMENTS, "mappings"), (names, NAMES, "names"), (files, FILES, "files")):
        if count > most:
            raise SourceMapError(f"The map has more than {most} {what}.")


def _ignore_list(part: _Map) -> Raw:
    """The list under its own name, empty or not, else under the name it had before."""
    return part.ignore_list if part.ignore_list is not _NULL else part.ignored_by_google


def _files(part: _Map, names: Sequence[str | None]) -> Iterator[_File]:
    root = (_decoded(part.source_root, str) or "")[:_NAME_LENGTH]
    ignored = frozenset(index for index in _decoded(_ignore_list(part), list[Any]) or () if type(index) is int)
    whole = memoryview(part.sources_content)
    entries = islice(_ENTRY.finditer(whole), len(names))
    contents = [whole[slice(*entry.span())] for entry in entries]
    for index, name in enumerate(names):
        content = contents[index] if index < len(contents) else None
        yield _File(_joined(root, name or ""), content, index in ignored)


def _joined(root: str, source: str) -> str:
    is_whole = not root or source.startswith("/") or "://" in source
    return (source if is_whole else f"{root.rstrip('/')}/{source}")[:_NAME_LENGTH]


def _numbered(part: _Map, numbers: range) -> bytes:
    """What the library is to read of a map, its files named by their numbers."""
    sources = orjson.dumps([str(number) for number in numbers])
    names = b"[]" if bytes(part.names) == b"null" else part.names
    return b"".join((b'{"version":3,"sources":', sources, b',"names":', names, b',"mappings":', part.mappings, b"}"))


def _indexed(sections: Sequence[_Section], parts: Sequence[bytes]) -> bytes:
    written = (
        b'{"offset":{"line":%d,"column":%d},"map":%b}' % (section.offset.line, section.offset.column, part)
        for section, part in zip(sections, parts, strict=True)
    )
    return b'{"version":3,"sections":[' + b",".join(written) + b"]}"


def _decoded(raw: Raw, kind: Any) -> Any:
    """What the JSON says, None where it is not of the kind."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError:
        return None
