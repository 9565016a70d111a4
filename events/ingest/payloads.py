"""How payloads are kept: canonical JSON under zstd."""

import uuid
from dataclasses import dataclass
from typing import Any

import orjson
import zstandard

# Level 1: 17 KB of JSON in about 40 µs, a fifth of the size; level 3 saves 4 % more for twice the time.
_LEVEL = 1
MAX_UNPACKED = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Packed:
    """One scrubbed item as it is kept: `payload` is canonical JSON under zstd, `quantity` the records in it."""

    kind: str
    item_id: uuid.UUID
    quantity: int
    payload: bytes
    blob: bytes | None = None


def pack(value: Any) -> bytes:
    """`value` as bytes that `unpack` turns back."""
    return pack_bytes(orjson.dumps(value))


def pack_bytes(data: bytes) -> bytes:
    """`data` under zstd. Compressors are not shared: they are not safe to use from two threads at once."""
    return zstandard.ZstdCompressor(level=_LEVEL).compress(data)


def unpack_bytes(data: bytes) -> bytes:
    """What `pack_bytes` was given."""
    return zstandard.ZstdDecompressor().decompress(bytes(data), max_output_size=MAX_UNPACKED)


def unpack(data: bytes) -> Any:
    """What `pack` was given."""
    return orjson.loads(unpack_bytes(data))
