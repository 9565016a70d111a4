"""Reads a request body straight from WSGI and decompresses it under a cap, so that a bomb stops early."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

import brotli
import zstandard

from events.values.errors import Malformed, TooLarge, UnsupportedEncoding

READ_BYTES = 1 << 16
# A gzip file or zstd stream may consist of several members; more than this many is an attack on the joins.
MEMBERS = 64
GZIP_MAGIC = b"\x1f\x8b\x08"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# RFC 8878 asks decoders to support windows of 8 MiB; larger ones only cost memory here.
ZSTD_WINDOW = 1 << 23
# One 4-byte block may expand to 128 KiB, so a slice of input adds at most 8 MiB before the cap is checked again.
ZSTD_SLICE = 256
BROTLI_SLICE = 1 << 20
_URL_SAFE = bytes.maketrans(b"-_", b"+/")


def received(environ: dict[str, Any], *, cap: int) -> bytes:
    """Return the body of a WSGI request as sent, at most `cap` bytes of it.

    Honours Content-Length, or `Transfer-Encoding: chunked` from a server that joins the chunks itself (gunicorn, say).
    Raises TooLarge or Malformed.
    """
    stream: BinaryIO = environ["wsgi.input"]
    length = _content_length(environ)
    if length is None:
        # Without a length only a server that ends the stream itself may be read to its end; any other would block.
        if not _ends_by_itself(environ):
            return b""
        wanted = cap + 1
    elif length > cap:
        raise TooLarge(f"the body has {length} bytes, the limit is {cap}")
    else:
        wanted = length
    parts, missing = [], wanted
    try:
        while missing and (part := stream.read(min(READ_BYTES, missing))):
            parts.append(part)
            missing -= len(part)
    except OSError as error:
        raise Malformed("the connection ended before the body did", reason="truncated") from error
    if length is None and not missing:
        raise TooLarge(f"the body has more than {cap} bytes")
    if length is not None and missing:
        raise Malformed(f"the body ended {missing} bytes before its Content-Length", reason="truncated")
    return b"".join(parts)


def decompress(data: bytes, *, encoding: str, cap: int) -> bytes:
    """Return `data` decoded by one layer of `encoding`, sniffed by its magic number when none is named.

    Raises TooLarge, UnsupportedEncoding or Malformed.
    """
    decoded, is_cut = head(data, encoding=encoding, cap=cap)
    if is_cut:
        raise TooLarge(f"the body has more than {cap} bytes after decompression")
    return decoded


def head(data: bytes, *, encoding: str, cap: int) -> tuple[bytes, bool]:
    """The first `cap` bytes of the same, and whether there are more. Raises UnsupportedEncoding or Malformed."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        name = "gzip" if data.startswith(GZIP_MAGIC) else "zstd" if data.startswith(ZSTD_MAGIC) else "identity"
    if name not in DECODERS:
        raise UnsupportedEncoding(f"Content-Encoding {encoding[:64]!r} is not supported; use {', '.join(DECODERS)}")
    if not data:
        return data, False
    decoded = DECODERS[name](data, cap)
    return (decoded[:cap], True) if len(decoded) > cap else (decoded, False)


def unwrapped(data: bytes, *, cap: int) -> bytes:
    """Return what an old client wrapped without saying so: a zlib or gzip stream, base64 of one, or base64 of text.

    What is none of these comes back as it is, for the decoder to judge.
    """
    if data[:1] in b"{[ \t\r\n\xef" and data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return data
    inner = _of_base64(data)
    for candidate in (data, inner):
        if candidate is not None and _is_zlib(candidate):
            inner = decompress(candidate, encoding="deflate", cap=cap)
            break
        if candidate is not None and candidate.startswith(GZIP_MAGIC):
            inner = decompress(candidate, encoding="gzip", cap=cap)
            break
    if inner is None:
        return data
    if len(inner) > cap:
        raise TooLarge(f"the body has more than {cap} bytes after decoding")
    return inner


def _of_base64(data: bytes) -> bytes | None:
    """What standard or URL-safe base64 holds, with line breaks and without padding as well; None for anything else."""
    digits = b"".join(data.split()).rstrip(b"=").translate(_URL_SAFE)
    if not digits:
        return None
    try:
        return base64.b64decode(digits + b"=" * (-len(digits) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _is_zlib(data: bytes) -> bool:
    """RFC 1950: deflate with a window of at most 32 KiB, and a header that is a multiple of 31."""
    return len(data) > 2 and data[0] & 0x0F == 8 and data[0] >> 4 <= 7 and (data[0] << 8 | data[1]) % 31 == 0


def _content_length(environ: dict[str, Any]) -> int | None:
    text = environ.get("CONTENT_LENGTH") or ""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Malformed("Content-Length is not a number")
    return int(text)


def _ends_by_itself(environ: dict[str, Any]) -> bool:
    return bool(environ.get("wsgi.input_terminated")) or "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()


def _identity(data: bytes, cap: int) -> bytes:
    return data


def _gzip(data: bytes, cap: int) -> bytes:
    decoded = b""
    for _ in range(MEMBERS):
        member, data = _inflate(data, cap - len(decoded), zlib.MAX_WBITS | 16)
        decoded += member
        # Zero bytes after the last member are padding that some writers add.
        if not data or not data.strip(b"\0") or len(decoded) > cap:
            return decoded
    raise Malformed("the gzip body has too many members", reason="corrupt")


def _deflate(data: bytes, cap: int) -> bytes:
    """RFC 9110 means the zlib format by `deflate`; some senders mean the bare stream."""
    try:
        decoded, rest = _inflate(data, cap, zlib.MAX_WBITS)
    except Malformed as error:
        if error.reason != "corrupt":
            raise
        decoded, rest = _inflate(data, cap, -zlib.MAX_WBITS)
    if rest:
        raise Malformed("data follows the deflate body", reason="corrupt")
    return decoded


def _inflate(data: bytes, cap: int, bits: int) -> tuple[bytes, bytes]:
    """Return up to `cap + 1` bytes and what follows the stream (nothing when the cap was passed)."""
    decoder = zlib.decompressobj(bits)
    try:
        decoded = decoder.decompress(data, cap + 1)
    except zlib.error as error:
        raise Malformed("the compressed body is corrupt", reason="corrupt") from error
    if len(decoded) > cap:
        return decoded, b""
    if not decoder.eof:
        raise Malformed("the compressed body is cut short", reason="truncated")
    return decoded, decoder.unused_data


def _brotli(data: bytes, cap: int) -> bytes:
    decoder = brotli.Decompressor()
    parts, size = [], 0
    try:
        while size <= cap and not decoder.is_finished():
            part = decoder.process(data, output_buffer_limit=min(cap + 1 - size, BROTLI_SLICE))
            data = b""
            parts.append(part)
            size += len(part)
            if not part and decoder.can_accept_more_data():
                break
    except brotli.error as error:
        raise Malformed("the compressed body is corrupt", reason="corrupt") from error
    if size <= cap and not decoder.is_finished():
        raise Malformed("the compressed body is cut short", reason="truncated")
    return b"".join(parts)


def _zstd(data: bytes, cap: int) -> bytes:
    parts: list[bytes] = []
    size = frames = 0
    while data and size <= cap:
        frames += 1
        if frames > MEMBERS:
            raise Malformed("the zstd body has too many frames", reason="corrupt")
        decoder = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj()
        position = 0
        try:
            while position < len(data) and size <= cap and not decoder.eof:
                part = decoder.decompress(data[position : position + ZSTD_SLICE])
                position += ZSTD_SLICE
                parts.append(part)
                size += len(part)
        except zstandard.ZstdError as error:
            raise Malformed("the compressed body is corrupt", reason="corrupt") from error
        if not decoder.eof and size <= cap:
            raise Malformed("the compressed body is cut short", reason="truncated")
        data = decoder.unused_data + data[position:]
    return b"".join(parts)


DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "identity": _identity,
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
