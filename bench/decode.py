"""Prints what decoding costs on the corpus of recorded envelopes: `python bench/decode.py [--rounds 200]`.

CPU time per envelope in µs (best of five), beside `orjson.loads` of the same payloads alone; the last line is the mean.
"""

from __future__ import annotations

import argparse
import functools
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import orjson

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from events.protocols import sentry  # noqa: E402
from events.values import pseudonyms  # noqa: E402


def microseconds(work: Callable[[], object], rounds: int) -> float:
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        for _ in range(rounds):
            work()
        best = min(best, (time.process_time() - start) / rounds * 1e6)
    return best


def payloads(body: bytes) -> list[bytes]:
    return [line for line in body.split(b"\n") if line.startswith(b"{")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    context = sentry.Context(
        project_id=1,
        received_at=datetime.now(UTC),
        peer_ip="203.0.113.9",
        user_agent="bench",
        pseudonym=functools.partial(pseudonyms.of, b"secret of the bench"),
    )
    files = sorted((ROOT / "bench/corpus").glob("*.envelope"))
    print(f"{'envelope':28} {'bytes':>7} {'orjson':>7} {'decode':>7} {'on top':>7}")
    sums = [0.0, 0.0, 0.0]
    for file in files:
        body = file.read_bytes()
        lines = payloads(body)
        parse = microseconds(lambda lines=lines: [orjson.loads(line) for line in lines], rounds)
        whole = microseconds(lambda body=body: sentry.decode_envelope(body, context), rounds)
        sums = [sums[0] + len(body), sums[1] + parse, sums[2] + whole]
        print(f"{file.stem:28} {len(body):7} {parse:7.0f} {whole:7.0f} {whole - parse:7.0f}")
    size, parse, whole = (total / len(files) for total in sums)
    print(f"{'mean':28} {size:7.0f} {parse:7.0f} {whole:7.0f} {whole - parse:7.0f}")


if __name__ == "__main__":
    main()
