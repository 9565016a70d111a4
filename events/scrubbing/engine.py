"""Runs the rules over any JSON value: one pass over all strings joined, and a rebuild of only what changed."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import re2

from events.scrubbing import keyfiles, keys
from events.scrubbing.keys import Verdict
from events.scrubbing.rules import RULES, Rule
from events.values.wordlists import word_set

SEPARATOR = "\x1e"
DROPPED = "[dropped]"
NOT_ALLOWED = "[not_allowed]"


class _Hints:
    """The hints of all rules as two automata: which rules can match a text at all, in two passes over it."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.near, self.near_rules = self._automaton(rules, apart=False)
        self.far, self.far_rules = self._automaton(rules, apart=True)

    @staticmethod
    def _automaton(rules: tuple[Rule, ...], *, apart: bool) -> "tuple[re2.Set, list[int]]":
        numbers = [i for i, rule in enumerate(rules) if rule.apart is apart]
        hints = re2.Set.SearchSet()
        for i in numbers:
            hints.Add(rules[i].hint)
        hints.Compile()
        return hints, numbers

    def Match(self, data: bytes) -> list[int] | None:
        """The numbers of the rules that can match, as `re2.Set` tells them."""
        near, far = self.near.Match(data), self.far.Match(data)
        if not near and not far:
            return None
        return [self.near_rules[i] for i in near or ()] + [self.far_rules[i] for i in far or ()]


_HINTS = _Hints(RULES)

# A replacement can bring two halves together that match a further rule; in practice the second round finds nothing.
_ROUNDS = 4
# Names that a list gives its next item: `["--password", "x"]`, `["password", "x"]`.
_LONGEST_NAME = 64
_NAME_KEYS = (
    "name", "key", "header", "field", "variable", "parameter", "property", "label", "Name", "Key", "ParameterKey",
)  # fmt: skip
# `auth: {"method": "basic"}` and `session: {…}` are judged key by key.
_OPEN_CONTAINERS = frozenset({"[authorization]", "[session]"})
_KEY = Verdict("mask", "[key]")
# Verdicts that the first item of a pair passes on to the second.
_NAMING = frozenset({"mask", "email", "phone"})
_SCALARS = frozenset({str, int, float})
# What an event cannot do without: identifiers, times and kinds, when they are leaves.
_ALWAYS_ALLOWED = keys.IDS | word_set(
    "timestamp start_timestamp received level platform type release environment dist version status "
    "handled sent_at started duration op event filename function lineno colno in_app"
)
_PLAIN = frozenset({int, float, bool, type(None)})
_PSEUDONYM = re2.compile(r"^[udhs]_[0-9a-f]{16}$")
# Integers of the length of a card number are read as text.
_LARGE, _LARGEST = 10**12, 10**19


def _rewrite(data: bytes, rules: Iterable[Rule]) -> bytes:
    for rule in rules:
        pieces: list[bytes] = []
        last = 0
        for start, end, marker in rule.find(data):
            if start >= last:
                pieces += (data[last:start], marker.encode())
                last = end
        if pieces:
            pieces.append(data[last:])
            data = b"".join(pieces)
    return data


def _cleaned(joined: str) -> str:
    """The text after one round of the rules that its hints call for; the same object when nothing matched."""
    data = joined.encode("utf-8", "surrogatepass")
    matched = _HINTS.Match(data)
    if not matched:
        return joined
    cleaned = _rewrite(data, [RULES[i] for i in sorted(matched)])
    return joined if cleaned == data else cleaned.decode("utf-8", "surrogatepass")


def _cleaned_alone(text: str) -> str:
    try:
        return _cleaned(text)
    except Exception:
        return DROPPED


def _cleaned_all(texts: list[str], joined: str) -> list[str]:
    """Each text after one round of the rules, in one pass over all; one by one when that pass cannot be told apart."""
    try:
        cleaned = _cleaned(joined)
    except Exception:
        return [_cleaned_alone(text) for text in texts]
    if cleaned is joined:
        return texts
    parts = cleaned.split(SEPARATOR)
    if len(parts) == len(texts) == joined.count(SEPARATOR) + 1:
        return parts
    if len(parts) != joined.count(SEPARATOR) + 1:  # A rule crossed a separator.
        return [_cleaned_alone(text) for text in texts]
    wholes, at = [], 0  # Some texts contain the separator themselves.
    for text in texts:
        span = text.count(SEPARATOR) + 1
        wholes.append(SEPARATOR.join(parts[at : at + span]))
        at += span
    return wholes


def changes(texts: list[str], joined: str) -> dict[str, str]:
    """The texts that hold a secret, each with its clean form. `joined` is the texts with separators between."""
    first = _cleaned_all(texts, joined)
    if first is texts:
        return {}
    found = {old: new for old, new in zip(texts, first, strict=True) if old != new}
    pending = found
    for _ in range(_ROUNDS):
        news = list(pending.values())
        again = _cleaned_all(news, SEPARATOR.join(news))
        pending = {old: new for old, was, new in zip(pending, news, again, strict=True) if was != new}
        if not pending:
            return found
        found |= pending
    return found | dict.fromkeys(pending, DROPPED)


class _Verdicts(dict[str, Verdict | None]):
    """Verdicts by key, remembered: the keys of events repeat. Emptied when someone sends ever new ones."""

    def __missing__(self, key: str) -> Verdict | None:
        name = str(key).encode("utf-8", "replace").decode()
        clean = changes([name], name).get(name, name)
        verdict = keys.judge(clean)
        if clean != name:
            verdict = replace(verdict or Verdict("none"), renamed=clean)
        if len(self) >= 16_384:
            self.clear()
        self[key] = verdict
        return verdict


_VERDICTS = _Verdicts()


def _naming(name: str) -> Verdict | None:
    """The verdict that a string passes on to the value beside it. A text that holds a secret or marker is no name."""
    if len(name) > _LONGEST_NAME:
        return None
    verdict = _VERDICTS[name]
    if verdict is None or verdict.renamed or verdict.action not in _NAMING or keys.has_marker(name):
        return None
    return verdict


def _named(node: dict[str, Any]) -> Verdict | None:
    """The verdict that {"name": "password", "value": …} passes on its value."""
    for name_key in _NAME_KEYS:
        name = node.get(name_key)
        if type(name) is str:
            return _naming(name)
    return None


def _passes(verdict: Verdict, value: str) -> bool:
    """Whether the string of a protocol field looks the part, so that no rule may touch it."""
    if verdict.action == "id":
        return len(value) <= 36 and value.replace("-", "").isalnum()
    if verdict.action == "version":
        return (
            len(value) <= 200 and " " not in value and ("@" not in value or value[value.rfind("@") + 1 :][:1].isdigit())
        )
    if verdict.action == "mask":
        # A pseudonym made at the door, such as that of a session, is no secret any more.
        return len(value) == 18 and _PSEUDONYM.search(value) is not None
    return verdict.action == "modules"


def _asks(verdict: Verdict, value: Any) -> bool:
    """Whether a value that is no string must change because of its key."""
    if verdict.renamed or type(value) in _PLAIN:
        return bool(verdict.renamed) or keys.masked(verdict, value) is not value
    if type(value) is not dict and type(value) is not list:
        return True
    return verdict.action == "mask" and (type(value) is list or verdict.marker not in _OPEN_CONTAINERS)


def _collect(root: Any) -> tuple[list[str], bool]:
    """All strings that rules must read, lists in order, and whether a key alone already asks for a rebuild."""
    texts: list[str] = []
    add = texts.append
    verdicts = _VERDICTS
    dirty = False
    stack = [root]
    push = stack.append
    while stack:
        node = stack.pop()
        if type(node) is dict:
            for key, value in node.items():
                kind = type(value)
                verdict = verdicts[key]
                if verdict is not None:
                    if verdict.action == "tells":
                        dirty = dirty or key == "kty" or _named(node) is not None
                    if kind is str:
                        if _passes(verdict, value):
                            continue
                        add(value)
                        dirty = dirty or verdict.renamed != "" or keys.masked(verdict, value) is not value
                        continue
                    if verdict.action == "modules" and kind is dict:
                        texts += [text for text in value.values() if type(text) is str and len(text) > 40]
                        continue
                    dirty = dirty or _asks(verdict, value)
                if kind is str:
                    add(value)
                elif kind is dict or kind is list:
                    push(value)
                elif kind is int:
                    if _LARGE < value < _LARGEST:
                        add(str(value))
                elif kind not in _PLAIN:
                    dirty = True
        elif type(node) is list:
            for value in node:
                kind = type(value)
                if kind is str:
                    add(value)
                elif kind is dict or kind is list:
                    push(value)
                elif kind is int:
                    if _LARGE < value < _LARGEST:
                        add(str(value))
                elif kind not in _PLAIN:
                    dirty = True
            if len(node) == 2 and type(node[0]) is str and _naming(node[0]):
                dirty = True
        elif type(node) is str:
            add(node)
        elif type(node) is int:
            if _LARGE < node < _LARGEST:
                add(str(node))
        elif type(node) not in _PLAIN:
            dirty = True
    return texts, dirty


class _Rebuild:
    """Copies a tree along the paths that change; untouched branches stay the same objects."""

    def __init__(self, changed: dict[str, str], *, has_flags: bool) -> None:
        self.changed = changed
        self.has_flags = has_flags

    def value(self, value: Any) -> Any:
        kind = type(value)
        if kind is str:
            return self.changed.get(value, value)
        if kind is dict:
            return self.mapping(value)
        if kind is list:
            return self.sequence(value)
        if kind is int:
            return self.changed.get(str(value), value) if _LARGE < value < _LARGEST else value
        return value if kind in _PLAIN else DROPPED

    def mapping(self, node: dict[str, Any]) -> dict[str, Any]:
        if "kty" in node:
            node = node | {name: self.blanked(_KEY, node[name]) for name in keyfiles.JWK_PRIVATE & node.keys()}
        named = [name for name in keys.VALUES if name in node]
        if named and (verdict := _named(node)):
            node = node | {name: self.judged(verdict, node[name]) for name in named}
        changed, verdicts = self.changed, _VERDICTS
        edits: dict[str, Any] = {}
        renames = False
        for key, value in node.items():
            verdict = verdicts[key]
            if verdict is not None:
                renames = renames or verdict.renamed != ""
                new = self.judged(verdict, value)
            elif type(value) is str:
                new = changed.get(value, value)
            else:
                new = self.value(value)
            if new is not value:
                edits[key] = new
        if edits:
            node = node | edits
        return self.renamed(node) if renames else node

    def renamed(self, node: dict[str, Any]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key, value in node.items():
            verdict = _VERDICTS[key]
            if verdict is not None and verdict.renamed:
                key = self.free_name(verdict.renamed, node, out)
            out[key] = value
        return out

    @staticmethod
    def free_name(name: str, node: dict[str, Any], out: dict[str, Any]) -> str:
        free, n = name, len(out)
        while free in out or free in node:
            free, n = f"{name}{n}", n + 1
        return free

    def judged(self, verdict: Verdict, value: Any) -> Any:
        kind = type(value)
        if kind is str and _passes(verdict, value):
            return value
        if verdict.action == "modules" and kind is dict:
            return {k: self.changed.get(v, v) if type(v) is str else self.value(v) for k, v in value.items()}
        if kind in _SCALARS:
            new = keys.masked(verdict, value)
            return new if new is not value else self.value(value)
        if verdict.action == "mask" and (kind is list or (kind is dict and verdict.marker not in _OPEN_CONTAINERS)):
            return self.blanked(verdict, value)
        return self.value(value)

    def blanked(self, verdict: Verdict, value: Any) -> Any:
        """The container with every leaf masked; of a typed attribute {"value", "type"} only the value."""
        kind = type(value)
        if kind is dict:
            if "value" in value and "type" in value:
                return {k: self.blanked(verdict, v) if k == "value" else self.value(v) for k, v in value.items()}
            return {k: self.blanked(verdict, v) for k, v in self.mapping(value).items()}
        if kind is list:
            return [self.blanked(verdict, item) for item in value]
        if kind in _SCALARS:
            return keys.masked(verdict, value)
        return value if kind in _PLAIN else DROPPED

    def sequence(self, node: list[Any]) -> list[Any]:
        changed = self.changed
        out = [changed.get(item, item) if type(item) is str else self.value(item) for item in node]
        if self.has_flags or len(node) == 2:
            for i, name in enumerate(node[:-1]):
                flag = name[:1] == "-" and name[:5] != "-----" if type(name) is str else False
                if type(name) is str and (len(node) == 2 or flag) and (verdict := _naming(name)):
                    out[i + 1] = self.judged(verdict, node[i + 1])
        if keyfiles.PEM in out:
            self.close_pem(node, out)
        for new, old in zip(out, node, strict=True):
            if new is not old:
                return out
        return node

    @staticmethod
    def close_pem(node: list[Any], out: list[Any]) -> None:
        """Masks the lines of a key whose lines are items of the list: only its first line looks like one."""
        inside = False
        for i, item in enumerate(node):
            if type(item) is not str:
                inside = False
            elif inside:
                inside = keyfiles.is_pem_line(item) and "-END " not in item
                if keyfiles.is_pem_line(item):
                    out[i] = keyfiles.PEM
            else:
                inside = keyfiles.opens_pem(item)


def clean(root: Any) -> Any:
    """The value without secrets; the same object when it holds none."""
    texts, dirty = _collect(root)
    joined = SEPARATOR.join(texts)
    changed = changes(texts, joined)
    has_flags = "\x1e--" in joined or joined.startswith("--")
    if changed or dirty or has_flags:
        return _Rebuild(changed, has_flags=has_flags).value(root)
    return root


def keep_only(root: Any, allowed: frozenset[str]) -> Any:
    """The value with every leaf masked that has no allowed key on its path; protocol identifiers and times stay."""
    if type(root) is dict:
        return {
            key: value if key in allowed or (key in _ALWAYS_ALLOWED and _is_leaf(value)) else keep_only(value, allowed)
            for key, value in root.items()
        }
    if type(root) is list:
        return [keep_only(item, allowed) for item in root]
    return root if root is None else NOT_ALLOWED


def _is_leaf(value: Any) -> bool:
    return type(value) is not dict and type(value) is not list
