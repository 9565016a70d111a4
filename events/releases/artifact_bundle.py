"""Artifact bundles as sentry-cli uploads them: `SYSB`, a version, then a zip of built files and their manifest.

Nothing is unpacked to disk, and no name inside a bundle becomes a path anywhere. The debug ids in it were chosen by
the client: look them up within the project only."""

import io
import posixpath
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import unquote
from uuid import UUID

import orjson
import re2

MAGIC = b"SYSB"
VERSION = 2
FILES = 10_000
LARGEST_FILE = 32 * 1024 * 1024  # decompressed bytes; the limit of a source map
LARGEST_TOTAL = 512 * 1024 * 1024  # decompressed bytes of all files
LARGEST_MANIFEST = 8 * 1024 * 1024
LARGEST_DIRECTORY = 4 * 1024 * 1024  # the zip's list of files, which is read before any can be counted
TYPES = ("minified_source", "source_map")
SCRIPTS = (".js", ".mjs", ".cjs", ".jsbundle", ".bundle")

_HEADER = struct.Struct("<4sI")
_END = struct.Struct("<4s4H2LH")
_TEXT_LENGTH = 2000
_BEHIND = re2.compile(r"(?s)(\.[A-Za-z]{1,12})[?#].*$")
_ORIGIN = re2.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://[^/]*)")
_PORT = re2.compile(r"^(?:(https://.*):443|(http://.*):80)$")
# What `zipfile` raises for broken bytes; NotImplementedError is a RuntimeError, a wrong encoding a ValueError.
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError, KeyError)


class BundleError(ValueError):
    """The upload is no bundle that can be taken; the text says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A built file: `source_map` or `minified_source`."""

    path: str  # its name in the bundle
    type: str
    url: str  # where it is served, `~/static/main.js`
    debug_id: UUID | None
    source_map: str | None  # what a minified source says its map is called
    size: int  # decompressed bytes


class Bundle:
    """A bundle whose manifest and sizes have been checked; contents are read one at a time."""

    def __init__(self, archive: zipfile.ZipFile, manifest: dict[str, Any]) -> None:
        self._archive = archive
        self.debug_id = _debug_id(manifest.get("debug_id"))
        self.release = _text(manifest.get("release"))
        self.dist = _text(manifest.get("dist"))
        self.project = _text(manifest.get("project"))
        self.entries = tuple(_entries(archive, manifest))

    def content(self, entry: Entry) -> bytes:
        """The decompressed file. Raises `BundleError` when the zip is damaged there."""
        try:
            with self._archive.open(entry.path) as file:
                content = file.read(LARGEST_FILE + 1)
        except _DAMAGE as error:
            raise BundleError(f"{entry.path} is damaged.") from error
        if len(content) > LARGEST_FILE:
            raise BundleError(f"{entry.path} has more than {LARGEST_FILE} bytes.")
        return content


def read(upload: bytes | IO[bytes]) -> Bundle:
    """The bundle in the upload (bytes, or a seekable file that stays open). Raises `BundleError`."""
    file = io.BytesIO(upload) if isinstance(upload, bytes) else upload
    header = file.read(_HEADER.size)
    if len(header) < _HEADER.size or _HEADER.unpack(header) != (MAGIC, VERSION):
        raise BundleError(f"An artifact bundle begins with {MAGIC.decode()} and version {VERSION}.")
    _check_directory(file)
    try:
        archive = zipfile.ZipFile(file)
    except _DAMAGE as error:
        raise BundleError("The bundle's zip is damaged.") from error
    _check_members(archive.infolist())
    return Bundle(archive, _manifest(archive))


def address(text: str) -> str:
    """An address in the form in which two are compared: a bundler names files (`[id] ü.js`), a browser addresses.

    Without query and fragment, percent encoding, slashes and dots too many, capitals of a host and a port that goes
    without saying; letters composed."""
    text = text.encode("utf-8", "replace").decode()
    plain = unicodedata.normalize("NFC", unquote(_BEHIND.sub(r"\1", text)))
    found = _ORIGIN.match(plain)
    origin = _PORT.sub(r"\1\2", found.group(1).lower()) if found else ""
    path = plain[found.end(1) :] if found else plain
    if "//" in path or "/." in path:
        lead = "~" if path.startswith("~/") else ""
        path = lead + posixpath.normpath(path[len(lead) :]).replace("//", "/", 1)
    return (origin + path).replace("\0", "\ufffd")[:_TEXT_LENGTH]


def is_script(url: str) -> bool:
    """Whether an address is that of a file which a browser runs."""
    return url.partition("?")[0].partition("#")[0].lower().endswith(SCRIPTS)


def _check_directory(file: IO[bytes]) -> None:
    """The zip's directory is small enough to be read: `zipfile` would take one of any size into memory."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(size - _END.size - 0xFFFF, 0))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise BundleError("The bundle's zip is damaged.")
    directory = _END.unpack_from(tail, at)[5]
    if directory > LARGEST_DIRECTORY or tail[max(at - 20, 0) : at].startswith(b"PK\x06\x07"):
        raise BundleError(f"The bundle's zip lists too many files: its directory may have {LARGEST_DIRECTORY} bytes.")


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > FILES:
        raise BundleError(f"A bundle has at most {FILES} files.")
    if len({member.filename for member in members}) < len(members):
        raise BundleError("The bundle holds a file twice.")
    if sum(member.file_size for member in members) > LARGEST_TOTAL:
        raise BundleError(f"The bundle's files have more than {LARGEST_TOTAL} bytes together.")
    for member in members:
        name = member.filename
        if name.startswith("/") or "\\" in member.orig_filename or "\0" in member.orig_filename or ":" in name[:2]:
            raise BundleError("The bundle holds a file with an absolute path.")
        if ".." in name.split("/"):
            raise BundleError("The bundle holds a file outside of it.")
        if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BundleError("The bundle's zip is encrypted or not deflated.")
        if member.file_size > LARGEST_FILE:
            raise BundleError(f"{name[:_TEXT_LENGTH]} has more than {LARGEST_FILE} bytes.")


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        with archive.open("manifest.json") as file:
            raw = file.read(LARGEST_MANIFEST + 1)
        manifest = orjson.loads(raw) if len(raw) <= LARGEST_MANIFEST else None
    except _DAMAGE as error:
        raise BundleError("The bundle's manifest.json is missing or damaged.") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise BundleError(f"The bundle's manifest.json lists no files, or has more than {LARGEST_MANIFEST} bytes.")
    return manifest


def _entries(archive: zipfile.ZipFile, manifest: dict[str, Any]) -> Iterator[Entry]:
    """The files that can be used, each debug id once per type; the manifest may list more than the zip holds."""
    sizes = {member.filename: member.file_size for member in archive.infolist()}
    seen: set[tuple[UUID, str]] = set()
    for path, file in manifest["files"].items():
        if path not in sizes or not isinstance(file, dict):
            continue
        type = file.get("type")
        if type == "source" and is_script(_text(file.get("url"))):
            type = "minified_source"  # sentry-cli before 2.17 calls short files so, however they were built
        if type not in TYPES:
            continue
        given = file.get("headers")
        headers = {name.lower(): value for name, value in given.items()} if isinstance(given, dict) else {}
        debug_id = _debug_id(headers.get("debug-id"))
        if debug_id is not None:
            if (debug_id, type) in seen:
                continue
            seen.add((debug_id, type))
        source_map = _text(headers.get("sourcemap")) or None
        yield Entry(path, type, _text(file.get("url")), debug_id, source_map, sizes[path])


def _debug_id(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) and len(value) <= 45 else None
    except ValueError:
        return None


def _text(value: object) -> str:
    return value.replace("\0", "")[:_TEXT_LENGTH] if isinstance(value, str) else ""
