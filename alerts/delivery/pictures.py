"""The chart of a message as a small PNG, and the signed address under which Slack finds it.

Drawn from what was frozen with the message, so it can be drawn again at any time and asks for nothing. It has a light
ground of its own and plain digits: what shows it may be light or dark.
"""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.urls import reverse
from PIL import Image, ImageDraw, ImageFont

from alerts.delivery import http
from alerts.delivery.messages import Message
from alerts.models import Notification

NAME = "chart.png"
WIDTH, HEIGHT = 720, 240
MAX_POINTS = 400
MAX_AGE_SECONDS = 72 * 3600
_LEFT, _TOP, _RIGHT, _BOTTOM = 76, 20, 704, 206
_PAPER, _GRID, _INK, _LINE, _AREA, _LIMIT = "#ffffff", "#e5e7eb", "#4b5563", "#2563eb", "#dbeafe", "#dc2626"
_MARKS = {"deploy": _INK, "flag": "#7c3aed", "incident": "#b91c1c"}
_SALT = "alerts.delivery.pictures"


def draw(chart: Mapping[str, Any] | None) -> bytes:
    """The picture; b"" where there is nothing to draw, or what is kept is no chart."""
    try:
        points = [
            (datetime.fromisoformat(str(at)), None if value is None else _finite(float(value)))
            for at, value in (chart or {}).get("series", [])[-MAX_POINTS:]
        ]
        marks = [(datetime.fromisoformat(at), kind, name) for at, kind, name in (chart or {}).get("marks", [])]
        limit = (chart or {}).get("threshold")
        threshold = None if limit is None else _finite(float(limit))
    except (TypeError, ValueError, AttributeError):
        return b""
    if all(value is None for _, value in points):
        return b""
    return _png(points, threshold, str((chart or {}).get("unit", "")), marks)


def address(message: Message) -> str:
    """Where the picture can be fetched for three days by whoever has the address; "" where nobody outside could."""
    if not message.chart or not message.chart.get("series") or not is_reachable():
        return ""
    token = signing.dumps(message.dedup, salt=_SALT)
    return settings.OBS_PUBLIC_URL + reverse("alert-picture", args=[token])


def is_reachable() -> bool:
    """Whether OBS_PUBLIC_URL has a name or an address of the public internet."""
    host = urlsplit(settings.OBS_PUBLIC_URL).hostname or ""
    is_number = host.replace(".", "").isdigit() or ":" in host
    return http.is_public(host) if is_number else "." in host and not host.endswith((".local", ".lan", ".internal"))


def of_token(token: str) -> bytes:
    """The picture that the address names; b"" for one that is forged, too old or of nothing that is kept."""
    try:
        dedup = signing.loads(token, salt=_SALT, max_age=MAX_AGE_SECONDS)
    except signing.BadSignature:
        return b""
    payload = Notification.objects.filter(dedup=dedup).values_list("payload", flat=True).first()
    return draw(payload.get("chart")) if payload else b""


def _png(
    points: Sequence[tuple[datetime, float | None]], threshold: float | None, unit: str,
    marks: Sequence[tuple[datetime, str, str]],
) -> bytes:  # fmt: skip
    values = [value for _, value in points if value is not None]
    low, high = min([*values, 0.0]), max([*values, *([] if threshold is None else [threshold])])
    spread = (high - low) * 1.08 or 1.0

    def x(place: int) -> float:
        return _LEFT + (_RIGHT - _LEFT) * place / max(1, len(points) - 1)

    def y(value: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * (value - low) / spread

    image = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    canvas, font = ImageDraw.Draw(image), ImageFont.load_default(size=14)
    for part in range(5):
        value = low + spread * part / 4
        canvas.line([(_LEFT, y(value)), (_RIGHT, y(value))], fill=_GRID)
        canvas.text((_LEFT - 8, y(value)), _said(value, unit), fill=_INK, font=font, anchor="rm")
    for run in _runs(points):
        line = [(x(place), y(value)) for place, value in run]
        canvas.polygon([(line[0][0], y(low)), *line, (line[-1][0], y(low))], fill=_AREA)
        canvas.line(line if len(line) > 1 else [line[0], (line[0][0] + 1, line[0][1])], fill=_LINE, width=2)
    if threshold is not None:
        for start in range(_LEFT, _RIGHT, 12):
            canvas.line([(start, y(threshold)), (min(start + 7, _RIGHT), y(threshold))], fill=_LIMIT, width=2)
    _mark(canvas, marks, start=points[0][0], end=points[-1][0])
    for place, anchor in ((0, "la"), (len(points) // 2, "ma"), (len(points) - 1, "ra")):
        words = f"{points[place][0]:%d %b %H:%M}" + (" UTC" if anchor == "ra" else "")
        canvas.text((x(place), _BOTTOM + 10), words, fill=_INK, font=font, anchor=anchor)
    out = io.BytesIO()
    image.quantize(64).save(out, "PNG", optimize=True)
    return out.getvalue()


def _mark(
    canvas: ImageDraw.ImageDraw, marks: Sequence[tuple[datetime, str, str]], *, start: datetime, end: datetime
) -> None:
    """A line where something happened, and its name where there is room, the newest first."""
    font, free = ImageFont.load_default(size=11), float(_RIGHT)
    for at, kind, name in reversed(marks):
        if not start <= at <= end or start == end:
            continue
        x, ink = _LEFT + (_RIGHT - _LEFT) * ((at - start) / (end - start)), _MARKS.get(kind, _INK)
        for top in range(_TOP, _BOTTOM, 1 if kind == "incident" else 6):
            canvas.line([(x, top), (x, min(top + 2, _BOTTOM))], fill=ink)
        words = name.encode("ascii", "ignore").decode()[:24]
        length = canvas.textlength(words, font=font)
        left = next((left for left in (x + 4, x - 4 - length) if left >= _LEFT and left + length <= free), None)
        if left is not None:
            canvas.text((left, _TOP - 14), words, fill=ink, font=font)
            free = left - 8


def _finite(value: float) -> float | None:
    return value if abs(value) < 1e300 else None


def _runs(points: Sequence[tuple[datetime, float | None]]) -> list[list[tuple[int, float]]]:
    """What lies between gaps."""
    runs: list[list[tuple[int, float]]] = [[]]
    for place, (_, value) in enumerate(points):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((place, value))
    return [run for run in runs if run]


def _said(value: float, unit: str) -> str:
    """Short enough for the margin, in characters that the font has."""
    for size, name in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            divided = value / (1e3 if name == "k" else size)
            return f"{divided:.3g}{name}" if abs(divided) < 1e6 else f"{value:.1e}"
    return f"{value:.3g} {unit}".strip()[:9].encode("ascii", "ignore").decode()
