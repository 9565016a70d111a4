"""Prints what scrubbing costs per event next to orjson.loads, how hostile input fares, and recall on both corpora.

Run: python -m bench.scrub
"""

import base64
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

import orjson

from events.scrubbing import scrub
from events.tests import scrubbing_corpus as corpus
from events.tests.scrubbing import foreign
from events.tests.scrubbing_benign import BENIGN
from events.values.wordlists import word_set

_PROSE = sorted(
    word_set(
        "checkout cart order payment shipping customer invoice product search filter page render query cache "
        "worker retry timeout connect upstream response request handler template session queue batch"
    )
)


def analytics_event() -> dict[str, Any]:
    """A product event as posthog-js sends it, about 0.4 KB."""
    return {
        "uuid": "018f2d1e-9c4a-7c3d-8f5e-1a2b3c4d5e6f",
        "event": "$pageview",
        "properties": {
            "$current_url": "https://shop.example/products/42",
            "$browser": "Chrome",
            "$browser_version": 120,
            "$os": "Mac OS X",
            "$lib": "web",
            "$lib_version": "1.200.0",
            "$session_id": "018f2d1e-9c4a-7c3d-8f5e-1a2b3c4d5e6f",
            "plan": "team",
        },
        "timestamp": "2026-01-02T03:04:05.678Z",
    }


def _sentence(r: random.Random, n: int) -> str:
    return " ".join(r.choice(_PROSE) for _ in range(n))


def _frame(r: random.Random, i: int) -> dict[str, Any]:
    module = f"shop.{r.choice(_PROSE)}.{r.choice(_PROSE)}"
    return {
        "filename": module.replace(".", "/") + ".py",
        "abs_path": f"/srv/app/{module.replace('.', '/')}.py",
        "function": f"{r.choice(_PROSE)}_{r.choice(_PROSE)}",
        "module": module,
        "lineno": r.randint(1, 900),
        "pre_context": [f"    {_sentence(r, 4)}" for _ in range(5)],
        "context_line": f"    return {r.choice(_PROSE)}({r.choice(_PROSE)}, {i})",
        "post_context": [f"    {_sentence(r, 3)}" for _ in range(5)],
        "vars": {r.choice(_PROSE): f"<{r.choice(_PROSE).title()}: {r.randint(1, 99)}>" for _ in range(5)},
        "in_app": True,
    }


def _breadcrumb(r: random.Random, i: int) -> dict[str, Any]:
    return {
        "type": "default",
        "category": r.choice(("query", "httplib", "django")),
        "level": "info",
        "message": f"SELECT id, name FROM shop_{r.choice(_PROSE)} WHERE id = %s LIMIT {i}",
        "timestamp": f"2026-01-02T03:04:{i % 60:02d}.123456Z",
        "data": {"url": f"https://api.shop.example/{r.choice(_PROSE)}/{i}", "status_code": 200},
    }


def error_event(frames: int, breadcrumbs: int, *, seed: int = 7) -> dict[str, Any]:
    """An exception as sentry-python sends it: frames with source and variables, breadcrumbs, request, modules."""
    r = random.Random(seed)
    return {
        "event_id": "4bf92f3577b34da6a3ce929d0e0eadd6",
        "platform": "python",
        "level": "error",
        "timestamp": "2026-01-02T03:04:05.678901Z",
        "release": "shop@2.4.0",
        "environment": "production",
        "server_name": "web-7",
        "transaction": "/checkout/{id}",
        "exception": {
            "values": [
                {
                    "type": "ValueError",
                    "value": f"cannot {_sentence(r, 6)}",
                    "module": None,
                    "mechanism": {"type": "django", "handled": False},
                    "stacktrace": {"frames": [_frame(r, i) for i in range(frames)]},
                }
            ]
        },
        "breadcrumbs": {"values": [_breadcrumb(r, i) for i in range(breadcrumbs)]},
        "request": {
            "url": "https://shop.example/checkout/42",
            "method": "POST",
            "headers": {"Host": "shop.example", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64)", "Accept": "*/*"},
            "env": {"SERVER_NAME": "web-7", "SERVER_PORT": "8000"},
        },
        "contexts": {
            "trace": {"trace_id": "4bf92f3577b34da6a3ce929d0e0eadd6", "span_id": "b72fa28504b07285", "op": "http"},
            "runtime": {"name": "CPython", "version": "3.11.7", "build": "3.11.7 (main, Jan  2 2026) [GCC 12.2.0]"},
        },
        "tags": {"region": "eu-1", "plan": "team"},
        "modules": {f"{r.choice(_PROSE)}-{i}": f"{i}.{r.randint(0, 9)}.1" for i in range(40)},
        "sdk": {"name": "sentry.python.django", "version": "2.75.0", "packages": [{"name": "x", "version": "2.75.0"}]},
    }  # fmt: skip


def soiled(event: dict[str, Any]) -> dict[str, Any]:
    """The event with a handful of secrets of several kinds, made at run time."""
    r = random.Random(11)
    copy: dict[str, Any] = orjson.loads(orjson.dumps(event))
    copy["user"] = {"id": "42", "email": corpus.email(r), "ip_address": corpus.ipv4(r)}
    copy["extra"] = {"password": corpus.password(r), "note": f"token={corpus.opaque(r)} for {corpus.email(r)}"}
    if "request" in copy:
        copy["request"]["headers"] |= {
            "Authorization": f"Bearer {corpus.jwt(r)}",
            "Cookie": f"sessionid={corpus.opaque(r)}",
        }
        copy["exception"]["values"][0]["value"] += f" postgres://app:{corpus.opaque(r)}@db/shop"
    return copy


def microseconds(call: Callable[[], Any], *, seconds: float = 0.6) -> float:
    """The median CPU time of many short rounds: the machine is shared."""
    call()
    started = time.process_time()
    call()
    rounds = max(1, int(0.01 / max(time.process_time() - started, 1e-7)))
    samples = []
    until = time.process_time() + seconds
    while time.process_time() < until or len(samples) < 3:
        started = time.process_time()
        for _ in range(rounds):
            call()
        samples.append((time.process_time() - started) / rounds * 1e6)
    return statistics.median(samples)


def strings(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(strings, value.values()))
    if isinstance(value, list):
        return sum(map(strings, value))
    return isinstance(value, str)


# What tokens begin with, without the rest.
_MARKERS = (
    "gh" + "p_",
    "s" + "k-",
    "AK" + "IA",
    "xo" + "xb-",
    "S" + "G.",
    "live_abcdefgh",
    "1/" + "1" * 16,
    " ",
    "=",
    "A" * 20,
)


def hostile() -> dict[str, Any]:
    """Inputs built to be slow."""
    r = random.Random(3)
    deep: Any = "alice@shop.example"
    for i in range(64):
        deep = [deep] if i % 2 else {"k": deep}
    return {
        "60 KB a.a.a.": "a." * 30_000,
        "60 KB a@a.a@a.": "a@a." * 15_000,
        "60 KB password=": "password=" * 6_600,
        "60 KB token: ": "token: " * 8_500,
        '60 KB password="': 'password="' * 6_000,
        "60 KB -----BEGIN A": "-----BEGIN A" * 5_000,
        "60 KB a://b:": "a://b:" * 10_000,
        "60 KB 4111 1111 ": "4111 1111 " * 6_000,
        "60 KB 4111 ": "4111 " * 12_000,
        "60 KB +49 30 12 ": "+49 30 12 34 56 7 " * 3_300,
        "60 KB +1 2 3 ": "+1 2 3 4 5 6 7 8 " * 3_500,
        "60 KB phone: 1 ": "phone: 12 34 56 7 " * 3_300,
        "60 KB pesel 4405 ": "pesel 44051401358 " * 3_300,
        "60 KB sin 1 2 3 ": "sin 1 2 3 4 5 6 7 8 " * 3_000,
        "60 KB 123.456.789-09 ": "123.456.789-08 " * 4_000,
        "60 KB DE89 3704 ": "DE89 3704 0044 0532 0130 01 " * 2_100,
        "60 KB 415 555 0132 ": "415 555 0132 " * 4_600,
        "60 KB +1 415 … x1 ": "+1 415 555 0132 x1 " * 3_100,
        "60 KB passport no: A1 ": "passport no: A1 " * 3_800,
        "60 KB dob: April ": "dob: April 5, " * 4_300,
        "60 KB aa:": "aa:" * 20_000,
        "60 KB 00:1b:44:11:3a:b7 ": "00:1b:44:11:3a:b7 " * 3_300,
        '60 KB "a"@b.': '"a"@b.' * 10_000,
        "60 KB a@shop.example ": "a@shop.example " * 4_000,
        "60 KB values (": "(a) values (" * 5_000,
        "60 KB separators": "a\x1e" * 30_000,
        "60 KB digits.": "1." * 30_000,
        "60 KB colons": "a:" * 30_000,
        "60 KB backslashes": "\\" * 60_000,
        "50,000 leaves": {f"k{i % 300}": [f"value {i}"] * 100 for i in range(500)},
        "50,000 dirty leaves": [f"a{i}@shop.example" for i in range(50_000)],
        "50,000 new keys": {f"key{i}x": "v" for i in range(50_000)},
        "50,000 separators": ["a\x1eb@c.de"] * 50_000,
        "nesting 64": deep,
        "1 MB of markers": "".join(r.choice(_MARKERS) for _ in range(250_000))[:1_000_000],
        "1 MB of base64": base64.b64encode(b"user=bob&page=12&" * 45_000).decode(),
        "1 MB token: ": "token: " * 143_000,
        '1 MB password="': 'password="' * 100_000,
        "1 MB DE89 3704 ": "DE89 3704 0044 0532 0130 01 " * 36_000,
        "1 MB 123.456.789-09 ": "123.456.789-08 " * 66_000,
        "1 MB of commands": "mysql -u root -p x | curl -u a:b " * 30_000,
    }


def corpora() -> list[str]:
    """Recall and what is kept by category: our own corpus, the one by other hands, and its third that is kept aside."""
    cases = corpus.secrets()
    gone = sum(not corpus.leaks(case, scrub(case.value)) for case in cases)
    kept = sum(scrub(value) == value for value in BENIGN)
    rows = [
        f"{'our own secrets':<34}{gone / len(cases):>8.3f}{'':>8}{len(cases):>8}",
        f"{'our own benign':<34}{'':>8}{kept / len(BENIGN):>8.3f}{len(BENIGN):>8}",
    ]
    for title, aside in (("by other hands", False), ("by other hands, kept aside", True)):
        rows += ["", title]
        for score in foreign.scores(aside=aside):
            share = f"{'':>8}{score.share:>8.3f}" if score.benign else f"{score.share:>8.3f}{'':>8}"
            rows.append(f"  {score.category:<32}{share}{score.total:>8}")
    return rows


def main() -> None:
    events = {
        "0.4 KB analytics": analytics_event(),
        "20 KB error": error_event(14, 30),
        "72 KB error": error_event(58, 95),
    }
    header = f"{'clean µs':>10}{'ratio':>7}{'dirty µs':>10}{'ratio':>7}"
    print(f"{'event':<24}{'bytes':>8}{'strings':>9}{'loads µs':>10}{header}")
    for name, event in events.items():
        body, dirty = orjson.dumps(event), soiled(event)
        if scrub(event) is not event:
            raise SystemExit(f"{name}: the clean event was changed")
        loads = microseconds(lambda body=body: orjson.loads(body))
        clean = microseconds(lambda event=event: scrub(event))
        soil = microseconds(lambda dirty=dirty: scrub(dirty))
        ratios = f"{clean:>10.1f}{clean / loads:>7.1f}{soil:>10.1f}{soil / loads:>7.1f}"
        print(f"{name:<24}{len(body):>8}{strings(event):>9}{loads:>10.1f}{ratios}")
    print()
    for name, value in hostile().items():
        started = time.process_time()
        scrub(value)
        print(f"{name:<24}{(time.process_time() - started) * 1e3:>10.1f} ms")
    print(f"\n{'category, worst first':<34}{'recall':>8}{'kept':>8}{'cases':>8}")
    for row in corpora():
        print(row)


if __name__ == "__main__":
    main()
