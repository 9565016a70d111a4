"""Each answer has its consequence: the table of delivery."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.delivery import deliver
from alerts.delivery.attempts import Outcome
from alerts.delivery.deliver import Decision

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
YOUNG, OLD = NOW - timedelta(minutes=1), NOW - timedelta(hours=24)


def verdict(
    outcome: Outcome, *, attempts: int = 0, created_at: datetime = YOUNG, is_minimal: bool = False, jitter: float = 1.0
) -> Decision:
    return deliver.decide(
        outcome, attempts=attempts, created_at=created_at, is_minimal=is_minimal, now=NOW, jitter=jitter
    )


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("status", [200, 201, 204, 299, None])
def test_what_was_accepted_is_sent(status: int | None) -> None:
    assert verdict(Outcome(is_sent=True, status=status)) == Decision("sent")


@pytest.mark.parametrize(
    ("retry_after", "jitter", "seconds"),
    [(7, 0, 7), (7, 0.5, 7.5), (0.25, 1, 1.25), (None, 0, 30), (1e12, 0, 86_400), (0, 0, 0)],
)
def test_too_many_requests_pauses_the_channel(retry_after: float | None, jitter: float, seconds: float) -> None:
    outcome = Outcome(status=429, retry_after=retry_after)
    assert verdict(outcome, jitter=jitter, created_at=OLD) == Decision("paused", after(seconds))


@pytest.mark.parametrize("status", [None, 408, 500, 502, 503, 504, 599])
@pytest.mark.parametrize(
    ("attempts", "jitter", "seconds"),
    [(0, 1, 5), (1, 1, 15), (2, 1, 45), (3, 1, 135), (4, 1, 405), (5, 1, 900), (60, 1, 900), (3, 0, 0), (2, 0.5, 22.5)],
)
def test_what_may_pass_is_tried_again_later_and_later(
    status: int | None, attempts: int, jitter: float, seconds: float
) -> None:
    assert verdict(Outcome(status=status), attempts=attempts, jitter=jitter) == Decision("retry", after(seconds))


@pytest.mark.parametrize("status", [None, 408, 500, 503])
def test_after_a_day_it_is_given_up(status: int | None) -> None:
    assert verdict(Outcome(status=status), attempts=100, created_at=OLD) == Decision("dead")
    assert verdict(Outcome(status=status), attempts=100, created_at=OLD + timedelta(seconds=1)).action == "retry"


@pytest.mark.parametrize("status", [400, 301, 307, 405, 413, 422])
def test_a_refused_message_is_tried_once_more_as_plain_text(status: int) -> None:
    assert verdict(Outcome(status=status)) == Decision("minimal", NOW)
    assert verdict(Outcome(status=status), is_minimal=True) == Decision("dead")


@pytest.mark.parametrize("status", [401, 403, 404, 410])
@pytest.mark.parametrize("created_at", [YOUNG, OLD])
def test_a_receiver_that_is_gone_disables_the_channel(status: int, created_at: datetime) -> None:
    assert verdict(Outcome(status=status), created_at=created_at) == Decision("disabled")


def test_an_address_that_may_not_be_reached_disables_the_channel() -> None:
    assert verdict(Outcome(is_permanent=True)) == Decision("disabled")
