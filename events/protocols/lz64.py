"""lz-string's base64 form, which posthog-js of before 1.21 may post: LZ78 over UTF-16 units, undone under caps.

The packages that read it know no limit, and each code may stand for the longest string so far and one unit more, so
that a body of 100 kB could become gigabytes.
"""

from __future__ import annotations

import base64
import binascii

from events.values.errors import Malformed, TooLarge

# What so old a browser SDK sends is a few kB; Python reads about a megabyte of it a second.
MOST_BYTES = 256 * 1024
MOST_UNITS = 4 * 1024 * 1024
END = 2
# Bits are written from the highest of a byte on, numbers from their lowest: reversed bytes are read as one number.
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def decode(text: bytes) -> bytes:
    """Return the UTF-8 of the text that was compressed. Raises Malformed or TooLarge."""
    if len(text) > MOST_BYTES:
        raise TooLarge(f"the lz64 body has more than {MOST_BYTES} bytes")
    bare = text.rstrip(b"=")
    try:
        # The last character may carry bits of its own, which base64 would not: zeros after the end mark do no harm.
        packed = base64.b64decode(bare + b"A" * (-len(bare) % 4), validate=True)
    except binascii.Error as error:
        raise Malformed("the lz64 body is not base64", reason="corrupt") from error
    units = _expand(packed.translate(_REVERSED))
    # Two units may be one character; half a pair is nobody's text.
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def _expand(packed: bytes) -> str:
    known = ["", "", ""]  # codes 0, 1 and 2 are orders: a new unit of 8 or 16 bits, and the end
    position = size = 0
    parts: list[str] = []
    before = ""

    def take(bits: int) -> int:
        nonlocal position
        start = position >> 3
        number = int.from_bytes(packed[start : start + 4], "little") >> (position & 7)
        position += bits
        if position > len(packed) * 8:
            raise Malformed("the lz64 body is cut short", reason="truncated")
        return number & ((1 << bits) - 1)

    while (code := take(len(known).bit_length())) != END:
        if code < END:
            known.append(chr(take(8 << code)))
            code = len(known) - 1
        if code == len(known) and before:
            entry = before + before[0]
        elif code < len(known):
            entry = known[code]
        else:
            raise Malformed("the lz64 body is corrupt", reason="corrupt")
        size += len(entry)
        if size > MOST_UNITS:
            raise TooLarge(f"the lz64 body has more than {MOST_UNITS} characters after decompression")
        parts.append(entry)
        if before:
            known.append(before + entry[0])
        before = entry
    return "".join(parts)
