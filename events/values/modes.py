"""How the visitors of a project are told apart."""

from typing import Literal

Mode = Literal["off", "anonymous", "consent", "identified"]
OFF: Mode = "off"
ANONYMOUS: Mode = "anonymous"
CONSENT: Mode = "consent"
IDENTIFIED: Mode = "identified"
# Those in which there may be persons.
NAMING: frozenset[Mode] = frozenset({CONSENT, IDENTIFIED})
