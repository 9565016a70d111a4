"""The scripts that pages of monitored applications load from here; `make intake-scripts` builds them."""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "scripts"


@cache
def read(name: str) -> bytes:
    """The built script of that name."""
    return (FOLDER / f"{name}.js").read_bytes()
