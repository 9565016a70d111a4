"""What was measured of each page, beside the aims."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.pages.browser import Look

# Milliseconds; a shift has no unit.
PAINT, COLD, WARM, SHIFT, CARD = 400.0, 1200.0, 500.0, 0.02, 100.0
HEAD = (
    f"{'page':26}{'paint':>7}{'drawn':>7}{'warm':>7}{'shift':>7}{'kB':>6}{'warm':>6}{'files':>6}{'CPU':>6}{'page':>6}{'card':>6}"
    "  slowest card"
)
AIMS = f"{'aim, below':26}{PAINT:7.0f}{COLD:7.0f}{WARM:7.0f}{SHIFT:7.2f}{'':30}{CARD:6.0f}"


@dataclass
class Page:
    """One page: looks at it with nothing kept and with all, and milliseconds of the server for it and for its cards."""

    name: str
    cold: list[Look]
    warm: list[Look]
    server: float = 0.0
    card: float = 0.0
    slowest: str = ""

    @property
    def paint(self) -> float:
        return statistics.median(look.paint for look in self.cold)

    @property
    def drawn(self) -> float:
        return statistics.median(look.drawn for look in self.cold)

    @property
    def again(self) -> float:
        return statistics.median(look.drawn for look in self.warm)

    @property
    def shift(self) -> float:
        return max(look.shift for look in (*self.cold, *self.warm))

    @property
    def failed(self) -> int:
        return max(look.failed for look in (*self.cold, *self.warm))

    @property
    def missed(self) -> list[str]:
        over = {
            "paint": self.paint >= PAINT, "drawn": self.drawn >= COLD, "warm": self.again >= WARM,
            "shift": self.shift >= SHIFT, "card": self.card >= CARD, f"{self.failed} cards failed": self.failed > 0,
        }  # fmt: skip
        return [name for name, is_over in over.items() if is_over]

    def line(self) -> str:
        missed = f"  MISSED {', '.join(self.missed)}" if self.missed else ""
        cold, warm = self.cold[0], self.warm[0]
        return (
            f"{self.name:26}{self.paint:7.0f}{self.drawn:7.0f}{self.again:7.0f}{self.shift:7.3f}{cold.size / 1000:6.0f}"
            f"{warm.size / 1000:6.0f}{cold.requests:6}{cold.spent:6.0f}{self.server:6.0f}{self.card:6.0f}"
            f"  {self.slowest}{missed}"
        )


def summary(pages: Sequence[Page]) -> str:
    """How many missed what, and the middle and the worst of each."""
    lines = []
    for name, aim in (("paint", PAINT), ("drawn", COLD), ("again", WARM), ("shift", SHIFT), ("card", CARD)):
        values = sorted(getattr(page, name) for page in pages)
        late = sum(value >= aim for value in values)
        words = {"again": "warm"}.get(name, name)
        digits = 3 if name == "shift" else 0
        lines.append(
            f"{words:6} median {statistics.median(values):6.{digits}f}, largest {values[-1]:6.{digits}f},"
            f" aim {aim:6.{2 if digits else 0}f}: {late} of {len(values)} pages over it"
        )
    return "\n".join(lines)
