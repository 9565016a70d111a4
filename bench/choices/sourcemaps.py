"""What a large source map costs: CPU time and memory to open it and to find 50 positions, each map in its own process.

    python bench/choices/sourcemaps.py [--map FILE ...] [--root OTHER_CHECKOUT] [--rounds 5]

Without --map, two maps of more than 13 MB that npm packages ship are fetched into var/bench/sourcemaps. Memory is the
peak of the process above what it held before the map was read from disk. --root measures another checkout of this
project beside this one; compare the ratios: the machine may be shared.
"""

import argparse
import importlib
import json
import random
import statistics
import subprocess
import sys
import tarfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "var" / "bench" / "sourcemaps"
PACKAGES = {
    "mermaid@11.17.2": "package/dist/mermaid.min.js.map",
    "monaco-editor@0.52.2": "package/min-maps/vs/editor/editor.main.js.map",
}
LOOKUPS = 50


def fetched() -> list[Path]:
    found = []
    for package, member in PACKAGES.items():
        name = package.replace("@", "-")
        to = FOLDER / f"{name}.map"
        if not to.exists():
            FOLDER.mkdir(parents=True, exist_ok=True)
            subprocess.run(["npm", "pack", "--silent", package], cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)
            with tarfile.open(FOLDER / f"{name}.tgz") as archive, archive.extractfile(member) as packed:
                to.write_bytes(packed.read())
        found.append(to)
    return found


def peak() -> int:
    """The largest resident size so far, in kB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def places(raw: bytes) -> list[tuple[int, int]]:
    """Positions all over the built file; the first and the last line are among them."""
    lines = raw.count(b";") + 1
    dice = random.Random(1)
    drawn = [(dice.randint(1, lines), dice.randint(1, 2_000)) for _ in range(LOOKUPS - 2)]
    return [(1, 1), (lines, 1), *drawn]


def measure(root: Path, file: Path) -> dict[str, float]:
    """Run in a process of its own, see `main`."""
    sys.path.insert(0, str(root))
    [module] = [path for path in (root / "events").rglob("sourcemaps.py") if "tests" not in path.parts]
    sourcemaps = importlib.import_module(".".join(module.relative_to(root).with_suffix("").parts))
    asked = places(b";" * json.loads(file.read_bytes())["mappings"].count(";"))
    Path("/proc/self/clear_refs").write_text("5")
    before = peak()
    raw = file.read_bytes()
    began = time.process_time()
    known = sourcemaps.parse(raw)
    opened = time.process_time()
    found = sum(known.lookup(line, column) is not None for line, column in asked)
    ended = time.process_time()
    return {
        "open_ms": (opened - began) * 1e3,
        "lookups_ms": (ended - opened) * 1e3,
        "peak_mb": (peak() - before) / 1024,
        "found": found,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--map", type=Path, action="append", default=[])
    parser.add_argument("--root", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(options.root, options.child)))
        return
    print(f"{'map':28} {'MB':>5} {'checkout':>10} {'open ms':>8} {'50 found ms':>12} {'both':>8} {'peak MB':>8}")
    for file in options.map or fetched():
        roots = [("this", ROOT)] + ([("other", options.root.resolve())] if options.root else [])
        for name, root in roots:
            command = [sys.executable, __file__, "--root", str(root), "--child", str(file.resolve())]
            runs = [json.loads(subprocess.check_output(command, cwd=root)) for _ in range(options.rounds)]
            middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
            both = middle["open_ms"] + middle["lookups_ms"]
            size = file.stat().st_size / 1e6
            print(
                f"{file.stem[:28]:28} {size:5.1f} {name:>10} {middle['open_ms']:8.0f} {middle['lookups_ms']:12.1f}"
                f" {both:8.0f} {middle['peak_mb']:8.0f}"
            )


if __name__ == "__main__":
    main()
