"""How much is kept of what may hold anything: nothing, the names in it, or all of it after it was scrubbed."""

from typing import Literal

Level = Literal["off", "names", "scrubbed"]
