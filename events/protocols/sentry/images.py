"""Which of the loaded images a frame lies in, for SDKs that send its address alone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from events.protocols.sentry.stacks import LINE

# Without a size an image reaches to the next one, and the last this far.
_REACH = 1 << 30


def put_packages(event: dict[str, Any]) -> None:
    """Names the library of each frame that has an address and neither library nor module, as symbolication will find
    it. Takes a cleaned event and changes its frames in place."""
    images = _images(event)
    if not images:  # as of all but native programs
        return
    starts = [start for start, _, _ in images]
    for frame in filter(_lacks_package, _frames(event)):
        address = _number(frame["instruction_addr"])
        at = bisect_right(starts, address) - 1
        if at >= 0 and address < images[at][1]:
            frame["package"] = images[at][2]


def _frames(event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in ("exception", "threads"):
        for holder in (event.get(name) or {}).get("values", ()):
            yield from (holder.get("stacktrace") or {}).get("frames", ())
    yield from (event.get("stacktrace") or {}).get("frames", ())


def _lacks_package(frame: dict[str, Any]) -> bool:
    if not frame.get("instruction_addr") or frame.get("package") or frame.get("module"):
        return False
    return frame.get("addr_mode") in (None, "", "abs")  # an address within an image is none of memory


def _images(event: dict[str, Any]) -> list[tuple[int, int, str]]:
    """Start, end and file of each image, in the order of memory."""
    meta = event.get("debug_meta")
    listed = meta.get("images") if isinstance(meta, dict) else None
    found = []
    for image in listed if isinstance(listed, list) else ():
        if not isinstance(image, dict):
            continue
        file, start = image.get("code_file") or image.get("debug_file") or image.get("name"), image.get("image_addr")
        if isinstance(file, str) and _number(start) > 0:
            found.append((_number(start), _number(image.get("image_size")), file[:LINE]))
    found.sort(key=lambda image: image[0])
    after = [start for start, _, _ in found[1:]] + [found[-1][0] + _REACH] if found else []
    return [
        (start, start + size if size > 0 else end, file) for (start, size, file), end in zip(found, after, strict=True)
    ]


def _number(value: Any) -> int:
    """An address as a number; -1 for what is none."""
    if isinstance(value, int):
        return value
    try:
        return int(value, 16 if value[:2].lower() == "0x" else 10) if isinstance(value, str) else -1
    except ValueError:
        return -1
