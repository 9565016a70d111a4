"""The scripts that pages of monitored applications load from here; `make intake-scripts` builds them."""

import hashlib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "scripts"
# The one posthog-js that is served, whichever version a page asks for.
POSTHOG = next(FOLDER.glob("posthog-[0-9]*.js")).stem
ENDINGS = {"br": ".br", "gzip": ".gz"}  # the smaller first


@cache
def read(name: str, encoding: str = "") -> bytes:
    """The built script of that name, compressed as `encoding` says."""
    return (FOLDER / f"{name}.js{ENDINGS.get(encoding, '')}").read_bytes()


@cache
def etag(name: str, encoding: str = "") -> str:
    """The entity tag of that form of the script."""
    return f'"{hashlib.sha256(read(name, encoding)).hexdigest()[:32]}"'


def preferred(accepted: str) -> str:
    """The best encoding that an `Accept-Encoding` takes, "" for none."""
    offers = (offer.partition(";") for offer in accepted.lower().replace(" ", "").split(","))
    taken = {name for name, _, quality in offers if quality not in ("q=0", "q=0.0", "q=0.00", "q=0.000")}
    return next((encoding for encoding in ENDINGS if encoding in taken), "")
