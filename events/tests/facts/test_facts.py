import math
import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.facts import schema
from events.facts.schema import ERRORS, FACTS, METRICS

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def cell(column: str, value: Any, fact: schema.Fact = ERRORS) -> Any:
    return schema.table(fact, [{column: value}])[column].to_pylist()[0]


@pytest.mark.parametrize("fact", FACTS.values(), ids=FACTS)
def test_every_fact_begins_with_its_moment_and_is_sorted_by_its_own_columns(fact: schema.Fact) -> None:
    names = [column.name for column in fact.columns]
    assert names[0] == "at"
    assert len(names) == len(set(names))
    assert set(fact.sort) <= set(names)
    assert fact.retention_days > 0
    assert schema.table(fact, [{}]).schema == fact.schema


@pytest.mark.parametrize(
    ("column", "given_value", "stored"),
    [
        ("level", "error", "error"),
        ("level", 4, None),
        ("level", b"error", None),
        ("level", "a\ud800b", "a?b"),
        ("level", "nul\x00", "nul\x00"),
        ("event_id", uuid.UUID(int=1), "0" * 31 + "1"),
        ("size", 3, 3),
        ("size", 3.0, 3),
        ("size", 3.5, None),
        ("size", True, None),
        ("size", "3", None),
        ("size", 2**64, None),
        ("size", math.nan, None),
        ("user_key", -(2**62), -(2**62)),
        ("handled", False, False),
        ("handled", 0, None),
        ("tags", {"a": "b", "n": 1, "t": True, "none": None, "list": [1]}, [("a", "b"), ("n", "1"), ("t", "true")]),
        ("tags", {}, []),
        ("tags", [("a", "b")], None),
        ("tags", {1: "x", "k": "v"}, [("k", "v")]),
        ("at", AT.timestamp(), AT),
        ("at", "2026-11-23T12:00:00Z", AT),
        ("at", "2026-11-23T14:00:00+02:00", AT),
        ("at", AT.replace(tzinfo=None), AT),
        ("at", AT.astimezone(timezone(timedelta(hours=5))), AT),
        ("at", "yesterday", None),
        ("at", True, None),
        ("at", 1e300, None),
        ("at", math.nan, None),
        ("at", datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))), None),
    ],
)
def test_a_cell_keeps_its_type_or_is_null(column: str, given_value: Any, stored: Any) -> None:
    assert cell(column, given_value) == stored


@pytest.mark.parametrize(
    ("given_value", "stored"),
    [(1, 1.0), (1.5, 1.5), (math.inf, None), (math.nan, None), ("1", None), (True, None), (10**400, None)],
)
def test_a_number_is_finite_or_null(given_value: Any, stored: Any) -> None:
    assert cell("value", given_value, METRICS) == stored


def test_histograms_keep_their_buckets() -> None:
    assert cell("buckets", [1, 2, "x"], METRICS) == [1, 2, None]
    assert cell("bounds", (0.5, 10), METRICS) == [0.5, 10.0]
    assert cell("bounds", "0.5", METRICS) is None


def test_keys_no_column_has_are_left_out() -> None:
    assert "nonsense" not in schema.table(ERRORS, [{"nonsense": 1}]).column_names


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_hostile_values_never_raise(data: st.DataObject) -> None:
    fact = data.draw(st.sampled_from(list(FACTS.values())))
    names = st.sampled_from([column.name for column in fact.columns])
    rows = data.draw(st.lists(st.dictionaries(names, json, max_size=6), max_size=4))
    made = schema.table(fact, rows)
    made.validate(full=True)
    assert made.num_rows == len(rows)
