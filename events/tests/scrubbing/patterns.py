"""Makes strings that a regular expression matches, so that no list of tokens has to stand in a file."""

import random
import re
import string
from collections.abc import Callable
from typing import Any

_parse: Callable[[str], Any] = re._parser.parse  # type: ignore[attr-defined]
_CLASSES = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_WORD": string.ascii_letters + string.digits + "_",
    "CATEGORY_NOT_SPACE": string.ascii_letters + string.digits,
    "CATEGORY_SPACE": " ",
}
# What a negated class may stand for.
_OTHERS = string.ascii_letters + string.digits


def _members(items: Any) -> str:
    out, negated = "", False
    for op, value in items:
        match str(op):
            case "NEGATE":
                negated = True
            case "LITERAL":
                out += chr(value)
            case "RANGE":
                out += "".join(map(chr, range(value[0], value[1] + 1)))
            case _:
                out += _CLASSES[str(value)]
    return "".join(c for c in _OTHERS if c not in out) if negated else out


def _made(r: random.Random, nodes: Any, longer: int, groups: dict[int, str]) -> str:
    out = ""
    for op, value in nodes:
        match str(op):
            case "LITERAL":
                out += chr(value)
            case "NOT_LITERAL":
                out += r.choice(_OTHERS.replace(chr(value), ""))
            case "ANY":
                out += "."  # Most that write a dot mean one.
            case "IN":
                out += r.choice(_members(value))
            case "BRANCH":
                out += _made(r, r.choice(value[1]), longer, groups)
            case "SUBPATTERN":
                groups[value[0]] = _made(r, value[3], longer, groups)
                out += groups[value[0]]
            case "GROUPREF":
                out += groups.get(value, "")
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                least, most, inner = value
                blank = "CATEGORY_SPACE" in str(inner)
                times = r.randint(least, min(most, least + (1 if blank else longer)))
                out += "".join(_made(r, inner, longer, groups) for _ in range(times))
            case "AT" | "ASSERT" | "ASSERT_NOT":
                pass
            case other:
                raise ValueError(f"no way to make {other}")
    return out


def made(r: random.Random, pattern: str, *, longer: int = 3) -> str:
    """A string that the pattern matches; repetitions exceed their least count by at most `longer`."""
    return _made(r, _parse(pattern), longer, {})
