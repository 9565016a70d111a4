"""Coverage-guided fuzzing of the ingest decoders.

    python fuzz/envelope_atheris.py [--seconds 20] [--corpus DIR]

The first byte of an input chooses the target: body, JSON, envelope, store, security. A crash is any exception but an
IngestError, or an accepted payload that cannot be read back. Prints the executions and the crashes and exits 1 when
there was one; a crashing input is written beside the working directory by libFuzzer.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import atheris  # noqa: E402

CHILD = sys.argv[1:2] == ["--child"]

with atheris.instrument_imports(include=["events"]) if CHILD else contextlib.nullcontext():
    from events.endpoints.admission import body
    from events.protocols import sentry
    from events.protocols.contract import Decoded
    from events.tests.sentry_bodies import context
    from events.values import lenient
    from events.values.errors import IngestError

CONTEXT = context()
ENCODINGS = ["", "gzip", "deflate", "br", "zstd"]


def check(result: Decoded) -> None:
    for item in result.items:
        data = lenient.canonical(item.payload)
        if lenient.loads(data) != item.payload:
            raise AssertionError(f"a {item.kind} cannot be read back")


def fuzz_body(data: bytes) -> None:
    cap = 1 << 16
    if len(body.decompress(data[1:], encoding=ENCODINGS[data[0] % 5] if data else "", cap=cap)) > cap:
        raise AssertionError("the cap was passed")


def fuzz_json(data: bytes) -> None:
    value = lenient.loads(data)
    if lenient.loads(lenient.canonical(value)) != value:
        raise AssertionError("a value cannot be read back")


TARGETS = [
    fuzz_body,
    fuzz_json,
    lambda data: check(sentry.decode_store(data, CONTEXT)),
    lambda data: check(sentry.decode_security(data, "", CONTEXT)),
    lambda data: check(sentry.decode_envelope(data, CONTEXT)),
    lambda data: check(sentry.decode_envelope(data, CONTEXT)),
]


def one_input(data: bytes) -> None:
    if not data:
        return
    with contextlib.suppress(IngestError):
        TARGETS[data[0] % len(TARGETS)](data[1:])


def seed(corpus: Path) -> None:
    """Fill the corpus with recorded envelopes, each behind the byte that chooses its target."""
    for number, sample in enumerate(sorted((ROOT / "events/tests/samples").glob("*/*.bin"))):
        described = json.loads(sample.with_suffix(".json").read_text())
        data = body.decompress(
            sample.read_bytes(), encoding=described["headers"].get("Content-Encoding", ""), cap=10 << 20
        )
        if len(data) < 16_000:
            (corpus / f"envelope-{number}").write_bytes(b"\x04" + data)
            (corpus / f"json-{number}").write_bytes(b"\x01" + data.rstrip(b"\n").rpartition(b"\n")[2])


def run(seconds: int, corpus: Path) -> int:
    """Fuzz in a child, because libFuzzer ends its process, and report what it did."""
    command = [sys.executable, __file__, "--child", f"-max_total_time={seconds}", "-max_len=20000"]
    command += ["-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1", str(corpus)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = finished.stderr.splitlines()
    executions = next((line.split()[-1] for line in lines if "number_of_executed_units" in line), "0")
    crashed = finished.returncode != 0
    if crashed:
        print("\n".join(lines[-60:]))
    print(f"executions {executions}, crashes {int(crashed)}")
    return int(crashed or executions == "0")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--corpus", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        corpus = options.corpus or Path(folder)
        corpus.mkdir(parents=True, exist_ok=True)
        seed(corpus)
        return run(options.seconds, corpus)


if __name__ == "__main__":
    if CHILD:
        atheris.Setup([sys.argv[0], *sys.argv[2:]], one_input)
        atheris.Fuzz()
    else:
        sys.exit(main())
