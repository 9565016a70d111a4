"""What reading user agents costs: `python bench/choices/browsers.py [--root OTHER_CHECKOUT]`.

Browsers are those that the npm package user-agents draws from real visitors, bots the examples in crawler-user-agents;
the first is fetched into var/bench/browsers. CPU time, each user agent met for the first time, then from the cache;
hostile is the dearest of some user agents of 100 kB. --root measures another checkout of this project instead.
"""

import argparse
import importlib
import json
import random
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "var" / "bench" / "browsers"
PACKAGE = "user-agents-2.1.198"
HOSTILE = ["a", "(", "x;", "1.1.", "Android 10; ", "Mozilla/5.0 (Linux; ", "Version/1.1 Safari ", "\U0001f600"]


def visitors() -> list[str]:
    archive = FOLDER / f"{PACKAGE}.tgz"
    if not archive.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        package = "@".join(PACKAGE.rsplit("-", 1))
        subprocess.run(["npm", "pack", "--silent", package], cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)
    with tarfile.open(archive) as packed, packed.extractfile("package/dist/user-agents.json") as file:
        return list(dict.fromkeys(each["userAgent"] for each in json.load(file)))


def bots() -> list[str]:
    listed = Path(find_spec("crawleruseragents").origin).parent / "crawler-user-agents.json"
    return [example for bot in json.loads(listed.read_bytes()) for example in bot["instances"]]


def a_second(read: Callable[[str], object], user_agents: Sequence[str]) -> int:
    began = time.process_time()
    for user_agent in user_agents:
        read(user_agent)
    return round(len(user_agents) / (time.process_time() - began))


def resident() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=ROOT)
    root = parser.parse_args().root.resolve()
    people, automated = visitors(), bots()
    random.Random(1).shuffle(people)
    sys.path.insert(0, str(root))
    [module] = [path for path in (root / "events").rglob("browsers.py") if "tests" not in path.parts]
    families = importlib.import_module(".".join(module.relative_to(root).with_suffix("").parts)).families
    before, began = resident(), time.process_time()
    families("first")
    first = (time.process_time() - began) * 1e3
    print(f"the first user agent of a process: {first:.0f} ms")
    print(f"new ones: {a_second(families, people):,} browsers, {a_second(families, automated):,} bots a second")
    print(f"known ones: {a_second(families, people[-500:] * 200):,} a second")
    print(f"memory: {resident() - before:.0f} MB")
    costs = []
    for part in HOSTILE:
        hostile = (part * 100_000)[:100_000]
        began = time.process_time()
        families(hostile)
        costs.append((time.process_time() - began) * 1e3)
    print(f"hostile: {max(costs):.2f} ms")
    found = [sum(families(each).device == "bot" for each in some) for some in (automated, people)]
    print(f"called bots: {found[0]} of {len(automated)} bots, {found[1]} of {len(people)} browsers")


if __name__ == "__main__":
    main()
