"""How the visitors of a project are told apart."""

from typing import Literal

Mode = Literal["off", "anonymous", "identified"]
OFF, ANONYMOUS, IDENTIFIED = "off", "anonymous", "identified"
