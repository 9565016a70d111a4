"""Small lines and bars as SVG geometry, drawn by the server."""

from collections.abc import Sequence


def line(values: Sequence[float], *, width: int = 100, height: int = 24, margin: float = 1.5) -> str:
    """The `points` of a polyline through `values`, oldest first; empty for fewer than two."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    spread = (high - low) or 1
    step = width / (len(values) - 1)
    inner = height - 2 * margin
    return " ".join(f"{i * step:.1f},{margin + inner * (1 - (v - low) / spread):.1f}" for i, v in enumerate(values))


def bars(values: Sequence[float], *, width: int = 100, height: int = 24) -> list[tuple[float, float, float, float]]:
    """(x, y, width, height) of one bar for each value; what is above zero is at least one unit high."""
    if not values:
        return []
    high = max(*values, 1)
    step = width / len(values)
    drawn = []
    for i, value in enumerate(values):
        tall = max(1.0, height * value / high) if value > 0 else 0.0
        drawn.append((round(i * step, 2), round(height - tall, 2), round(max(step - 0.6, 0.4), 2), round(tall, 2)))
    return drawn


def outline(drawn: Sequence[tuple[float, float, float, float]]) -> str:
    """The `d` of one path around all bars: an element for each would be most of the work of drawing a list."""
    return "".join(f"M{x} {y}h{w}v{h}h-{w}z" for x, y, w, h in drawn if h)
