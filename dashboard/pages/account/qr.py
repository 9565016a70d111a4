"""QR codes as the path of an SVG, so that pages need neither an image nor markup from elsewhere."""

from dataclasses import dataclass
from itertools import groupby

import segno

_BORDER = 4  # modules of white around it, which scanners need


@dataclass(frozen=True, slots=True)
class Qr:
    """`path` draws the dark modules in a square of `size` units."""

    path: str
    size: int


def draw(text: str) -> Qr:
    """The QR code of a text."""
    rows = segno.make(text, error="m", micro=False).matrix
    parts = []
    for y, row in enumerate(rows):
        x = 0
        for is_dark, run in groupby(row):
            width = len(list(run))
            if is_dark:
                parts.append(f"M{x + _BORDER} {y + _BORDER}h{width}v1h-{width}z")
            x += width
    return Qr("".join(parts), len(rows) + 2 * _BORDER)
