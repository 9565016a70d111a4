"""The load: recorded envelopes through wrk, 8 connections, an event id of its own in each request."""

import json
import random
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
MARK = b"0123456789abcdef0123456789abcdef"
CONNECTIONS = 8
_ENVELOPES = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Load:
    """What wrk measured; `bad` answers were not 2xx, `broken` requests had none."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    bad: int
    broken: int

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def prepare(folder: Path) -> tuple[Path, int]:
    """Write the corpus with its event ids marked; return the list of files and their mean size."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for path in sorted(CORPUS.glob("*.envelope")):
        body = path.read_bytes()
        header, _, rest = body.partition(b"\n")
        named = json.loads(header)
        event_id = named["event_id"]
        named.pop("dsn", None)
        named["event_id"] = MARK.decode()
        target = folder / path.name
        target.write_bytes(json.dumps(named).encode() + b"\n" + rest.replace(event_id.encode(), MARK))
        written.append(target)
    listing = folder / "files.txt"
    listing.write_text("\n".join(map(str, written)) + "\n")
    return listing, sum(path.stat().st_size for path in written) // len(written)


def run(url: str, listing: Path, *, seconds: float, connections: int = CONNECTIONS, script: Path = _ENVELOPES) -> Load:
    """Send what `script` makes of the list as fast as `url` answers."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise SystemExit("The load is made by wrk; install it (apt-get install wrk).")
    command = [wrk, "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s", "-s",
               str(script), url, "--", str(listing), str(random.randrange(2**31))]  # fmt: skip
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    line = next(line for line in output.splitlines() if line.startswith("RESULT "))
    return Load(**json.loads(line.removeprefix("RESULT ")))


def temporary() -> Path:
    return Path(tempfile.mkdtemp(prefix="obs-bench-"))
