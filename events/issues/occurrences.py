"""Which full payloads a group keeps: the first, the last, and a spread in between, within a bound.

Occurrences are numbered from 1 in the order they were stored. Kept are ordinal 1, the newest, and every multiple of
a stride; the stride doubles as the group grows, so what was once dropped is never wanted again, and one statement
(`ordinal % stride <> 0`, not first, not last) removes what no longer fits."""


def stride(n: int, *, bound: int) -> int:
    """The smallest power of two for which a group of `n` occurrences keeps at most `bound` (2 or more) of them."""
    if bound < 2:
        raise ValueError("The bound must leave room for the first and the last occurrence.")
    if n <= bound:
        return 1
    multiples = bound - 1  # the first one is apart; the last one counts as the multiple that it precedes
    return 1 << (-(-n // multiples) - 1).bit_length()


def keeps(ordinal: int, *, n: int, bound: int) -> bool:
    """Whether occurrence `ordinal` is among those kept when `n` have been stored."""
    return ordinal in (1, n) or ordinal % stride(n, bound=bound) == 0
