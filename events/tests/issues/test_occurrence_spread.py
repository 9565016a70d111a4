"""The spread of kept payloads: properties over all sizes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.issues import occurrences

BOUNDS = st.integers(2, 60)
SIZES = st.integers(1, 2000)


def kept(n: int, bound: int) -> list[int]:
    return [ordinal for ordinal in range(1, n + 1) if occurrences.keeps(ordinal, n=n, bound=bound)]


@pytest.mark.parametrize(
    ("n", "bound", "expected"),
    [
        (1, 2, [1]),
        (2, 2, [1, 2]),
        (9, 2, [1, 9]),
        (5, 5, [1, 2, 3, 4, 5]),
        (6, 5, [1, 2, 4, 6]),
        (8, 5, [1, 2, 4, 6, 8]),
        (9, 5, [1, 4, 8, 9]),
        (16, 5, [1, 4, 8, 12, 16]),
        (17, 5, [1, 8, 16, 17]),
    ],
)
def test_it_keeps(n: int, bound: int, expected: list[int]) -> None:
    assert kept(n, bound) == expected


@given(SIZES, BOUNDS)
def test_the_first_and_the_last_are_kept_within_the_bound(n: int, bound: int) -> None:
    found = kept(n, bound)
    assert found[0] == 1
    assert found[-1] == n
    assert len(found) <= bound


@given(SIZES, BOUNDS)
def test_what_was_dropped_is_never_wanted_again(n: int, bound: int) -> None:
    assert set(kept(n + 1, bound)) <= {*kept(n, bound), n + 1}


@given(SIZES, BOUNDS)
def test_at_least_a_third_of_the_room_is_used(n: int, bound: int) -> None:
    assert len(kept(n, bound)) >= min(n, bound // 3)


@given(SIZES, BOUNDS)
def test_the_stride_is_the_smallest_that_fits(n: int, bound: int) -> None:
    stride = occurrences.stride(n, bound=bound)
    assert stride.bit_count() == 1
    halved = stride // 2
    assert stride == 1 or len({1, n, *range(halved, n + 1, halved)}) > bound


@given(st.integers(1, 10**18), BOUNDS)
def test_a_huge_group_keeps_no_more(n: int, bound: int) -> None:
    stride = occurrences.stride(n, bound=bound)
    assert n // stride + (stride > 1) + (n % stride > 0) <= bound


def test_a_bound_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="first and the last"):
        occurrences.stride(1, bound=1)
