"""A picture is what it shows and no more, a text is scrubbed whatever it begins with, names are scrubbed."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from events.ingest.intake import pack
from events.protocols.contract import Incoming, Limits, Refused
from events.protocols.sentry import pictures
from events.tests.sentry_bodies import EVENT_ID, context, decoded

SECRET = "zq7blue-secret-of-alice@example.com"
TOKEN = "gh" + "p_" + "a1B2" * 9


def _sent(header: dict[str, Any], data: bytes, **changes: Any) -> Incoming | Refused:
    header = {"type": "attachment", "length": len(data)} | header
    result = decoded((header, data), event_id=EVENT_ID, within=context(**changes))
    return (result.items + result.refused)[0]


def _kept(header: dict[str, Any], data: bytes, **changes: Any) -> bytes:
    """The bytes that become durable."""
    item = _sent(header, data, **changes)
    assert isinstance(item, Incoming)
    return pack(item, allow_list=None).blob or b""


def _reason(data: bytes, header: dict[str, Any] | None = None, **changes: Any) -> str:
    refused = _sent(header or {"filename": "a.png"}, data, **{"keeps_pictures": True} | changes)
    assert isinstance(refused, Refused)
    assert (refused.category, refused.outcome) == ("attachment", "filtered")
    return refused.reason


def _drawing(mode: str = "RGB", size: tuple[int, int] = (40, 20)) -> Image.Image:
    image = Image.new("RGB", size, (200, 30, 30))
    image.paste((30, 30, 200), (0, 0, size[0] // 2, size[1]))
    return image.convert(mode)


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E] = SECRET  # ImageDescription
    exif[0x013B] = SECRET  # Artist
    exif.get_ifd(0x8825)[29] = SECRET  # GPSDateStamp
    return exif


def _picture(name: str, **options: Any) -> bytes:
    """A picture of a format, with its secret in every place that the format has."""
    written = io.BytesIO()
    image = _drawing("P" if name == "GIF" else "RGB")
    if name == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Author", SECRET)
        texts.add_text("Comment", SECRET, zip=True)
        texts.add_itxt("XML:com.adobe.xmp", f"<x>{SECRET}</x>", zip=True)
        options |= {"pnginfo": texts, "exif": _exif(), "icc_profile": SECRET.encode()}
    elif name == "JPEG":
        options |= {"exif": _exif(), "comment": SECRET.encode(), "icc_profile": SECRET.encode(), "xmp": SECRET.encode()}
    elif name == "WEBP":
        options |= {"exif": _exif(), "icc_profile": SECRET.encode(), "xmp": SECRET.encode()}
    else:
        options |= {"comment": SECRET.encode()}
    image.save(written, name, **options)
    return written.getvalue() + SECRET.encode()


def _everything_in(data: bytes) -> bytes:
    """The bytes of a picture and, unpacked, all that Pillow finds beside its pixels."""
    image = Image.open(io.BytesIO(data))
    image.load()
    image.getexif()
    chunks = b""
    if image.format == "PNG":
        at = 8
        while at < len(data):
            length, kind = struct.unpack(">I4s", data[at : at + 8])
            chunks += kind + b" "
            at += 12 + length
    return data + repr(sorted(image.info.items())).encode() + repr(dict(image.getexif())).encode() + chunks


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_is_what_it_shows_and_no_more(name: str) -> None:
    sent = _picture(name)
    assert SECRET.encode() in sent
    kept = _kept({"filename": "screen"}, sent, keeps_pictures=True)
    everything = _everything_in(kept)
    for part in (b"zq7blue", b"Exif", b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"ICC_PROFILE", b"xmp", b"comment"):
        assert part not in everything
    before = Image.open(io.BytesIO(sent)).convert("RGB")
    after = Image.open(io.BytesIO(kept)).convert("RGB")
    assert after.size == before.size
    for place in ((5, 10), (35, 10)):
        assert all(abs(a - b) < 12 for a, b in zip(after.getpixel(place), before.getpixel(place), strict=True))


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_is_refused_and_counted_where_a_project_does_not_keep_them(name: str) -> None:
    assert _reason(_picture(name), keeps_pictures=False) == "picture"
    assert _reason(_picture(name), keeps_pictures=False, accepts_binary_attachments=True) == "picture"


def test_what_a_camera_turned_is_kept_the_right_way_up() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    written = io.BytesIO()
    _drawing().save(written, "JPEG", exif=exif)
    kept = Image.open(io.BytesIO(_kept({}, written.getvalue(), keeps_pictures=True)))
    assert kept.size == (20, 40)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_pixels_is_drawn(mode: str) -> None:
    written = io.BytesIO()
    (Image.new("I;16", (8, 8)) if mode == "I;16" else _drawing(mode)).save(written, "PNG")
    kept = Image.open(io.BytesIO(_kept({}, written.getvalue(), keeps_pictures=True)))
    assert kept.mode in ("L", "RGB", "RGBA")
    assert ("A" in kept.mode) == ("A" in mode)


def test_of_moving_pictures_the_first_is_kept() -> None:
    for name in ("GIF", "WEBP", "PNG"):
        written = io.BytesIO()
        _drawing().save(written, name, save_all=True, append_images=[Image.new("RGB", (40, 20))] * 3)
        kept = Image.open(io.BytesIO(_kept({}, written.getvalue(), keeps_pictures=True)))
        assert getattr(kept, "n_frames", 1) == 1


def _bomb(width: int, height: int) -> bytes:
    """A PNG that announces its size and is small."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(50_000, 50_000), (4_001, 4_000), (20_000, 1), (2**31 - 1, 2**31 - 1)])
def test_a_picture_of_too_many_pixels_is_refused_before_one_is_read(size: tuple[int, int]) -> None:
    assert _reason(_bomb(*size)) in ("picture_too_large", "picture_unreadable")


def test_a_picture_of_scans_without_end_is_refused() -> None:
    written = io.BytesIO()
    _drawing().save(written, "JPEG", progressive=True)
    start = written.getvalue().index(b"\xff\xda")
    assert _reason(written.getvalue()[:-2] + written.getvalue()[start:-2] * 60 + b"\xff\xd9") == "picture_too_large"


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
        b"\xff\xd8\xff\xe0" + bytes(range(128, 256)) * 40,
        b"GIF89a" + bytes(range(128, 256)) * 40,
        b"RIFF\x10\0\0\0WEBP" + bytes(range(128, 256)) * 40,
        _picture("PNG")[:60] + bytes(200),
    ],
)
def test_what_only_begins_like_a_picture_is_none(data: bytes) -> None:
    assert _reason(data) == "picture_unreadable"


@pytest.mark.parametrize(
    "data",
    [
        b"BM" + bytes(2000),
        b"II*\0" + bytes(2000),
        b"\0\0\0\x20ftypheic" + bytes(2000),
        b"\0\0\0\x20ftypavif" + bytes(2000),
    ],
)
def test_pictures_of_other_kinds_are_kept_by_no_switch(data: bytes) -> None:
    assert _reason(data, accepts_binary_attachments=True) == "picture_format"


def test_a_picture_that_grows_beyond_the_limit_is_refused() -> None:
    written = io.BytesIO()
    Image.effect_noise((200, 200), 90).save(written, "JPEG", quality=1)
    sent = written.getvalue()
    assert _reason(sent, limits=Limits(attachment=len(sent) + 10)) == "picture_too_large"


LINE = f"login ok token={TOKEN} for alice@example.com\n".encode() * 40
TEXTS = {
    "plain": LINE,
    "byte order mark": b"\xef\xbb\xbf" + LINE,
    "utf-16": LINE.decode().encode("utf-16"),
    "utf-16-be with mark": b"\xfe\xff" + LINE.decode().encode("utf-16-be"),
    "utf-16 without mark": LINE.decode().encode("utf-16-le"),
    "utf-16-be without mark": LINE.decode().encode("utf-16-be"),
    "utf-32": LINE.decode().encode("utf-32"),
    "latin-1": b"gr\xfc\xdfe " * 20 + LINE,
    "begins like png": b"\x89PNG\r\n\x1a\n" + LINE,
    "begins like jpeg": b"\xff\xd8\xff\xe0" + LINE,
    "begins like gif": b"GIF89a" + LINE,
    "begins like bmp": b"BM" + LINE,
    "begins like webp": b"RIFF\x10\0\0\0WEBP" + LINE,
    "begins like zip": b"PK\x03\x04" + LINE,
    "begins like gzip": b"\x1f\x8b\x08\0" + LINE,
    "begins like elf": b"\x7fELF\x02\x01\x01" + LINE,
    "begins like pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + LINE,
    "zeros first": bytes(40) + LINE,
    "zeros between": LINE.replace(b"\n", b"\0\n"),
    "odd bytes first": bytes(range(128, 168)) + LINE,
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("header", [{"filename": "app.log"}, {"content_type": "text/plain"}, {"filename": "core"}])
@pytest.mark.parametrize("switches", [{}, {"accepts_binary_attachments": True, "keeps_pictures": True}])
def test_a_text_is_scrubbed_whatever_it_begins_with(
    name: str, header: dict[str, Any], switches: dict[str, Any]
) -> None:
    kept = _kept(header, TEXTS[name], **switches)
    assert b"login ok" in kept
    for secret in (TOKEN, "alice@example.com"):
        assert secret not in kept.decode("utf-8", "replace")
        assert secret.encode("utf-16-le") not in kept
        assert secret.encode("utf-16-be") not in kept


@pytest.mark.parametrize(
    ("sent", "gone"),
    [
        ("invoice-alice@example.com.pdf", "alice@example.com"),
        (f"{TOKEN}.txt", TOKEN),
        ("password=hunter2hunter2.log", "hunter2hunter2"),
        ("C:\\Users\\alice\\4111 1111 1111 1111.txt", "4111 1111 1111 1111"),
    ],
)
def test_names_are_scrubbed(sent: str, gone: str) -> None:
    item = _sent({"filename": sent}, b"plain words")
    assert isinstance(item, Incoming)
    assert gone not in str(item.payload)
    assert "alice" not in str(item.payload)


def test_a_process_without_pictures_has_no_pillow() -> None:
    code = "import sys, events.protocols.sentry; sys.exit('PIL' in sys.modules or 'PIL.Image' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_holds_memory_does_so_one_at_a_time() -> None:
    """Eight pictures at once take the memory of one: the second waits for the first."""
    with pictures._TURN:
        assert not pictures._TURN.acquire(blocking=False)
