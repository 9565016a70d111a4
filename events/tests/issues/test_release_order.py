"""The order of releases is an order, whatever they are called and whenever they came."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.issues import release_order
from events.issues.release_order import Orders, Release

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a machine with other work
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

KNOWN = [
    "1.0", "1.0.0", "v1.0", "1.0.0-rc.1", "1.0.0-rc.10", "1.0rc2", "1.0+5", "1.0+f5806cc", "1.0+0a1b2c3",
    "2026-11-20", "2026.11.20-1", "20261121", "a1b2c3d4e5f6", "f5806cc", "nightly", "latest", "shop@1.9.1",
    "shop@1.10.0", "shop@f5806cc", "shop-1.11", "api@0.1", "pc-9.0.0", "pc-10.0.0", "1!1.0", "1.0.post1",
    "1.0.dev3", "v1.2.3-4-gdeadbee", "7", "42", "build-99", "build-100", "2026-W07",
]  # fmt: skip
NAMES = st.one_of(
    st.sampled_from(KNOWN),
    st.from_regex(r"\A(a@|b-)?v?\d{1,2}\.\d(\.\d)?(-[ab\d](\.[ab\d])?)?(\+\d)?\Z"),
    st.from_regex(r"\A[0-9a-f]{7,12}\Z"),
    st.text(max_size=12),
)
MOMENTS = st.integers(-5, 5).map(lambda minutes: NOON + timedelta(minutes=minutes))


@st.composite
def projects(draw: st.DrawFn) -> list[Release]:
    """The releases of a project, as they came: each name once."""
    names = draw(st.lists(NAMES, unique=True, max_size=12))
    return [Release(name, rank, draw(MOMENTS), draw(st.none() | MOMENTS)) for rank, name in enumerate(names, start=1)]


@unhurried
@given(projects())
def test_it_is_total_and_antisymmetric(releases: list[Release]) -> None:
    for one in releases:
        for other in releases:
            found = release_order.compare(one, other)
            assert found == -release_order.compare(other, one)
            assert (found == 0) == (one is other)


@unhurried
@given(projects())
def test_it_is_transitive(releases: list[Release]) -> None:
    ordered = release_order.newest_first(releases)
    for place, newer in enumerate(ordered):
        for older in ordered[place + 1 :]:
            assert release_order.compare(newer, older) == 1


@unhurried
@given(projects())
def test_a_list_of_all_keeps_the_order_and_leaves_none_out(releases: list[Release]) -> None:
    found = release_order.listed(releases)
    assert sorted(found, key=lambda one: one.rank) == releases
    assert found[:1] == [] or found[0].order == releases[-1].order
    for order in {one.order for one in releases}:
        own = [one for one in found if one.order == order]
        assert own == release_order.newest_first(own)
        first = found.index(own[0])
        assert found[first : first + len(own)] == own


@unhurried
@given(projects(), st.data())
def test_it_stays_when_another_release_comes(releases: list[Release], data: st.DataObject) -> None:
    left_out = data.draw(st.sets(st.sampled_from(releases)) if releases else st.just(set()))
    rest = [one for one in releases if one not in left_out]
    assert [one for one in release_order.newest_first(releases) if one not in left_out] == release_order.newest_first(
        rest
    )


@unhurried
@given(projects(), st.randoms(use_true_random=False))
def test_the_last_does_not_depend_on_the_order_of_arrival(releases: list[Release], random: object) -> None:
    shuffled = list(releases)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert Orders(shuffled).latest() == Orders(releases).latest()


@pytest.mark.parametrize("arrived", list(permutations(["shop@1.10.0", "a1b2c3d4e5f6", "shop@1.9.1"])))
def test_a_hash_between_versions_does_not_move_them(arrived: tuple[str, ...]) -> None:
    known = [Release(name, rank, NOON + timedelta(minutes=rank)) for rank, name in enumerate(arrived)]
    last = Orders(known).latest(among=arrived)
    assert last
    assert last.version == "shop@1.10.0"


def test_hashes_are_ordered_by_first_sight() -> None:
    older, newer = Release("f5806cc", 2, NOON), Release("0a1b2c3", 1, NOON + timedelta(minutes=1))
    assert release_order.compare(older, newer) == -1


def test_hashes_are_ordered_by_their_last_commit_where_it_is_known() -> None:
    rolled_back = Release("f5806cc", 2, NOON + timedelta(hours=1), committed_at=NOON - timedelta(days=9))
    assert release_order.compare(rolled_back, Release("0a1b2c3", 1, NOON)) == -1


def test_a_commit_from_the_future_is_not_believed() -> None:
    wrong = Release("f5806cc", 1, NOON, committed_at=NOON + timedelta(days=400))
    assert release_order.compare(wrong, Release("0a1b2c3", 2, NOON + timedelta(minutes=1))) == -1


LATEST = [
    ("of the package of the issue", ["api@9.0", "shop@1.0", "shop@1.1"], ["shop@1.0"], "shop@1.1"),
    ("of the first package of several", ["api@9.0", "shop@1.0", "shop@1.1"], ["api@9.0", "shop@1.0"], "api@9.0"),
    ("of versions before hashes", ["f5806cc", "shop@1.0"], ["f5806cc", "shop@1.0"], "shop@1.0"),
    ("of hashes when only they were met", ["f5806cc", "0a1b2c3", "ios@1.0"], ["f5806cc"], "0a1b2c3"),
    ("of the largest order without names", ["api@9.0", "shop@1.0", "shop@1.1"], [], "shop@1.1"),
    ("of first sight when nothing says a version", ["nightly", "f5806cc"], [], "f5806cc"),
    ("of the largest order for a name that is gone", ["api@9.0", "shop@1.0", "shop@1.1"], ["ios@1.0"], "shop@1.1"),
]


@pytest.mark.parametrize(("known", "met", "last"), [row[1:] for row in LATEST], ids=[row[0] for row in LATEST])
def test_the_last_release_is_that(known: list[str], met: list[str], last: str) -> None:
    found = Orders([Release(name, rank, NOON) for rank, name in enumerate(known)]).latest(among=met)
    assert found
    assert found.version == last


def test_without_releases_there_is_no_last() -> None:
    assert Orders([]).latest() is None
