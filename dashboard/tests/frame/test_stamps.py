"""Moments on pages: of rows, and of evidence that was kept as text."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from dashboard.templatetags.obs import stamp


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 11, 15, 4, 0, 5, tzinfo=UTC), "2026-11-15 04:00:05 UTC"),
        ("2026-11-15T05:00:05+01:00", "2026-11-15 04:00:05 UTC"),
        (datetime(2026, 11, 15, 5, tzinfo=timezone(timedelta(hours=1))).isoformat(), "2026-11-15 04:00:00 UTC"),
        ("", "–"),
        (None, "–"),
    ],
)
def test_a_moment_is_told_to_the_second_in_utc(moment: datetime | str | None, words: str) -> None:
    assert stamp(moment) == words
