"""Prints what `make up` holds and uses while nobody asks it anything: memory and CPU by part, with the aims.

    python bench/idle.py [--settle 90] [--seconds 60] [--fresh] [--check]

Starts an installation of its own under var/bench/idle, twice measured: fresh, and after use (recorded envelopes were
sent, every page of the project's navigation was opened on every web process). Memory is the sum of PSS, so that what
processes share counts once; what they share with programs outside counts in part, which is why a busy machine shows
less. Measure in an environment of requirements.lock alone: that of the tests has pandas, which pyarrow and DuckDB
import where they find it. CPU is that of all processes and of the children they waited for. PostgreSQL and Redis are in
both sums. `--fresh` leaves the second out, `--check` exits 1 where an aim is missed.
"""

import argparse
import http.cookiejar
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.ingest import processes  # noqa: E402

HOME = ROOT / "var" / "bench" / "idle"
CORPUS = ROOT / "bench" / "corpus"
MEMORY_AIM, CPU_AIM = 500.0, 2.0  # MB of PSS, percent of a core
TIMES = 12  # so that every web process has its turn


def main() -> None:
    options = _options()
    if importlib.util.find_spec("pandas"):
        print("pandas is installed here: the worker holds more than in an installation, which has none")
    shutil.rmtree(HOME, ignore_errors=True)
    up = start(HOME)
    try:
        access = json.loads((HOME / "up.json").read_text())
        rows = {"fresh": measure(settle=options.settle, seconds=options.seconds)}
        if not options.fresh:
            use(access)
            rows["after use"] = measure(settle=options.settle, seconds=options.seconds)
    finally:
        up.send_signal(signal.SIGINT)
        up.wait(60)
    missed = show(rows, settle=options.settle, seconds=options.seconds)
    sys.exit(1 if options.check and missed else 0)


def start(home: Path) -> subprocess.Popen[bytes]:
    """`manage.py up` on this folder, ready."""
    home.mkdir(parents=True)
    port = str(processes.free_port())
    with (home / "up.log").open("wb") as log:
        env = os.environ | {"OBS_VAR_DIR": str(home), "PORT": port}
        up = subprocess.Popen([sys.executable, "manage.py", "up"], cwd=ROOT, env=env, stdout=log, stderr=log)
    deadline = time.monotonic() + 300
    while not _is_ready(f"http://127.0.0.1:{port}/readyz"):
        if up.poll() is not None or time.monotonic() > deadline:
            sys.exit((home / "up.log").read_text())
        time.sleep(0.5)
    return up


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def use(access: dict[str, str]) -> None:
    """Send what SDKs send, log in, and open every page that the navigation leads to."""
    project = access["dsn"].rpartition("/")[2]
    address = f"{access['url']}/api/{project}/envelope/?sentry_key={access['project_key']}"
    for path in sorted(CORPUS.glob("*.envelope")) * 10:
        head, _, rest = path.read_bytes().partition(b"\n")
        before, now = json.loads(head)["event_id"], uuid.uuid4().hex
        head = json.dumps({"event_id": now}).encode()
        urllib.request.urlopen(address, b"\n".join([head, rest.replace(before.encode(), now.encode())])).read()
    time.sleep(2)
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    login = f"{access['url']}/login/"
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', browser.open(login).read())
    assert token
    form = {"csrfmiddlewaretoken": token[1].decode(), "username": "admin", "password": access["admin_password"]}
    browser.open(urllib.request.Request(login, urllib.parse.urlencode(form).encode(), {"Referer": login})).read()
    home = browser.open(f"{access['url']}/p/demo/").read().decode()
    issues = browser.open(f"{access['url']}/p/demo/issues/").read().decode()
    pages = sorted({*re.findall(r'href="(/p/demo/[a-z/-]*)"', home), *re.findall(r'"(/p/demo/issues/\d+/)"', issues)})
    for page in pages * TIMES:
        browser.open(access["url"] + page).read()
    print(f"{len(pages)} pages opened {TIMES} times each")


def measure(*, settle: float, seconds: float) -> dict[str, tuple[float, float, int]]:
    """(MB of PSS, percent of a core, processes) by part."""
    time.sleep(settle)
    pids = json.loads((HOME / "pids.json").read_text())
    before, began = dict(_cpu(pids)), time.monotonic()
    time.sleep(seconds)
    used, took = Counter(), time.monotonic() - began
    for key, spent in _cpu(pids):
        used[key[0]] += spent - before.get(key, 0.0)
    memory, count = processes.memory(pids), Counter(name for name, _ in processes.family(pids))
    return {name: (memory[name], 100 * used[name] / took, count[name]) for name in pids}


def _cpu(pids: dict[str, int]) -> Iterator[tuple[tuple[str, int], float]]:
    """Seconds used, by part and pid; of children that ended they are their parent's."""
    for name, process in processes.family(pids):
        times = process.cpu_times()
        ended = 0.0 if name == "supervisor" else times.children_user + times.children_system
        yield (name, process.pid), times.user + times.system + ended


def show(rows: dict[str, dict[str, tuple[float, float, int]]], *, settle: float, seconds: float) -> bool:
    """Print a table for each state; whether an aim was missed."""
    missed = False
    for state, parts in rows.items():
        print(f"\n{state + ', idle':20}{'MB PSS':>10}{'% of a core':>14}{'processes':>12}")
        for name, (memory, cpu, count) in sorted(parts.items()):
            print(f"{name:20}{memory:10.1f}{cpu:14.2f}{count:12}")
        memory, cpu = (sum(row[column] for row in parts.values()) for column in (0, 1))
        late = memory > MEMORY_AIM or cpu > CPU_AIM
        missed |= late
        aims = f"aims {MEMORY_AIM:g} MB, {CPU_AIM:g} %"
        print(f"{'in all':20}{memory:10.1f}{cpu:14.2f}{'':12}  {aims}{'  MISSED' if late else ''}")
    print(f"\nsettled {settle:g} s, CPU over {seconds:g} s, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    return missed


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--settle", type=float, default=90, help="Seconds to wait before measuring.")
    parser.add_argument("--seconds", type=float, default=60, help="Seconds that CPU is measured for.")
    parser.add_argument("--fresh", action="store_true", help="Leave out the state after use.")
    parser.add_argument("--check", action="store_true", help="Exit 1 where an aim is missed.")
    return parser.parse_args()


if __name__ == "__main__":
    main()
