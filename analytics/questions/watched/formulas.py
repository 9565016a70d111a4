"""Formulas over metrics: `100 * a / (b + c)`. Letters are metrics, the rest is arithmetic; nothing is executed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics.questions.watched.metrics import Metric
from analytics.questions.watched.series import History, Value

LETTERS = ("a", "b", "c", "d")
LONGEST = 200
# Brackets and signs within each other.
DEEPEST = 20
_TOKEN = re.compile(r"\s*(?:([0-9]{1,12}(?:[.][0-9]{1,12})?)|([A-Za-z_]+)|(.))", re.ASCII)


class FormulaError(ValueError):
    """What is wrong with a formula, for the person who wrote it."""


class NoResult(ArithmeticError):
    """A formula has no value for these metrics; the message says why."""


@dataclass(frozen=True, slots=True)
class Node:
    """A number, a letter, or an operation on two nodes. `sign` is empty for a number."""

    sign: str
    left: Node | None = None
    right: Node | None = None
    number: float = 0.0

    def letters(self) -> frozenset[str]:
        if self.left is None or self.right is None:
            return frozenset(self.sign)
        return self.left.letters() | self.right.letters()

    def value(self, of: Mapping[str, float]) -> float:
        """The formula's value. Raises NoResult."""
        if self.left is None or self.right is None:
            return of[self.sign] if self.sign else self.number
        left, right = self.left.value(of), self.right.value(of)
        if self.sign == "/" and right == 0:
            raise NoResult(f"division by zero: {self.right} is 0")
        try:
            found = {"+": float.__add__, "-": float.__sub__, "*": float.__mul__, "/": float.__truediv__}[self.sign](
                left, right
            )
        except OverflowError:
            found = float("inf")
        if found != found or abs(found) == float("inf"):
            raise NoResult("the result is larger than a number can be")
        return found

    def __str__(self) -> str:
        if self.left is None or self.right is None:
            return self.sign or f"{self.number:.12g}"
        return f"({self.left} {self.sign} {self.right})"


def parse(text: str, letters: Sequence[str] = LETTERS) -> Node:
    """The formula over these letters. Raises FormulaError, which names the place."""
    if len(text) > LONGEST:
        raise FormulaError(f"A formula has at most {LONGEST} characters.")
    reader = _Reader(list(_tokens(text, letters)))
    node = reader.sum(0)
    if reader.next:
        raise FormulaError(f"{reader.next!r} is not expected there.")
    if not node.letters():
        raise FormulaError(f"A formula names a letter: {', '.join(letters)}.")
    return node


def _tokens(text: str, letters: Sequence[str]) -> Iterator[str]:
    for number, word, sign in _TOKEN.findall(text.strip()):
        if word and word.lower() not in letters:
            raise FormulaError(f"{word!r} is no letter of the formula: {', '.join(letters)}.")
        if sign and sign not in "+-*/()":
            raise FormulaError(f"{sign!r} is no sign of a formula: + - * / ( ).")
        yield number or word.lower() or sign


class _Reader:
    """Reads tokens from left to right; `next` is the next one, "" at the end."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens[::-1]

    @property
    def next(self) -> str:
        return self.tokens[-1] if self.tokens else ""

    def sum(self, depth: int) -> Node:
        node = self.product(depth)
        while self.next in ("+", "-"):
            node = Node(self.tokens.pop(), node, self.product(depth))
        return node

    def product(self, depth: int) -> Node:
        node = self.factor(depth)
        while self.next in ("*", "/"):
            node = Node(self.tokens.pop(), node, self.factor(depth))
        return node

    def factor(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise FormulaError("Too many brackets within each other.")
        if not self.next:
            raise FormulaError("The formula ends too early.")
        found = self.tokens.pop()
        if found == "-":
            return Node("-", Node(""), self.factor(depth + 1))
        if found == "(":
            node = self.sum(depth + 1)
            if self.next != ")":
                raise FormulaError("A bracket is not closed.")
            self.tokens.pop()
            return node
        if found.isalpha():
            return Node(found)
        if found[0].isdecimal():
            return Node("", number=float(found))
        raise FormulaError(f"{found!r} is not expected there.")


@dataclass(frozen=True, slots=True)
class Combined(History):
    """The history of a formula: that of its metrics, step by step."""

    node: Node = Node("")
    parts: tuple[tuple[str, History], ...] = ()

    def over(self, start: datetime, end: datetime) -> Value:
        found = {letter: part.over(start, end) for letter, part in self.parts}
        samples = max((value.samples for value in found.values()), default=0)
        values = {letter: value.value for letter, value in found.items() if value.value is not None}
        missing = sorted(self.node.letters() - set(values))
        if missing:
            return Value(None, samples, why=f"no data of {' and '.join(missing)}")
        try:
            return Value(self.node.value(values), samples)
        except NoResult as error:
            return Value(None, samples, why=str(error))


def combined(
    node: Node,
    metric: Metric,
    metrics: Mapping[str, Metric],
    parts: Mapping[str, Sequence[History]],
    *,
    step: timedelta,
) -> list[History]:
    """A history for each group that any of the metrics has. A metric without the group counts nothing there: a count
    of it is 0, anything else of it is no data."""
    by_labels = {letter: {one.labels: one for one in found} for letter, found in parts.items()}
    order = dict.fromkeys(one.labels for found in parts.values() for one in found)
    histories: list[History] = []
    for labels in order:
        mine = {
            letter: found.get(labels) or History(metrics[letter], labels, step, (), (), ())
            for letter, found in by_labels.items()
        }
        at = max((one.at for one in mine.values()), key=len)
        histories.append(Combined(metric, labels, step, at, (), (), node=node, parts=tuple(sorted(mine.items()))))
    return histories
