"""What bombs cost: bodies that are small on the wire and large once undone, eight at once, on this machine only.

    python bench/hostile.py [--at-once 8] [--only otlp] [--check]

For each: bytes sent, the answers, the seconds until the last answer, and how much the peak memory (RSS) of the web
processes rose, for a request. The aim is ten times what a body may be once undone (OBS_MAX_DECOMPRESSED_BYTES), and
that /healthz answers beside them. With `--check` it exits 1 where an aim is missed.
"""

import argparse
import base64
import gzip
import http.client
import shutil
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import brotli
import psutil
import zstandard

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.ingest.ours import Ours  # noqa: E402
from bench.slow_clients import Prober  # noqa: E402

MIB = 1 << 20
CAP = 10 * MIB
FULL = CAP - 4096  # just under it, so that nothing but the content can be refused
MEMORY_AIM = 10 * CAP / MIB  # MB a request
HEALTHZ_AIM = 1.0  # seconds


@dataclass(frozen=True)
class Bomb:
    """A body, made when its turn comes; `path` has places for the project's number and its key."""

    path: str
    make: Callable[[], bytes]
    content_type: str = "application/json"
    encoding: str = "gzip"


def delimited(number: int, content: bytes) -> bytes:
    size, parts = len(content), []
    while size > 0x7F:
        parts.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([number << 3 | 2, *parts, size]) + content


def within(*numbers: int, empty: int, size: int = FULL) -> Callable[[], bytes]:
    """Empty messages by the million, as the field `empty` of the message that `numbers` lead to."""

    def make() -> bytes:
        body = delimited(empty, b"") * (size // 2 - 50)
        for number in reversed(numbers):
            body = delimited(number, body)
        return body

    return make


def attributes() -> bytes:
    """As many attributes of one span as are let through, each with a name of its own."""
    pairs = b"".join(delimited(9, delimited(1, b"%x" % number)) for number in range(450_000))
    ids = delimited(1, b"t" * 16) + delimited(2, b"s" * 8)
    return delimited(1, delimited(2, delimited(2, ids + pairs)))


def repeated(text: bytes, *, before: bytes = b"", after: bytes = b"") -> Callable[[], bytes]:
    return lambda: before + text * ((FULL - len(before) - len(after)) // len(text)) + after


def envelope(payload: Callable[[], bytes], kind: bytes = b"event") -> Callable[[], bytes]:
    return lambda: b'{"event_id":"9ec79dc33ec942ab8353589fcb2e04dc"}\n{"type":"%s"}\n' % kind + payload()


def lz64() -> bytes:
    """Text of one letter as lz-string packs it: each code is one longer than the last."""
    return b"data=" + b"A" * (900 * 1024)


NUMBERS = repeated(b"0,", before=b'{"extra":[', after=b"0]}")
LISTS = repeated(b"[],", before=b'{"extra":[', after=b"0]}")
KEYS = lambda: b"{" + b",".join(b'"%x":0' % number for number in range(FULL // 10)) + b"}"  # noqa: E731
EMPTY = b"{},"
SENTRY = "/api/{{project}}/{}/?sentry_key={{key}}"
ENVELOPE = SENTRY.format("envelope")
PROTOBUF = "application/x-protobuf"
BOMBS = {
    "otlp protobuf, resources": Bomb("/otlp/v1/traces", within(empty=1), PROTOBUF),
    "otlp protobuf, spans": Bomb("/otlp/v1/traces", within(1, 2, empty=2), PROTOBUF),
    "otlp protobuf, attributes": Bomb("/otlp/v1/traces", within(1, 2, 2, empty=9), PROTOBUF),
    "otlp protobuf, log lines": Bomb("/otlp/v1/logs", within(1, 2, empty=2), PROTOBUF),
    "otlp protobuf, points": Bomb("/otlp/v1/metrics", within(1, 2, 2, 5, empty=1), PROTOBUF),
    "otlp protobuf, spans that pass": Bomb(
        "/otlp/v1/traces", within(1, 2, empty=2, size=700_000), "application/x-protobuf"
    ),
    "otlp protobuf, attributes that pass": Bomb("/otlp/v1/traces", attributes, PROTOBUF),
    "otlp json, spans": Bomb(
        "/otlp/v1/traces", repeated(EMPTY, before=b'{"resourceSpans":[{"scopeSpans":[{"spans":[', after=b"{}]}]}]}")
    ),
    "envelope, numbers": Bomb(ENVELOPE, envelope(NUMBERS)),
    "envelope, lists": Bomb(ENVELOPE, envelope(LISTS)),
    "envelope, keys": Bomb(ENVELOPE, envelope(KEYS)),
    "envelope, brackets": Bomb(ENVELOPE, envelope(repeated(b"["))),
    "envelope, spans": Bomb(
        ENVELOPE,
        envelope(repeated(EMPTY, before=b'{"items":[', after=b"{}]}"), b"span"),
    ),
    "envelope, items": Bomb(ENVELOPE, lambda: b"{}\n" + b'{"type":"event"}\n{}\n' * (FULL // 20)),
    "envelope, blank lines": Bomb(ENVELOPE, lambda: b"{}\n" + b"\n" * FULL),
    "store, zlib in base64": Bomb(
        SENTRY.format("store"),
        lambda: base64.b64encode(zlib.compress(b"[" * 20 * CAP)),
        "application/octet-stream",
        "identity",
    ),
    "reports": Bomb(
        SENTRY.format("security"),
        repeated(EMPTY, before=b"[", after=b"{}]"),
        "application/reports+json",
    ),
    "posthog, events": Bomb("/e/?token={key}", repeated(EMPTY, before=b'{"batch":[', after=b"{}]}")),
    "posthog, lz64": Bomb("/e/?compression=lz64&token={key}", lz64, "application/x-www-form-urlencoded", "identity"),
    "vitals": Bomb("/v1/vitals", repeated(EMPTY, before=b"[", after=b"{}]")),
    "timings": Bomb("/api/v1/timings/", repeated(EMPTY, before=b'{"timings":[', after=b"{}]}")),
    "plain events": Bomb("/api/v1/events/", repeated(EMPTY, before=b'{"events":[', after=b"{}]}")),
    "segment": Bomb("/v1/batch?sentry_key={key}", repeated(EMPTY, before=b'{"batch":[', after=b"{}]}")),
    "browser script": Bomb(SENTRY.format("browser"), repeated(EMPTY, before=b'{"vitals":[', after=b"{}]}")),
    **{
        f"a gigabyte by {encoding}": Bomb(ENVELOPE, lambda: b"[" * 100 * CAP, "application/json", encoding)
        for encoding in ("gzip", "br", "zstd", "deflate")
    },
}
ENCODE: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.compress,
    "br": lambda data: brotli.compress(data, quality=2),
    "zstd": zstandard.ZstdCompressor().compress,
    "deflate": zlib.compress,
}


def web_processes(pid: int) -> list[psutil.Process]:
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def forget_peak(pid: int) -> float:
    """Start measuring anew; megabytes now."""
    for process in web_processes(pid):
        Path(f"/proc/{process.pid}/clear_refs").write_text("5")
    return sum(process.memory_info().rss for process in web_processes(pid)) / MIB


def peak(pid: int) -> float:
    """The most that the web processes have held, each at its own moment, in megabytes."""
    return sum(_high_water(process.pid) for process in web_processes(pid)) / 1024


def _high_water(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))


def send(ours: Ours, bomb: Bomb, body: bytes) -> str:
    path = bomb.path.format(project=ours.project_id, key=ours.key)
    headers = {"Content-Type": bomb.content_type, "X-Obs-Key": ours.key}
    if bomb.encoding != "identity":
        headers["Content-Encoding"] = bomb.encoding
    connection = http.client.HTTPConnection("127.0.0.1", ours.port, timeout=120)
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        return str(answer.status)
    except OSError as error:
        return type(error).__name__
    finally:
        connection.close()


def measure(ours: Ours, pid: int, bomb: Bomb, *, at_once: int) -> tuple[int, Counter[str], float, float, float]:
    """Bytes sent, answers, seconds, megabytes a request, and the slowest /healthz beside them."""
    body = ENCODE[bomb.encoding](bomb.make())
    before = forget_peak(pid)
    began = time.monotonic()
    with Prober(ours.port, "/healthz") as healthz, ThreadPoolExecutor(at_once) as pool:
        answers = Counter(pool.map(lambda _: send(ours, bomb, body), range(at_once)))
        took = time.monotonic() - began
    return len(body), answers, took, max(0.0, peak(pid) - before) / at_once, healthz.worst


def report(ours: Ours, pid: int, *, only: str, at_once: int) -> Iterator[bool]:
    print(f"{'':36}{'bytes':>10}  {'answers':18}{'seconds':>8}{'MB each':>9}{'/healthz':>10}")
    for name, bomb in BOMBS.items():
        if only not in name:
            continue
        size, answers, took, megabytes, healthz = measure(ours, pid, bomb, at_once=at_once)
        said = " ".join(f"{status}x{count}" for status, count in answers.items())
        late = megabytes > MEMORY_AIM or healthz > HEALTHZ_AIM or any(not one.startswith(("2", "4")) for one in answers)
        print(f"{name:36}{size:>10,}  {said:18}{took:>8.2f}{megabytes:>9.1f}{healthz:>10.2f}{'  MISSED' * late}")
        yield late


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--only", default="", help="Bombs whose name holds this.")
    parser.add_argument("--check", action="store_true", help="Exit 1 where an aim is missed.")
    options = parser.parse_args()
    folder = ROOT / "var" / "bench" / "hostile"
    Ours.stop_servers(folder)
    shutil.rmtree(folder, ignore_errors=True)
    ours = Ours(folder)
    web = ours.start("web")
    try:
        missed = list(report(ours, web[0].pid, only=options.only, at_once=options.at_once))
    finally:
        for process in web:
            process.terminate()
            process.wait(30)
        Ours.stop_servers(folder)
    print(f"aims: {MEMORY_AIM:g} MB a request, /healthz {HEALTHZ_AIM:g} s, answers 2xx or 4xx")
    sys.exit(1 if options.check and any(missed) else 0)


if __name__ == "__main__":
    main()
