"""Looks into base64, one level deep: what would go in the clear goes in its coat too."""

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator

import re2

from events.scrubbing.assignments import Hit

# Four letters of base64 that three printable ASCII characters become: hashes, identifiers and pictures break off soon.
_QUAD = r"[CI-Za-f][C-HS-Xi-ny-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]"
HINT = rf"\b(?:{_QUAD}){{5}}"
_BLOB = re2.compile(rf"\b(?:{_QUAD}){{5}}[A-Za-z0-9+/_-]*={{0,2}}".encode())
# A log line with a whole file in it is read this far.
_LONGEST = 64_000
_URLSAFE = bytes.maketrans(b"-_", b"+/")


def text_of(blob: bytes) -> bytes | None:
    """The text that the blob is base64 of, or None when it is something else."""
    blob = blob[:_LONGEST].rstrip(b"=").translate(_URLSAFE)
    blob = blob[: len(blob) - (len(blob) % 4 == 1)]
    try:
        raw = base64.b64decode(blob + b"=" * (-len(blob) % 4))
    except binascii.Error:
        return None
    # Printable ASCII nearly throughout; a separator would shift the blobs after it.
    odd = len(raw.translate(None, bytes(range(32, 127)) + b"\t\r\n"))
    return raw if b"\x1e" not in raw and odd * 10 <= len(raw) else None


def find(data: bytes, rules: Callable[[bytes], Iterable[Hit]]) -> Iterator[Hit]:
    """Yields every blob whose text holds what `rules` find; all texts are read in one pass."""
    blobs = [(match.span(), text) for match in _BLOB.finditer(data) if (text := text_of(match.group())) is not None]
    if not blobs:
        return
    ends, at = [], 0
    for _, text in blobs:
        at += len(text) + 1
        ends.append(at)
    starts = sorted({hit[0] for hit in rules(b"\x1e".join(text for _, text in blobs))})
    i = 0
    for (span, _), end in zip(blobs, ends, strict=True):
        found = False
        while i < len(starts) and starts[i] < end:
            found, i = True, i + 1
        if found:
            yield *span, "[encoded]"
