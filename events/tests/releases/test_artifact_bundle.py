"""Bundles: one that a real sentry-cli uploaded, and those that someone else made up."""

import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.releases import artifact_bundle, sourcemaps
from events.releases.artifact_bundle import BundleError

# What `sentry-cli sourcemaps upload --release shop@1.0.0 --url-prefix '~/static'` (3.8.0) sent, after `inject`.
REAL = (Path(__file__).parents[1] / "samples" / "sourcemaps" / "sentry-cli-3.8.0.bundle").read_bytes()
DEBUG_ID = UUID("a154bbc5-8819-5923-853b-73687e200624")
HEADER = b"SYSB" + struct.pack("<I", 2)


def bundle(files: dict[str, bytes] | list[tuple[str, bytes]], manifest: Any = None, **zip_options: Any) -> bytes:
    listed = list(files.items()) if isinstance(files, dict) else files
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", **({"compression": zipfile.ZIP_DEFLATED} | zip_options)) as archive:
        for name, content in listed:
            archive.writestr(name, content)
        if manifest is not None:
            archive.writestr("manifest.json", manifest if isinstance(manifest, bytes) else json.dumps(manifest))
    return HEADER + written.getvalue()


def one(**file: Any) -> dict[str, Any]:
    return {"files": {"a.js": {"type": "minified_source", "url": "~/a.js"} | file}}


def test_a_real_bundle_is_read() -> None:
    found = artifact_bundle.read(REAL)
    source, source_map = found.entries
    assert (found.release, found.dist, str(found.debug_id)) == (
        "shop@1.0.0",
        "",
        "eefad176-e190-55ff-a18a-ce79b8a1417f",
    )
    assert (source.type, source.url, source.debug_id) == ("minified_source", "~/static/main.js", DEBUG_ID)
    assert (source.source_map, source_map.source_map) == ("main.js.map", None)
    assert (source_map.type, source_map.debug_id, source_map.size) == ("source_map", DEBUG_ID, 1640)


def test_a_frame_finds_its_line_by_the_map_in_the_bundle() -> None:
    """`inject` moved the code down; the map followed it."""
    found = artifact_bundle.read(io.BytesIO(REAL))
    minified, raw = (found.content(entry) for entry in found.entries)
    line = next(n for n, text in enumerate(minified.decode().splitlines(), start=1) if "e.rate" in text)
    column = minified.decode().splitlines()[line - 1].index("e.rate") + 3
    place = sourcemaps.parse(raw).lookup(line, column)
    assert place is not None
    assert (place.source, place.line) == ("../src/cart.ts", 21)


KEPT = [
    ({"headers": {"Debug-Id": str(DEBUG_ID), "Sourcemap": "a.js.map"}}, DEBUG_ID, "a.js.map"),
    ({"headers": {"debug-id": DEBUG_ID.hex}}, DEBUG_ID, None),
    ({"headers": {"debug-id": "../../etc/passwd"}}, None, None),
    ({"headers": {"debug-id": 7, "sourcemap": []}}, None, None),
    ({"headers": None}, None, None),
    ({"url": "x" * 9999}, None, None),
]


@pytest.mark.parametrize(("file", "debug_id", "source_map"), KEPT)
def test_odd_headers_are_survived(file: dict[str, Any], debug_id: UUID | None, source_map: str | None) -> None:
    (entry,) = artifact_bundle.read(bundle({"a.js": b"x"}, one(**file))).entries
    assert (entry.debug_id, entry.source_map) == (debug_id, source_map)
    assert len(entry.url) <= 2000


def test_a_debug_id_counts_once_per_type() -> None:
    file = {"type": "source_map", "headers": {"debug-id": str(DEBUG_ID)}}
    found = artifact_bundle.read(bundle({"a": b"1", "b": b"2"}, {"files": {"a": file, "b": file}}))
    assert [entry.path for entry in found.entries] == ["a"]


@pytest.mark.parametrize("files", [{"b.js": {"type": "minified_source"}}, {"a.js": 5}, {"a.js": {"type": []}}, {}])
def test_what_is_not_there_or_of_no_use_is_left_out(files: dict[str, Any]) -> None:
    assert artifact_bundle.read(bundle({"a.js": b"x"}, {"files": files})).entries == ()


def with_member(name: str) -> bytes:
    return bundle({"X" * len(name): b"x"}, one()).replace(b"X" * len(name), name.encode())


def directory_of(size: int) -> bytes:
    made = bytearray(bundle({"a.js": b"x"}, one()))
    at = made.rfind(b"PK\x05\x06")
    made[at + 12 : at + 16] = struct.pack("<I", size)
    return bytes(made)


def zeros(*, files: int, size: int) -> bytes:
    return bundle({f"f{n}": bytes(size) for n in range(files)}, one())


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_twice_is_refused() -> None:
    with pytest.raises(BundleError, match="twice"):
        artifact_bundle.read(bundle([("a.js", b"x"), ("a.js", b"y")], one()))


REFUSED = [
    (b"", "begins with"), (b"SYSB", "begins with"), (b"PK" + REAL[10:], "begins with"),
    (b"SYSB" + struct.pack("<I", 3) + REAL[8:], "begins with"), (HEADER, "damaged"), (REAL[:-30], "damaged"),
    (HEADER + b"not a zip" * 99, "damaged"), (bundle({"a.js": b"x"}), "manifest"), (bundle({}, b"[]"), "manifest"),
    (bundle({}, b"{}"), "manifest"), (bundle({}, {"files": []}), "manifest"), (bundle({}, b"{"), "manifest"),
    (bundle({}, b" " * (9 << 20)), "manifest"), (with_member("/etc/passwd"), "absolute"),
    (with_member("a\\b"), "absolute"),
    (with_member("C:/a"), "absolute"), (with_member("../../a"), "outside"), (with_member("a/../../b"), "outside"),
    (bundle({"a.js": b"x"}, one(), compression=zipfile.ZIP_LZMA), "not deflated"),
    (bundle({"a.js": b"x"}, one(), compression=zipfile.ZIP_BZIP2), "not deflated"),
    (directory_of(1 << 31), "too many"), (bundle({str(n): b"" for n in range(10_001)}, one()), "at most 10000"),
]  # fmt: skip


@pytest.mark.parametrize(("upload", "why"), REFUSED, ids=range(len(REFUSED)))
def test_it_is_refused(upload: bytes, why: str) -> None:
    with pytest.raises(BundleError, match=why):
        artifact_bundle.read(upload)


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifact_bundle, "LARGEST_FILE", 1 << 20)
    with pytest.raises(BundleError, match="f0 has more than"):
        artifact_bundle.read(zeros(files=1, size=(1 << 20) + 1))
    monkeypatch.setattr(artifact_bundle, "LARGEST_TOTAL", 3 << 20)
    with pytest.raises(BundleError, match="together"):
        artifact_bundle.read(zeros(files=4, size=1 << 20))


def test_a_size_that_lies_is_no_way_around() -> None:
    """The directory says 10 bytes, the stream holds a million."""
    made = bytearray(bundle({"a.js": bytes(1_000_000)}, one()))
    declared = struct.pack("<I", 1_000_000)
    lying = bytes(made).replace(declared, struct.pack("<I", 10))
    found = artifact_bundle.read(lying)
    with pytest.raises(BundleError, match="damaged"):
        found.content(found.entries[0])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(REAL) - 1), st.integers(0, 255)), max_size=6), st.integers(0, len(REAL)))
def test_flipped_bytes_never_do_more_than_be_refused(flips: list[tuple[int, int]], cut: int) -> None:
    made = bytearray(REAL)
    for at, value in flips:
        made[at] = value
    for upload in (bytes(made), bytes(made[:cut]), bytes(made[:8] + made[cut:])):
        try:
            found = artifact_bundle.read(upload)
            for entry in found.entries:
                assert len(found.content(entry)) <= entry.size <= artifact_bundle.LARGEST_FILE
        except BundleError:
            continue
