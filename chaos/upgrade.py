"""An installation of an earlier commit goes on with this one.

    python -m chaos.upgrade [--since 3128007] [--days 2] [--events 500] [--beside]

Installs the earlier commit with the packages it names, starts it on a folder of its own, fills it with `seed_demo`,
stops it while its worker is busy, starts this checkout on the same folder, waits for the backlog, then checks the
ledger and the audit trail and opens every page that links lead to. Exits 1 when the ledger differs, the trail is
broken, or an address does not answer 200.

With `--beside` nothing is stopped: the earlier commit's processes stay up while this checkout migrates their database,
and its web server answers beside theirs on it. Both take events and open every page; `--since` is then the last commit
without the newest migration.
"""

import argparse
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections import deque
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

from bench.ingest import processes
from formaos_obs.tests import archives

ROOT = Path(__file__).resolve().parent.parent
BEFORE_THE_ROOMS = "3128007"
SECONDS = 600  # only a fault waits so long, or a machine with much else to do
MOST_PAGES = 400
# Tells one page of a kind from the next: ids, hashes, versions and searches are many, their pages one.
ALIKE = re.compile(r"/\d+/|/[0-9a-f]{12,}/|/releases/[^/]+/|\?.*$")
EACH = 3


def main() -> None:
    options = _options()
    var = Path(options.var).resolve()
    shutil.rmtree(var, ignore_errors=True)
    old, data = var / "earlier", var / "data"
    data.mkdir(parents=True)
    since = options.since or (before_the_newest_migration() if options.beside else BEFORE_THE_ROOMS)
    check_out(since, old)
    install(old)
    environment = os.environ | {"OBS_VAR_DIR": str(data), "PORT": str(processes.free_port()), "PYTHONUNBUFFERED": "1"}
    up = start(old, environment)
    try:
        manage(old, environment, "seed_demo", "--days", str(options.days), "--events", str(options.events))
        access = json.loads((data / "up.json").read_text())
        broken = beside(old, environment, access) if options.beside else []
    finally:
        stop(up)
    if not options.beside:
        up = start(ROOT, environment)
        try:
            broken = judge(environment, json.loads((data / "up.json").read_text()))
        finally:
            stop(up)
    print("\n".join(broken) or f"An installation of {since} goes on.")
    sys.exit(1 if broken else 0)


def before_the_newest_migration() -> str:
    """The last commit whose code knows the tables as they were."""
    names = ["*/migrations/[0-9]*.py"]
    found = subprocess.run(
        ["git", "log", "-1", "--diff-filter=A", "--format=%h", "--", *names], cwd=ROOT, capture_output=True, text=True
    )
    return f"{found.stdout.strip()}^"


def beside(old: Path, environment: dict[str, str], access: dict[str, str]) -> list[str]:
    """What breaks where two versions serve one database, which the newer one has migrated; one line each."""
    migrated = manage(ROOT, environment, "migrate", "--noinput")
    if migrated.returncode:
        return [f"The migrations: {migrated.stderr}"]
    port = str(processes.free_port())
    told = environment | {"PORT": port, "OBS_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    log = Path(environment["OBS_VAR_DIR"]) / "beside.log"
    with log.open("wb") as output:
        newer = subprocess.Popen(
            [python(ROOT), "manage.py", "serve", "web"], cwd=ROOT, env=told, stdout=output, stderr=output
        )
    try:
        url = f"http://127.0.0.1:{port}"
        await_answer(newer, f"{url}/healthz", log)
        before = settled(environment)["received"]
        own = f":{urlsplit(access['url']).port}/"
        broken = [
            f"{name} refused a sample: {sent.stdout}{sent.stderr}"
            for name, root, dsn in (
                ("The earlier", old, access["dsn"]),
                ("The newer", ROOT, access["dsn"].replace(own, f":{port}/")),
            )
            if (sent := manage(root, environment, "send_sample", "--dsn", dsn)).returncode
        ]
        broken += judge(environment, access)
        print("The newer one, beside it:")
        broken += judge(environment, access | {"url": url})
        after = settled(environment)["received"]
        print(f"samples  {after - before} items more")
        return broken + ["No sample arrived."] * (after <= before)
    finally:
        stop(newer)


def await_answer(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            with build_opener().open(address, timeout=5):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"The newer version did not start:\n{log.read_text()}")
            time.sleep(0.2)


def check_out(commit: str, folder: Path) -> None:
    """The files of `commit`, from this checkout's own history."""
    done = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True)
    if done.returncode:
        sys.exit(f"{commit} is not in this checkout's history: git fetch --unshallow, or name another with --since.")
    archives.unpack(io.BytesIO(done.stdout), folder)


def install(root: Path) -> None:
    """An environment with the packages of its own lock file; those that this one has in the same version are shared."""
    subprocess.run([sys.executable, "-m", "venv", root / ".venv"], check=True)
    own = sysconfig.get_path("purelib", vars={"base": str(root / ".venv"), "platbase": str(root / ".venv")})
    (Path(own) / "shared.pth").write_text(sysconfig.get_path("purelib"))
    pip = [python(root), "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--require-hashes"]
    subprocess.run([*pip, "--requirement", root / "requirements.lock"], check=True)


def python(root: Path) -> str:
    return sys.executable if root == ROOT else str(root / ".venv" / "bin" / "python")


def start(root: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    log = Path(environment["OBS_VAR_DIR"]) / "up.log"
    with log.open("wb") as output:
        command = [python(root), "manage.py", "up"]
        up = subprocess.Popen(command, cwd=root, env=environment, stdout=output, stderr=output)
    deadline = time.monotonic() + SECONDS
    while b"DSN" not in log.read_bytes():
        if up.poll() is not None or time.monotonic() > deadline:
            stop(up)
            sys.exit(f"{root} did not start:\n{log.read_text()}")
        time.sleep(0.2)
    return up


def stop(up: subprocess.Popen[bytes]) -> None:
    up.send_signal(signal.SIGINT)
    try:
        up.wait(60)
    except subprocess.TimeoutExpired:
        up.kill()


def manage(root: Path, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [python(root), "manage.py", *words]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)


def judge(environment: dict[str, str], access: dict[str, str]) -> list[str]:
    """What is not as it was, one line each."""
    ledger = settled(environment)
    print(f"ledger   received {ledger['received']}, stored {ledger['stored']}, difference {ledger['difference']}")
    audit = manage(ROOT, environment, "verify_audit")
    print(f"audit    {audit.stdout.strip()}")
    answers = visit(access["url"], access["admin_username"], access["admin_password"])
    print(f"pages    {len(answers)} opened")
    broken = [f"{status} {address}" for address, status in answers.items() if status != 200]
    if not ledger["stored"] or ledger["difference"] or ledger["in_inbox"]:
        broken.append(f"The ledger: {ledger}")
    if audit.returncode:
        broken.append(f"The audit trail: {audit.stdout}{audit.stderr}")
    if len(answers) < 30:
        broken.append(f"Only {len(answers)} pages were found.")
    return broken


def settled(environment: dict[str, str]) -> dict[str, int]:
    """The ledger once the inbox is empty, or as it is after SECONDS."""
    deadline = time.monotonic() + SECONDS
    while True:
        told = manage(ROOT, environment, "check_accounting", "--json")
        report: dict[str, int] = json.loads(told.stdout or "{}")
        if (report and not report["in_inbox"]) or time.monotonic() > deadline:
            return report
        time.sleep(0.5)


def visit(url: str, name: str, password: str) -> dict[str, int]:
    """Address -> status of all that a person who is logged in finds by links, at most EACH of a kind."""
    opener = build_opener(HTTPCookieProcessor(jar := CookieJar()))
    get(opener, f"{url}/login/")
    token = next(cookie.value or "" for cookie in jar if "csrf" in cookie.name)
    form = urlencode({"username": name, "password": password, "csrfmiddlewaretoken": token}).encode()
    opener.open(f"{url}/login/", form, timeout=30)
    answers: dict[str, int] = {}
    kinds: dict[str, int] = {}
    waiting = deque([f"{url}/", f"{url}/admin/"])
    while waiting and len(answers) < MOST_PAGES:
        address = waiting.popleft()
        kind = ALIKE.sub("/*/", urlsplit(address).path + ("?" if urlsplit(address).query else ""))
        if address in answers or kinds.get(kind, 0) >= EACH or "/logout" in address or "/static/" in address:
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        answers[address], text = get(opener, address)
        found = (urljoin(address, unescape(link)).split("#")[0] for link in re.findall(r'href="([^"]+)"', text))
        waiting.extend(link for link in found if link.startswith(f"{url}/"))
    return answers


def get(opener: OpenerDirector, address: str) -> tuple[int, str]:
    try:
        with opener.open(address, timeout=30) as answer:
            text = answer.read().decode(errors="replace") if "html" in answer.headers.get("Content-Type", "") else ""
            return answer.status, text
    except HTTPError as error:
        return error.code, ""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--since", default="", help=f"The commit of the earlier installation, {BEFORE_THE_ROOMS}.")
    parser.add_argument("--beside", action="store_true", help="Both versions at once, on one database.")
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--events", type=int, default=3000)
    parser.add_argument("--var", default=str(ROOT / "var" / "upgrade"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
