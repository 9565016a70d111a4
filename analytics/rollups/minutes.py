"""Moments as minutes since 1970, which buckets begin at."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def minute_of(at: datetime) -> int:
    """Return the minutes from 1970 to the minute that holds `at`."""
    return (at - EPOCH) // timedelta(minutes=1)


def moment_of(minute: int) -> datetime:
    return EPOCH + timedelta(minutes=minute)
