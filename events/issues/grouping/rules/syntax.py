"""The text of rules, one a line, as Sentry's documentation has it; `#` begins a line that is a comment.

error.type:ConnectionError message:"* refused" -> connection, {{ transaction }} title="No connection"
!tags.tier:gold stack.module:shop.pay.* -> payments
family:javascript path:**/vendor/** -app
[ function:retry ] | function:send v+app ^-group -group max-frames=20
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import re2

# Lines that are rules, of each of the two texts; characters of a line.
MOST = 200
LONGEST = 2000
TEXT = 100_000

# What matchers are called, by all of their names.
KEYS = {
    "type": "type", "error.type": "type", "value": "value", "error.value": "value", "message": "message",
    "logger": "logger", "level": "level", "release": "release", "environment": "environment", "sdk": "sdk",
    "transaction": "transaction", "dist": "dist", "platform": "platform", "family": "family", "app": "app",
    "function": "function", "stack.function": "function", "module": "module", "stack.module": "module",
    "path": "path", "stack.abs_path": "path", "package": "package", "stack.package": "package",
    "error.mechanism": "mechanism", "mechanism": "mechanism",
}  # fmt: skip
TAGS = "tags."
# What can be told of one frame, and of the exception that it is of.
OF_FRAMES = frozenset({"function", "module", "path", "package", "family", "app", "type", "value", "mechanism"})
FAMILIES = frozenset({"javascript", "native", "other", "all"})
TRUTH = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}

_ACTION = re2.compile(r"^([\^v]?)([+-])(app|group)$")
_SETTING = re2.compile(r"^(max-frames|min-frames)=([0-9]{1,4})$")
_CATEGORY = re2.compile(r"^category=[\w.-]{1,60}$")
_TITLE = re2.compile(r'(?:^|\s)title="((?:[^"\\]|\\.)*)"\s*$')
_ESCAPED = re2.compile(r"\\(.)")

Rule = TypeVar("Rule")


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition: `key` is a name of KEYS, or a tag's behind TAGS."""

    key: str
    pattern: str
    is_negated: bool = False


@dataclass(frozen=True, slots=True)
class FingerprintRule:
    """Events that fulfil all matchers have these parts for a fingerprint, and perhaps a title."""

    line: int
    matchers: tuple[Matcher, ...]
    parts: tuple[str, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """What becomes of a frame: `+app`, `-app`, `+group`, `-group`; or of those above it (`^`, nearer to the crash) or
    below it (`v`)."""

    what: str
    is_on: bool
    reach: str = ""


@dataclass(frozen=True, slots=True)
class StackRule:
    """Frames that fulfil all matchers, between a caller and a callee that fulfil theirs."""

    line: int
    matchers: tuple[Matcher, ...]
    actions: tuple[Action, ...]
    caller: tuple[Matcher, ...] = ()
    callee: tuple[Matcher, ...] = ()
    most_frames: int = 0
    least_frames: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line is no rule."""

    text: str  # "fingerprint rules" or "stack trace rules"
    line: int
    detail: str

    def __str__(self) -> str:
        return f"{self.text}, line {self.line}: {self.detail}"


class Unreadable(ValueError):
    """Lines that are no rules."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


class _Bad(ValueError):
    pass


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    is_quoted: bool


def fingerprints(text: str) -> tuple[tuple[FingerprintRule, ...], tuple[Problem, ...]]:
    """The fingerprint rules of a text, and the lines that are none."""
    return _read(text, "fingerprint rules", _fingerprint)


def stacks(text: str) -> tuple[tuple[StackRule, ...], tuple[Problem, ...]]:
    """The rules of stack traces of a text, and the lines that are none."""
    return _read(text, "stack trace rules", _stack)


def _read(text: str, name: str, read: Callable[[int, str], Rule]) -> tuple[tuple[Rule, ...], tuple[Problem, ...]]:
    if len(text) > TEXT:
        return (), (Problem(name, 1, f"the text has {len(text)} characters, at most {TEXT} are read"),)
    rules: list[Rule] = []
    problems: list[Problem] = []
    for number, sent in enumerate(text.splitlines(), 1):
        line = sent.strip()
        if not line or line.startswith("#"):
            continue
        try:
            if "\0" in line:
                raise _Bad("a rule holds no NUL")
            if len(line) > LONGEST:
                raise _Bad(f"a rule has at most {LONGEST} characters")
            if len(rules) == MOST:
                raise _Bad(f"there are more than {MOST} rules")
            rules.append(read(number, line))
        except _Bad as error:
            problems.append(Problem(name, number, str(error)))
            if len(problems) == 20:
                break
    return tuple(rules), tuple(problems)


def _fingerprint(number: int, line: str) -> FingerprintRule:
    before, after = _arrow(line)
    title = ""
    if found := _TITLE.search(after):
        title, after = _ESCAPED.sub(r"\1", found.group(1)), after[: found.start()]
    parts = tuple(part for part in _commas(after) if part)
    if not parts:
        raise _Bad("nothing follows the arrow: name the fingerprint, as in `-> connection-error`")
    matchers = tuple(_matcher(word) for word in _words(before))
    if not matchers:
        raise _Bad("nothing stands before the arrow: name what to match, as in `type:TimeoutError`")
    return FingerprintRule(number, matchers, parts, title)


def _stack(number: int, line: str) -> StackRule:
    own: list[Matcher] = []
    around: dict[str, tuple[Matcher, ...]] = {"caller": (), "callee": ()}
    actions: list[Action] = []
    settings = {"max-frames": 0, "min-frames": 0}
    category = False
    words = list(_words(line))
    while words:
        word = words.pop(0)
        if word.is_quoted or word.text not in ("[", "|"):
            if found := _ACTION.match(word.text):
                actions.append(Action(found.group(3), found.group(2) == "+", found.group(1)))
            elif found := _SETTING.match(word.text):
                settings[found.group(1)] = int(found.group(2))
            elif _CATEGORY.match(word.text):
                category = True  # Sentry groups by none; accepted, so that its texts can be pasted
            elif actions:
                raise _Bad(f"{word.text!r} follows an action; what is matched comes first")
            else:
                own.append(_frame_matcher(word))
            continue
        inside = _brackets(words) if word.text == "[" else None
        if inside is not None:
            if own or not (words and words.pop(0).text == "|"):
                raise _Bad("a caller stands before what it calls: `[ function:a ] | function:b`")
            around["caller"] = inside
        elif words and words[0].text == "[":
            words.pop(0)
            around["callee"] = _brackets(words)
        else:
            raise _Bad("a callee stands in brackets behind `|`: `function:a | [ function:b ]`")
    if not own:
        raise _Bad("no frame is named: begin with what to match, as in `path:**/vendor/**`")
    if not (actions or any(settings.values()) or category):
        raise _Bad("no action is named: end with +app, -app, +group or -group")
    return StackRule(
        number, tuple(own), tuple(actions), around["caller"], around["callee"], settings["max-frames"],
        settings["min-frames"],
    )  # fmt: skip


def _brackets(words: list[_Word]) -> tuple[Matcher, ...]:
    found: list[Matcher] = []
    while words:
        word = words.pop(0)
        if word.text == "]" and not word.is_quoted:
            if not found:
                break
            return tuple(found)
        found.append(_frame_matcher(word))
    raise _Bad("a bracket does not end, or holds nothing")


def _frame_matcher(word: _Word) -> Matcher:
    matcher = _matcher(word)
    if matcher.key not in OF_FRAMES:
        raise _Bad(f"{matcher.key} is not told of a frame; known are {', '.join(sorted(OF_FRAMES))}")
    return matcher


def _matcher(word: _Word) -> Matcher:
    name, colon, pattern = word.text.partition(":")
    is_negated, name = name.startswith("!"), name.removeprefix("!")
    if not colon:
        raise _Bad(f"{word.text[:80]!r} is no matcher: write `name:pattern`")
    if not pattern:
        raise _Bad(f"{name[:80]} has no pattern; `{name[:80]}:*` is anything")
    key = name if name.startswith(TAGS) and len(name) > len(TAGS) else KEYS.get(name)
    if key is None:
        raise _Bad(f"{name[:80]!r} is not known; known are {', '.join(sorted(KEYS))} and tags.NAME")
    if key == "family" and not FAMILIES.issuperset(pattern.split(",")):
        raise _Bad(f"{pattern!r} is no family; known are {', '.join(sorted(FAMILIES))}")
    if key == "app" and pattern.lower() not in TRUTH:
        raise _Bad(f"app is yes or no, not {pattern!r}")
    return Matcher(key, pattern, is_negated)


def _arrow(line: str) -> tuple[str, str]:
    """Both sides of the first arrow outside quotes."""
    for position, is_inside in _unquoted(line):
        if not is_inside and line.startswith("->", position):
            return line[:position], line[position + 2 :]
    raise _Bad("no arrow: write `type:TimeoutError -> timeouts`")


def _unquoted(line: str) -> Iterator[tuple[int, bool]]:
    """Each position, and whether it stands inside quotes."""
    is_inside = is_escaped = False
    for position, character in enumerate(line):
        yield position, is_inside
        if is_inside and not is_escaped and character == "\\":
            is_escaped = True
            continue
        if character == '"' and not is_escaped:
            is_inside = not is_inside
        is_escaped = False
    if is_inside:
        raise _Bad("a quote does not end")


def _words(line: str) -> Iterator[_Word]:
    """The words between blanks; quotes hold blanks, and a backslash inside them the character that follows."""
    word: list[str] = []
    is_quoted = is_escaped = False
    for position, is_inside in _unquoted(line):
        character = line[position]
        if is_inside and character == "\\" and not is_escaped:
            is_escaped = True
            continue
        if character == '"' and not is_escaped:
            is_quoted = True
        elif character.isspace() and not is_inside:
            if word or is_quoted:
                yield _Word("".join(word), is_quoted)
            word, is_quoted = [], False
        else:
            word.append(character)
        is_escaped = False
    if word or is_quoted:
        yield _Word("".join(word), is_quoted)


def _commas(text: str) -> Iterator[str]:
    """The parts between commas; quotes and braces hold commas."""
    part: list[str] = []
    depth = 0
    for position, is_inside in _unquoted(text):
        character = text[position]
        depth += {"{": 1, "}": -1}.get(character, 0) if not is_inside else 0
        if character == "," and not is_inside and depth <= 0:
            yield _unquote("".join(part))
            part = []
        else:
            part.append(character)
    yield _unquote("".join(part))


def _unquote(part: str) -> str:
    plain = part.strip()
    if len(plain) > 1 and plain.startswith('"') and plain.endswith('"'):
        return _ESCAPED.sub(r"\1", plain[1:-1])
    return plain
