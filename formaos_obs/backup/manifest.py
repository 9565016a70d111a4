"""What a backup says of itself: when, of which version, which files with which checksums, what the stores held."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

FORMAT = 1
NAME, DATABASE, KEYS, SEGMENTS, SPOOL = "manifest.json", "database.dump", "keys.env", "segments", "spool"
_PIECE = 1 << 20


class BackupError(Exception):
    """It cannot be taken or put back; the words are for the operator."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of the backup."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`files` are by their path inside the backup. `head` is the last entry of the audit trail (number, mac), `rows`
    counts what a restore compares, and `keys` are fingerprints, from which no key can be told."""

    made_at: str
    version: str
    migrations: Mapping[str, str]
    files: Mapping[str, File]
    head: tuple[int, str]
    rows: Mapping[str, int]
    keys: Mapping[str, str]
    has_segments: bool
    format: int = FORMAT


def write(folder: Path, manifest: Manifest) -> None:
    """The last file of a backup: a folder without it is none."""
    (folder / NAME).write_text(json.dumps(asdict(manifest), indent=1, sort_keys=True) + "\n")


def read(folder: Path) -> Manifest:
    """Raises BackupError for what is no backup, or one of a later kind."""
    try:
        found = json.loads((folder / NAME).read_text())
        if found["format"] != FORMAT:
            raise BackupError(f"{folder} is of format {found['format']}, and this version reads {FORMAT}.")
        files = {path: File(**one) for path, one in found.pop("files").items()}
        return Manifest(**{**found, "files": files, "head": tuple(found["head"])})
    except FileNotFoundError:
        raise BackupError(f"{folder} is no finished backup: it has no {NAME}.") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"{folder / NAME} cannot be read: {type(error).__name__}.") from None


def broken(folder: Path, manifest: Manifest) -> Iterator[str]:
    """What is missing, cut or altered."""
    for path, wanted in manifest.files.items():
        if not (folder / path).resolve().is_relative_to(folder.resolve()):
            yield f"{path} leads out of the backup"
            continue
        try:
            found = of(folder / path)
        except OSError:
            yield f"{path} is missing"
            continue
        if found != wanted:
            yield f"{path} is not what was backed up"


def of(path: Path) -> File:
    """The file as it is on disk."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return File(size, digest.hexdigest())


def fingerprints(keys: Mapping[str, str]) -> dict[str, str]:
    """A mark of each key."""
    return {name: hmac.digest(key.encode(), b"formaos-obs backup", "sha256").hex()[:16] for name, key in keys.items()}
