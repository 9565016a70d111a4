"""The body reader: whatever the server, the framing and the encoding, the same bytes or a clear refusal."""

from __future__ import annotations

import gzip
import io
import random
import resource
import zlib
from typing import Any

import brotli
import pytest
import zstandard
from django.test import RequestFactory

from events.endpoints.admission import body
from events.values.errors import IngestError, Malformed, TooLarge, UnsupportedEncoding

TEXT = b'{"event_id":"9ec79dc33ec942ab8353589fcb2e04dc"}\n' * 400
MIB = 1 << 20


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def zstd_without_size(data: bytes) -> bytes:
    compressor = zstandard.ZstdCompressor().compressobj()
    return compressor.compress(data) + compressor.flush()


ENCODED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT),
    "GZIP": gzip.compress(TEXT),
    "br": brotli.compress(TEXT),
    "zstd": zstandard.ZstdCompressor().compress(TEXT),
    "zstd ": zstd_without_size(TEXT),
    "deflate": zlib.compress(TEXT),
    " deflate": raw_deflate(TEXT),
    "identity": TEXT,
    "": TEXT,
}


def environ(data: bytes, **changes: Any) -> dict[str, Any]:
    return {"wsgi.input": io.BytesIO(data), "CONTENT_LENGTH": str(len(data))} | changes


def read(data: bytes, *, compressed_cap: int = MIB, decompressed_cap: int = 10 * MIB, **changes: Any) -> bytes:
    return read_from(environ(data, **changes), compressed_cap=compressed_cap, decompressed_cap=decompressed_cap)


def read_from(environ: dict[str, Any], *, compressed_cap: int = MIB, decompressed_cap: int = MIB) -> bytes:
    received = body.received(environ, cap=compressed_cap)
    return body.decompress(received, encoding=environ.get("HTTP_CONTENT_ENCODING", ""), cap=decompressed_cap)


@pytest.mark.parametrize("encoding", ENCODED)
def test_every_listed_encoding_is_decoded(encoding: str) -> None:
    assert read(ENCODED[encoding], HTTP_CONTENT_ENCODING=encoding) == TEXT


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_magic_number_is_recognised_without_a_header(encoding: str) -> None:
    assert read(ENCODED[encoding]) == TEXT


@pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip,br", "compress", "lzma", "utf-8", "x" * 5000])
def test_other_encodings_and_second_layers_are_unsupported(encoding: str) -> None:
    with pytest.raises(UnsupportedEncoding) as caught:
        read(TEXT, HTTP_CONTENT_ENCODING=encoding)
    assert caught.value.status == 415


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "zstd ", "deflate", " deflate"])
def test_a_stream_cut_short_is_malformed(encoding: str) -> None:
    for missing in (1, 5, len(ENCODED[encoding]) // 2):
        with pytest.raises(Malformed):
            read(ENCODED[encoding][:-missing], HTTP_CONTENT_ENCODING=encoding)


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate"])
def test_a_stream_of_noise_is_malformed(encoding: str) -> None:
    with pytest.raises(Malformed):
        read(random.Random(7).randbytes(3000), HTTP_CONTENT_ENCODING=encoding)


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate"])
def test_noise_after_the_stream_is_malformed(encoding: str) -> None:
    with pytest.raises(Malformed):
        read(ENCODED[encoding] + b"and more", HTTP_CONTENT_ENCODING=encoding)


def test_members_and_frames_are_joined_and_padding_is_dropped() -> None:
    assert read(gzip.compress(b"one ") + gzip.compress(b"two") + bytes(512), HTTP_CONTENT_ENCODING="gzip") == b"one two"
    frames = zstandard.ZstdCompressor().compress(b"one ") + zstd_without_size(b"two")
    assert read(frames, HTTP_CONTENT_ENCODING="zstd") == b"one two"


@pytest.mark.parametrize(
    ("encoding", "member"), [("gzip", gzip.compress(b"")), ("zstd", zstd_without_size(b""))], ids=["gzip", "zstd"]
)
def test_a_crowd_of_empty_members_is_malformed(encoding: str, member: bytes) -> None:
    with pytest.raises(Malformed):
        read(member * 5000, HTTP_CONTENT_ENCODING=encoding)


BOMBS = {
    "gzip": gzip.compress(bytes(64 * MIB)),
    "deflate": zlib.compress(bytes(64 * MIB)),
    "br": brotli.compress(bytes(64 * MIB), quality=5),
    "zstd": zstandard.ZstdCompressor().compress(bytes(64 * MIB)),
    "zstd ": zstd_without_size(bytes(64 * MIB)),
}


@pytest.mark.parametrize("encoding", BOMBS)
def test_a_bomb_is_too_large_and_takes_little_memory(encoding: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(TooLarge) as caught:
        read(BOMBS[encoding], HTTP_CONTENT_ENCODING=encoding, decompressed_cap=MIB)
    assert caught.value.status == 413
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 24 * 1024


@pytest.mark.parametrize("encoding", ENCODED)
def test_the_cap_is_exact(encoding: str) -> None:
    assert read(ENCODED[encoding], HTTP_CONTENT_ENCODING=encoding, decompressed_cap=len(TEXT)) == TEXT
    with pytest.raises(TooLarge):
        read(ENCODED[encoding], HTTP_CONTENT_ENCODING=encoding, decompressed_cap=len(TEXT) - 1)


def test_a_zstd_frame_with_a_giant_window_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters.from_level(1, window_log=27)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    data = compressor.compress(TEXT) + compressor.flush()
    with pytest.raises(Malformed):
        read(data, HTTP_CONTENT_ENCODING="zstd")


def test_an_announced_length_over_the_cap_is_refused_unread() -> None:
    class Unreadable(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise AssertionError("the body was read")

    with pytest.raises(TooLarge):
        read(b"", compressed_cap=10, CONTENT_LENGTH="11", **{"wsgi.input": Unreadable()})


@pytest.mark.parametrize("marks", [{"HTTP_TRANSFER_ENCODING": "chunked"}, {"wsgi.input_terminated": True}])
def test_a_chunked_body_is_read_to_its_end(marks: dict[str, Any]) -> None:
    assert read(TEXT, CONTENT_LENGTH="", **marks) == TEXT
    with pytest.raises(TooLarge):
        read(TEXT, CONTENT_LENGTH="", compressed_cap=len(TEXT) - 1, **marks)
    assert read(TEXT, CONTENT_LENGTH="", compressed_cap=len(TEXT), **marks) == TEXT


def test_without_length_and_end_nothing_is_read() -> None:
    assert read(TEXT, CONTENT_LENGTH="") == b""


@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", "12 ", "١٢", "9" * 40])
def test_a_length_that_is_no_number_is_malformed(length: str) -> None:
    with pytest.raises(IngestError):
        read(TEXT, CONTENT_LENGTH=length)


def test_a_body_shorter_than_announced_is_malformed() -> None:
    with pytest.raises(Malformed):
        read(TEXT, CONTENT_LENGTH=str(len(TEXT) + 1))


def test_only_the_announced_bytes_are_read() -> None:
    assert read(TEXT, CONTENT_LENGTH="16") == TEXT[:16]


def test_a_broken_connection_is_malformed() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise ConnectionResetError

    with pytest.raises(Malformed):
        read(TEXT, **{"wsgi.input": Broken()})


def test_djangos_own_test_requests_are_read() -> None:
    request = RequestFactory().post(
        "/", data=ENCODED["br"], content_type="text/plain", headers={"content-encoding": "br"}
    )
    assert read_from(request.environ) == TEXT
