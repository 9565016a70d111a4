"""How the pages' static files are named: by content once collected, by their own name until then."""

from collections.abc import Iterable, Iterator
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):
    """Hashed, compressed files after `collectstatic`; before it (tests, first steps) the sources as they are."""

    manifest_strict = False

    def hashed_name(self, name: str, content: Any = None, filename: str | None = None) -> str:
        try:
            return str(super().hashed_name(name, content, filename))
        except ValueError:
            return name

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Only our own files, under their hashed names, once: brotli at its best takes 3 s for the drawing library."""
        hashed = set(self.hashed_files.values())
        wanted = [p for p in paths if p in hashed and p.startswith("dashboard/") and not self.exists(f"{p}.br")]
        yield from super().compress_files(wanted)
