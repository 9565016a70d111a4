"""Formulas of metrics: read, worked out, and refused in words."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.questions.watched.formulas import LONGEST, FormulaError, NoResult, parse

OF = {"a": 6.0, "b": 3.0, "c": 2.0, "d": 0.0}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", 6), ("A", 6), (" a+b*c ", 12), ("(a+b)*c", 18), ("a-b-c", 1), ("a/b/c", 1), ("-a", -6), ("--a", 6),
        ("2*-b", -6), ("100 * a / (b + c)", 120), ("1.5*c", 3), ("a-(b-c)", 5), ("((a))", 6), ("d/a", 0),
    ],
)  # fmt: skip
def test_it_is_worked_out_as_people_do(text: str, expected: float) -> None:
    assert parse(text).value(OF) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "ends too early"), ("a b", "not expected"), ("a)", "not expected"), ("(a", "not closed"),
        ("1+2", "names a"),
        ("a**2", "not expected"), ("a^2", "is no sign"), ("a.b", "is no sign"), ("ab", "no letter"),
        ("a;b", "is no sign"),
        ("e", "no letter"), ("1e9*a", "no letter"), ("+a", "not expected"), ("a,b", "is no sign"),
        ("(" * 30 + "a" + ")" * 30, "Too many brackets"), ("a" + "+a" * LONGEST, "at most"), ("a\x00", "is no sign"),
    ],
)  # fmt: skip
def test_what_is_no_formula_is_named(text: str, said: str) -> None:
    with pytest.raises(FormulaError, match=said):
        parse(text)


@pytest.mark.parametrize(("text", "said"), [
    ("a/d", "division by zero: d is 0"), ("a/(b-b)", r"division by zero: \(b - b\) is 0"),
    ("*".join(["999999999999"] * 13 + ["a"] * 14), "larger than a number"),
])  # fmt: skip
def test_what_has_no_result_says_why(text: str, said: str) -> None:
    of = {**OF, "a": 1e308} if "*" in text else OF
    with pytest.raises(NoResult, match=said):
        parse(text).value(of)


@given(st.text(alphabet="abcd0123.+-*/() ", max_size=60))
def test_any_text_is_a_formula_or_is_refused(text: str) -> None:
    try:
        node = parse(text)
    except FormulaError:
        return
    with suppress(NoResult):
        assert node.value(OF) == parse(str(node)).value(OF)
