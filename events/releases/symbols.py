"""The one door to `symbolic`, the Rust library that reads what compilers leave behind.

Source maps come through it today; native symbols, minidumps and ProGuard files would come through it as well. The
library catches a panic of its own and tells it as an error, which is raised here as `SymbolsError`. What it cannot
catch is memory: the caller bounds what it hands in."""

from dataclasses import dataclass

from symbolic.exceptions import SymbolicError
from symbolic.sourcemap import SourceMapView

TOKEN_BYTES = 28  # that the library holds for one mapping
_FURTHEST = 2**31 - 1  # a line or column beyond is none: the library counts in 32 bits without a sign


class SymbolsError(ValueError):
    """The library does not read it; the text says why, in its words."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where generated code comes from; line and column count from 0."""

    source: str
    line: int
    column: int
    name: str | None  # the identifier there, as it was written


class Mappings:
    """The mappings of one source map, which does not change: any thread may ask."""

    def __init__(self, raw: bytes) -> None:
        """Reads the JSON of a map or of an index of maps. Raises `SymbolsError`."""
        try:
            self._view = SourceMapView.from_json_bytes(raw)
        except SymbolicError as error:
            raise SymbolsError(str(error).partition("\n")[0]) from error
        self.bytes = len(self._view) * TOKEN_BYTES

    def origin(self, line: int, column: int) -> Origin | None:
        """The origin of a generated position, both from 0: that of the last mapping at or before it in its line."""
        if not 0 <= line <= _FURTHEST:
            return None
        try:
            found = self._view.lookup(line, min(max(column, 0), _FURTHEST))
        except SymbolicError:
            return None
        if found is None or found.dst_line != line or not found.src:
            return None
        if found.src_line > _FURTHEST or found.src_col > _FURTHEST:  # a difference that leads below zero
            return None
        return Origin(found.src, found.src_line, found.src_col, found.name)
