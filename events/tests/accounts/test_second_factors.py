"""Codes of an authenticator app: taken once, slowed down when guessed, replaced by recovery codes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from events.accounts import second_factors
from events.models import AuditEntry, RecoveryCode, SecondFactor

HALF_A_MINUTE = timedelta(seconds=30)


@pytest.fixture
def factor(alice: Any, now: datetime) -> SecondFactor:
    """Alice's, confirmed an hour ago."""
    then = now - timedelta(hours=1)
    begun = second_factors.begin(alice, now=then)
    assert begun
    assert second_factors.confirm(alice, second_factors.code_at(begun, now=then), now=then)
    return SecondFactor.objects.get()


def right(factor: SecondFactor, now: datetime) -> str:
    return second_factors.code_at(factor, now=now)


def wrong(factor: SecondFactor, now: datetime) -> str:
    good = {right(factor, now + step * HALF_A_MINUTE) for step in (-2, -1, 0, 1, 2)}
    return next(code for code in map("{:06d}".format, range(100)) if code not in good)


@pytest.mark.parametrize(
    ("failures", "seconds_ago", "left"),
    [(0, 0, 0), (1, 0, 1), (1, 1, 0), (4, 3, 5), (11, 0, 900), (10_000, 0, 900), (10_000, 901, 0)],
)
def test_the_pause_doubles_up_to_a_quarter_of_an_hour(
    failures: int, seconds_ago: int, left: int, now: datetime
) -> None:
    failed_at = now - timedelta(seconds=seconds_ago)
    assert second_factors.pause(failures, failed_at=failed_at, now=now) == left


def test_the_codes_are_those_of_rfc_6238(alice: Any) -> None:
    factor = SecondFactor(user=alice, secret=b"12345678901234567890".hex())
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        moment = datetime.fromtimestamp(seconds, tz=UTC)
        assert second_factors.code_at(factor, now=moment) == code


def test_a_code_is_taken_a_step_early_or_late_and_no_more(factor: SecondFactor, alice: Any, now: datetime) -> None:
    for step, is_right in ((-2, False), (2, False), (1, True)):
        SecondFactor.objects.update(failures=0)
        code = right(factor, now + step * HALF_A_MINUTE)
        assert second_factors.verify(alice, code, now=now).is_right is is_right, step


def test_a_replayed_code_is_refused(factor: SecondFactor, alice: Any, now: datetime) -> None:
    code = right(factor, now)
    assert second_factors.verify(alice, code, now=now).taken_as == "app"
    assert not second_factors.verify(alice, code, now=now + timedelta(seconds=1)).is_right
    earlier = right(factor, now - HALF_A_MINUTE)
    assert not second_factors.verify(alice, earlier, now=now + timedelta(minutes=5)).is_right


def test_the_code_that_confirmed_it_lets_nobody_in(alice: Any, now: datetime) -> None:
    begun = second_factors.begin(alice, now=now)
    assert begun
    code = second_factors.code_at(begun, now=now)
    assert second_factors.confirm(alice, code, now=now)
    assert not second_factors.verify(alice, code, now=now).is_right


def test_guesses_are_slowed_down_even_when_right(factor: SecondFactor, alice: Any, now: datetime) -> None:
    tried = 0
    for second in range(3600):
        moment = now + timedelta(seconds=second)
        verdict = second_factors.verify(alice, wrong(factor, moment), now=moment) if second % 10 == 0 else None
        tried += verdict is not None and not verdict.wait_seconds
    assert tried <= 13
    assert second_factors.verify(alice, right(factor, moment), now=moment).wait_seconds > 0
    later = moment + timedelta(minutes=15)
    assert second_factors.verify(alice, right(factor, later), now=later).is_right


@pytest.mark.parametrize("code", ["", "000000 or 1=1", "٣٤٥٦٧٨", "1" * 10_000, "\0", "\ud800", "-00001"])
def test_nonsense_is_a_wrong_code(factor: SecondFactor, alice: Any, now: datetime, code: str) -> None:
    assert second_factors.verify(alice, code, now=now) == second_factors.Verdict()


def test_a_recovery_code_works_once_and_is_kept_as_a_hash(alice: Any, now: datetime) -> None:
    begun = second_factors.begin(alice, now=now)
    assert begun
    codes = second_factors.confirm(alice, second_factors.code_at(begun, now=now), now=now)
    assert len(set(codes)) == second_factors.RECOVERY_CODES
    typed = f" {codes[0].upper()} "
    assert second_factors.verify(alice, typed, now=now).taken_as == "recovery"
    assert not second_factors.verify(alice, codes[0], now=now).is_right
    assert second_factors.recovery_codes_left(alice) == 9
    kept = b"".join(bytes(code.digest) for code in RecoveryCode.objects.all())
    assert not any(code.replace("-", "").encode() in kept for code in codes)


def test_new_recovery_codes_void_the_old(factor: SecondFactor, alice: Any, now: datetime) -> None:
    first = second_factors.renew_recovery_codes(alice, now=now)
    second = second_factors.renew_recovery_codes(alice, now=now)
    assert not second_factors.verify(alice, first[0], now=now).is_right
    later = now + timedelta(seconds=2)
    assert second_factors.verify(alice, second[0], now=later).is_right


def test_the_secret_lies_encrypted(factor: SecondFactor) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM events_secondfactor")
        assert factor.secret not in cursor.fetchone()[0]


def test_a_second_one_cannot_replace_it(factor: SecondFactor, alice: Any, now: datetime) -> None:
    assert second_factors.begin(alice, now=now) is None
    assert second_factors.confirm(alice, right(factor, now), now=now) == []


def test_turning_it_on_and_off_is_in_the_trail(factor: SecondFactor, alice: Any, now: datetime) -> None:
    second_factors.renew_recovery_codes(alice, now=now)
    assert second_factors.disable(alice, actor=alice, now=now)
    assert not second_factors.disable(alice, actor=alice, now=now)
    assert not second_factors.is_on(alice)
    actions = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == ["second_factor.enable", "second_factor.codes", "second_factor.disable"]


def test_the_address_names_person_and_house(factor: SecondFactor) -> None:
    assert second_factors.uri(factor, username="al:ice&x=1") == (
        "otpauth://totp/FormaOS%20Obs%3Aal%3Aice%26x%3D1?secret="
        f"{second_factors.written_secret(factor).replace(' ', '')}&issuer=FormaOS%20Obs&digits=6&period=30"
    )
