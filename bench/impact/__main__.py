"""What monitoring costs the monitored: `python -m bench.impact [--short] [--only page|server]`.

The monitoring server is up, slow (0.5 s), hung and gone. `--short` is for pipelines: fewer rounds, up and hung only;
it ends with 1 when a promise is broken (a page over 1.5 s).
"""

import argparse
import sys

from bench.impact import inside, page_side, server_side

MODES = ("up", "slow", "hung", "gone")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--only", choices=("page", "server"))
    options = parser.parse_args()
    modes = ("up", "hung") if options.short else MODES
    lines: list[str] = []
    if options.only != "page":
        lines += [*inside.run(requests=2000 if options.short else 10_000, modes=modes), ""]
        lines += [*server_side.run(seconds=2 if options.short else 8, modes=modes), ""]
    if options.only != "server":
        lines += page_side.run(rounds=2 if options.short else 5, modes=modes)
    print("\n".join(lines))
    return int(any("OVER" in line for line in lines))


if __name__ == "__main__":
    sys.exit(main())
