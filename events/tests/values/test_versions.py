"""What the names of releases say of their order: tables from specifications and from names in use."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.values import versions

# Section 11 of SemVer 2.0.0, whole.
SEMANTIC = [
    "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
    "1.0.0", "2.0.0", "2.1.0", "2.1.1",
]  # fmt: skip
# The versions that PyPA's packaging sorts in its tests.
PEP_440 = [
    "1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456", "1.0b2", "1.0b2.post345.dev456",
    "1.0b2.post345", "1.0b2-346", "1.0c1.dev456", "1.0c1", "1.0rc2", "1.0c3", "1.0", "1.0.post456.dev34", "1.0.post456",
    "1.1.dev1", "1.2+123abc", "1.2+123abc456", "1.2+abc", "1.2+abc123", "1.2+abc123def", "1.2+1234.abc", "1.2+123456",
    "1.2.r32+123456", "1.2.rev33+123456", "1!1.0.dev456", "1!1.0a1", "1!1.0", "1!1.2.rev33+123456",
]  # fmt: skip
ASCENDING = [
    SEMANTIC,
    PEP_440,
    ["1.0.0", "1.0.1", "1.9.0", "1.10.0", "9.0.0", "10.0.0"],
    ["v1.2", "V1.2.1", "v.1.3", "version 1.4", "release-1.5", "refs/tags/v1.6", "rel_1.7"],
    ["shop@1.0.0-rc.1+5", "shop@1.0.0-rc.2+1", "shop@1.0.0", "shop@1.0.0+9", "shop@1.0.0+10", "shop@v2"],
    ["@scope/shop@1.0.0", "@scope/shop@1.1.0"],
    ["ü@1.0", "ü@2.0"],
    ["pc-9.0.0", "pc-9.5.0", "pc-10.0.0", "pc-v10.0.1", "pc@10.0.2", "pc_10.0.3", "pc/10.0.4", "pc 10.0.5"],
    ["hq-app-1.9.0", "hq-app-1.19.0"],
    ["1.0.0", "1.0 (5)", "1.0.0 (6)", "1.0+7", "1.0 build 8", "1.0 (build 9)", "1.0.0 (10)", "1.0.1 (1)"],
    ["com.example.app@3.4.1+9", "com.example.app@3.4.1+10", "com.example.app@3.5.0+1"],
    ["2026-11-18", "2026-11-20", "2026-11-20-1", "2026-11-20.2", "20261120.10", "2026-11-25", "20261126", "2026/12/01"],
    ["2026-9-30", "2026-10-1", "2026.11.9", "2026.11.10", "2026.11.10-1", "2026.11.10-2"],
    ["web-2026-11-20", "web-2026-11-21"],
    ["20261120093000", "202611201030", "2026-11-20T11:00:00Z", "2026-11-20 11:30", "2026-11-20_12-00"],
    ["22.04", "22.10", "23.04"],
    ["2025-W52", "2026-W07", "2026w47"],
    ["2026-10", "2026-11"],
    ["build-99", "build-100"],
    ["7", "42", "100"],
    ["1719999999", "1720000000"],
    ["r99", "rev100", "r101", "R1000"], ["rel1.9", "release1.10", "build11"],
    ["v1.2.3", "v1.2.3-4-gdeadbee", "v1.2.3-14-g0123abc-dirty", "v1.2.4"],
    ["1.0.0-rc2", "1.0.0-rc10", "1.0.0"],
    ["1.2.3.4", "1.2.3.5", "1.2.3.10"],
    ["5.0.0.RC1", "5.0.0.RELEASE", "5.0.1.Final"],
]  # fmt: skip


@pytest.mark.parametrize("names", ASCENDING, ids=lambda names: names[0])
def test_names_of_one_package_say_their_order(names: list[str]) -> None:
    found = [versions.parse(name) for name in names]
    assert None not in found
    assert len({one.package for one in found if one}) == 1
    for before, after in pairwise(one for one in found if one):
        assert before.key < after.key


@pytest.mark.parametrize(
    "names",
    [
        ["1.0", "1.0.0", "v1.0.0", "1.0.0.0", "release-1.0"], ["shop@1.2.0", "shop-1.2", "shop@v1.2"],
        ["2026-11-20", "20261120", "2026.11.20", "2026/11/20"], ["1.0 (5)", "1.0+5", "1.0.0 build 5"],
        ["1.0rc1", "1.0.0-rc.1", "1.0.0-rc1", "1.0c1"],
    ],
)  # fmt: skip
def test_one_version_may_be_written_in_many_ways(names: list[str]) -> None:
    found = {(one.package, one.key) for name in names if (one := versions.parse(name))}
    assert len(found) == 1


@pytest.mark.parametrize(
    "name",
    [
        "", "nightly", "latest", "production", "3f2a91bc", "a1b2c3d4e5f6", "1234567", "12e4567", "0" * 40, "1234a56",
        "f5806cc437b702462bdd8c7dddc5f4f1afe9fc77", "shop@f5806cc", "550e8400-e29b-4123-a716-446655440000",
        "feature/checkout", "dpl_5xYzAbCd", "1.0.0-", "1.0.0_", "1.0.", ".1", "feature-12-fix-it", "9" * 300,
    ],
)  # fmt: skip
def test_hashes_and_words_say_nothing(name: str) -> None:
    assert versions.parse(name) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.2.3+f5806cc", "1.2.3+0a1b2c3"), ("1.2.3-f5806cc", "1.2.3-0a1b2c3"),
        ("2026.11.20-f5806cc", "2026-11-20-0a1b2c3"),
        ("0.1.dev5+gabcdef1", "0.1.dev5+g0123456"),
    ],
)  # fmt: skip
def test_builds_that_a_hash_names_are_left_to_first_sight(one: str, other: str) -> None:
    first, second = versions.parse(one), versions.parse(other)
    assert first
    assert second
    assert first.key == second.key
    assert not first.is_exact


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("shop@1.0", "shop"), ("@scope/shop@1.0", "@scope/shop"), ("pc-9.0.0", "pc"), ("v1.0", ""), ("1.0", ""),
        ("shop@f5806cc", "shop"), ("f5806cc", ""), ("shop@web-1.0", "shop@web"), ("nightly-20261120", "nightly"),
    ],
)  # fmt: skip
def test_the_package_is_what_stands_before(name: str, package: str) -> None:
    assert versions.package_of(name) == package


@given(st.text(max_size=60) | st.text(alphabet="0123456789.-+@vabrc_ ()T:", max_size=30))
def test_any_text_has_one_reading(text: str) -> None:
    found = versions.parse(text)
    assert found == versions.parse(text)
    assert found is None or found.key == found.key
