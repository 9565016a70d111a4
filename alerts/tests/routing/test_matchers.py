"""Conditions on labels: read, matched, written again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.routing import matchers
from alerts.routing.matchers import InvalidMatchers, Matcher

LABELS = {"team": "web", "environment": "production", "route": "GET /a, b", "region": "eu"}
CASES = (
    ("", True),
    ("team=web", True),
    ("team = web", True),
    ("team=app", False),
    ("team!=app", True),
    ("team!=web", False),
    ("team=web, environment=production", True),
    ("team=web,environment=staging", False),
    ('route="GET /a, b"', True),
    ('route=~"GET .*"', True),
    ("team=~we", False),  # a pattern stands for the whole value
    ("team=~we.", True),
    ("team=~web|app", True),
    ("team!~web|app", False),
    ("region in (eu, us)", True),
    ("region in(us)", False),
    ('region in ("eu")', True),
    ("owner=", True),  # a label that is not there is an empty one
    ("owner!=", False),
    ('team=""', False),
    ("owner=~.*", True),
    ("in=x", False),  # a label may be called as a word of the grammar
)
WRONG = (
    "team", "=web", "team=web environment=x", "team=~(", "region in eu", "region in (eu", 'team="web', "1x=1",
    "team==web", ",", "a=1,,b=2", "team=web)", "a=1," * 21 + "a=1", "a=" + "x" * 1000, 'team=~"(?=x)"',
)  # fmt: skip


def test_they_match_as_they_say() -> None:
    assert [text for text, wanted in CASES if matchers.match(matchers.read(text), LABELS) is not wanted] == []


def test_what_is_wrong_is_named() -> None:
    for text in WRONG:
        with pytest.raises(InvalidMatchers):
            raise AssertionError(f"{text!r} was read as {matchers.read(text)}")


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.builds(
            Matcher,
            st.sampled_from(["team", "a.b", "_x-1"]),
            st.sampled_from(["=", "!=", "in"]),
            st.tuples(st.text(max_size=12).map(lambda text: text.encode("utf-8", "replace").decode())),
        ),
        max_size=5,
    )
)
def test_what_is_written_is_read_again(made: list[Matcher]) -> None:
    text = matchers.written(tuple(made))
    assert len(text) > matchers.LONGEST or matchers.read(text) == tuple(made)
