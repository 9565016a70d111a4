"""Pictures drawn anew: of what was sent only the pixels are kept, under a limit of them.

Text chunks, EXIF with its place and owner, XMP, comments, colour profiles, thumbnails, further frames and whatever was
hung behind the picture are gone: nothing is copied but colours (docs/decisions/0032-pictures-are-drawn-anew.md).
"""

from __future__ import annotations

import io
import threading
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from events.runtime.lazy import lazy

if TYPE_CHECKING:
    from PIL import Image
else:
    Image = lazy("PIL.Image")

# A screen of 5,120 x 2,880 pixels fits. Four bytes a pixel, twice at most: the memory of one picture.
PIXELS = 16_000_000
LONGEST_SIDE = 16_384
# A progressive JPEG has ten scans or so; each costs a walk over all pixels and may have but a few bytes.
SCANS = 50
MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
)
TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
# Kinds of pictures that are not drawn anew, by how they begin or what stands behind the length of their first box.
OTHERS = (b"BM", b"II*\0", b"MM\0*", b"\0\0\1\0", b"8BPS", b"\0\0\0\x0cjP  ", b"\xff\x0a", b"gimp xcf", b"qoif")
BRANDS = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypmsf1", b"ftypavif", b"ftypavis", b"ftypheim", b"ftyphevc")

# One at a time in a process: a request's memory is bounded, and that of eight at once is that of one.
_TURN = threading.Lock()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that holds nothing but what it shows."""

    data: bytes
    content_type: str


class Unreadable(Exception):
    """No picture after all, whatever its first bytes say; the argument is the counted reason."""


def kind(data: bytes) -> str:
    """What the first bytes say a picture is: PNG, JPEG, GIF, WEBP, "other", or nothing."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    found = next((name for magic, name in MAGIC if data.startswith(magic)), "")
    if found:
        return found
    return "other" if data.startswith(OTHERS) or data[4:12] in BRANDS else ""


def drawn_anew(data: bytes, *, most: int) -> Picture:
    """The first frame in the same format and the right way up. Raises Unreadable; `most` bytes are kept."""
    name = kind(data)
    if name not in TYPES:
        raise Unreadable("picture_format")
    with _TURN, warnings.catch_warnings():
        # Pillow warns of what is handled here: sizes, broken metadata.
        warnings.simplefilter("ignore")
        try:
            drawn = _drawn(data, name)
        except Unreadable:
            raise
        except Exception as error:  # Decoders of pictures raise what they like: struct.error, SyntaxError, IndexError.
            raise Unreadable("picture_unreadable") from error
    if len(drawn) > most:
        raise Unreadable("picture_too_large")
    return Picture(drawn, TYPES[name])


def _drawn(data: bytes, name: str) -> bytes:
    with Image.open(io.BytesIO(data), formats=[name]) as opened:
        # Known from the header alone, before a pixel is decoded.
        width, height = opened.size
        if width * height > PIXELS or max(width, height) > LONGEST_SIDE or min(width, height) < 1:
            raise Unreadable("picture_too_large")
        if name == "JPEG" and data.count(b"\xff\xda") > SCANS:
            raise Unreadable("picture_too_large")
        mode = _mode(opened)
        orientation = opened.getexif().get(0x0112, 1)
        opened.load()
        pixels: Any = opened if opened.mode == mode else opened.convert(mode)
        clean = Image.new(mode, pixels.size)
        clean.paste(pixels)
    del pixels
    clean = _turned(clean, orientation)
    written = io.BytesIO()
    if name == "JPEG":
        clean.save(written, "JPEG", quality=85)
    elif name == "WEBP":
        clean.save(written, "WEBP", quality=85, method=2)
    elif name == "GIF":
        clean.save(written, "GIF")
    else:
        clean.save(written, "PNG", compress_level=4)
    return written.getvalue()


def _mode(opened: Any) -> str:
    """The mode that it is written in: no palette with colours that no pixel has, transparency where there is any."""
    if opened.format == "JPEG":
        return "L" if opened.mode == "L" else "RGB"
    if opened.mode in ("L", "1", "I", "I;16", "F") and "transparency" not in opened.info:
        return "L"
    return "RGBA" if "transparency" in opened.info or opened.mode in ("RGBA", "LA", "PA", "La", "RGBa") else "RGB"


def _turned(clean: Any, orientation: Any) -> Any:
    """The right way up: cameras write that beside the pixels, and what stood there is gone."""
    ways = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    way = ways.get(orientation) if isinstance(orientation, int) else None
    return clean if way is None else clean.transpose(way)
