"""The second factor: codes of an authenticator app (RFC 6238), and recovery codes for when it is lost.

The app's secret lies encrypted, recovery codes as hashes. A code is taken once, under a row lock.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from django.db import transaction
from django_otp.oath import TOTP

from events.accounts import audit
from events.models import RecoveryCode, SecondFactor

ISSUER = "FormaOS Obs"
RECOVERY_CODES = 10
_SECRET_BYTES = 20  # as long as SHA-1's digest, what RFC 4226 asks for
_STEP_SECONDS, _TOLERANCE = 30, 1
# A wrong code is followed by a pause that doubles: 1, 2, 4 … seconds. At its longest it leaves 96 guesses a day, of
# which each hits with 3 in a million.
_LONGEST_PAUSE = 900


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a code: taken as "app" or "recovery", or refused, perhaps for having come too soon."""

    taken_as: str = ""
    wait_seconds: float = 0.0

    @property
    def is_right(self) -> bool:
        return bool(self.taken_as)


def pause(failures: int, *, failed_at: datetime | None, now: datetime) -> float:
    """Seconds until the next code is looked at."""
    if not failures or failed_at is None:
        return 0.0
    return max(0.0, min(2 ** min(failures - 1, 20), _LONGEST_PAUSE) - (now - failed_at).total_seconds())


def is_on(user: Any) -> bool:
    """Whether logging in takes a second factor."""
    return SecondFactor.objects.filter(user_id=user.pk, confirmed_at__isnull=False).exists()


def begin(user: Any, *, now: datetime) -> SecondFactor | None:
    """A fresh secret that waits for its first code; None when the person has a factor already."""
    with transaction.atomic():
        SecondFactor.objects.filter(user_id=user.pk, confirmed_at=None).delete()
        if is_on(user):
            return None
        return SecondFactor.objects.create(user_id=user.pk, secret=secrets.token_hex(_SECRET_BYTES), created_at=now)


def waiting(user: Any) -> SecondFactor | None:
    """The factor that was begun and not confirmed."""
    return SecondFactor.objects.filter(user_id=user.pk, confirmed_at=None).first()


def confirm(user: Any, code: str, *, now: datetime) -> list[str]:
    """The recovery codes, seen this once; none when the code is wrong or nothing waits for one."""
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().filter(user_id=user.pk, confirmed_at=None).first()
        if factor is None or not _judge(factor, code, now=now).is_right:
            return []
        factor.confirmed_at = now
        factor.save(update_fields=["confirmed_at"])
        codes = _renew(factor)
        audit.record("second_factor.enable", actor=user, obj=("user", user.pk), now=now)
    return codes


def verify(user: Any, code: str, *, now: datetime) -> Verdict:
    """Whether the code lets this person in; a code that did is never taken again."""
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().filter(user_id=user.pk, confirmed_at__isnull=False).first()
        return _judge(factor, code, now=now) if factor else Verdict()


def renew_recovery_codes(user: Any, *, now: datetime) -> list[str]:
    """New recovery codes, seen this once; the old ones are void. None without a factor."""
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().filter(user_id=user.pk, confirmed_at__isnull=False).first()
        if factor is None:
            return []
        codes = _renew(factor)
        audit.record("second_factor.codes", actor=user, obj=("user", user.pk), now=now)
    return codes


def disable(user: Any, *, actor: Any, now: datetime) -> bool:
    """Whether there was a factor to take away; its recovery codes go with it."""
    with transaction.atomic():
        if not SecondFactor.objects.filter(user_id=user.pk).delete()[0]:
            return False
        audit.record("second_factor.disable", actor=actor, obj=("user", user.pk), now=now)
    return True


def recovery_codes_left(user: Any) -> int:
    return RecoveryCode.objects.filter(factor__user_id=user.pk, used_at=None).count()


def written_secret(factor: SecondFactor) -> str:
    """The secret as apps want it typed: base32, in groups of four."""
    text = base64.b32encode(bytes.fromhex(factor.secret)).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def uri(factor: SecondFactor, *, username: str) -> str:
    """The otpauth address that a QR code carries."""
    asked = {"secret": written_secret(factor).replace(" ", ""), "issuer": ISSUER, "digits": 6, "period": _STEP_SECONDS}
    return f"otpauth://totp/{quote(f'{ISSUER}:{username}')}?{urlencode(asked, quote_via=quote)}"


def code_at(factor: SecondFactor, *, now: datetime) -> str:
    """What the app shows at a moment."""
    return f"{_totp(factor, now=now).token():06d}"


def _totp(factor: SecondFactor, *, now: datetime) -> TOTP:
    totp = TOTP(bytes.fromhex(factor.secret), step=_STEP_SECONDS, digits=6)
    totp.time = now.timestamp()
    return totp


def _judge(factor: SecondFactor, code: str, *, now: datetime) -> Verdict:
    if wait := pause(factor.failures, failed_at=factor.failed_at, now=now):
        return Verdict(wait_seconds=wait)
    taken_as = _take(factor, "".join(code.split()).replace("-", "").lower(), now=now)
    factor.failures, factor.failed_at = (0, None) if taken_as else (factor.failures + 1, now)
    factor.save(update_fields=["last_step", "failures", "failed_at"])
    return Verdict(taken_as)


def _take(factor: SecondFactor, code: str, *, now: datetime) -> str:
    if len(code) == 6 and code.isascii() and code.isdecimal():
        totp = _totp(factor, now=now)
        if totp.verify(int(code), tolerance=_TOLERANCE, min_t=factor.last_step + 1):
            factor.last_step = totp.t()
            return "app"
        return ""
    unused = factor.recovery_codes.filter(digest=_digest(code), used_at=None)
    return "recovery" if unused.update(used_at=now) else ""


def _renew(factor: SecondFactor) -> list[str]:
    factor.recovery_codes.all().delete()
    codes = [secrets.token_hex(10) for _ in range(RECOVERY_CODES)]  # 80 bits: a plain hash is enough
    RecoveryCode.objects.bulk_create(RecoveryCode(factor=factor, digest=_digest(code)) for code in codes)
    return ["-".join(code[start : start + 5] for start in range(0, 20, 5)) for code in codes]


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode("utf-8", "replace")).digest()
