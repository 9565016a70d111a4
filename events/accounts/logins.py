"""Failed logins: counted by name and network, locked out in tiers, told to the audit trail within bounds.

Neither the typed name (people type their password there) nor a whole address is kept.
"""

from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Count, Sum

from events.accounts import audit
from events.models import AuditEntry, LoginFailure
from events.values import addresses, pseudonyms

# Entries of their own in a minute; the rest is summed up in one.
TOLD_PER_MINUTE = 20
# A name nobody guesses at for this long starts from nothing again; longer than the longest lockout.
FORGOTTEN_AFTER = timedelta(days=2)
# In lengths of the first lockout: by default a quarter of an hour, two hours, a day.
_TIERS = (1, 8, 96)


def lockout(lockouts: int) -> timedelta:
    """How long the lockout after `lockouts` earlier ones lasts."""
    return timedelta(hours=settings.OBS_LOGIN_COOLOFF_HOURS) * _TIERS[min(lockouts, len(_TIERS) - 1)]


def locked_for(name: str, *, address: str, now: datetime) -> timedelta:
    """How long this name may not be tried from this network; zero when it may."""
    until = _rows(name, address).values_list("locked_until", flat=True).first()
    return max(until - now, timedelta(0)) if until else timedelta(0)


def note_failure(name: str, *, address: str, now: datetime) -> bool:
    """Counts a wrong password; whether the name is locked out from that network now.

    While it is locked nothing is tried, and the lockout does not grow.
    """
    with transaction.atomic():
        row, _ = LoginFailure.objects.get_or_create(
            name=_pseudonym(name), address=addresses.cut(address), defaults={"failed_at": now}
        )
        row = LoginFailure.objects.select_for_update().get(pk=row.pk)
        is_locked = row.locked_until is not None and row.locked_until > now
        if is_locked:
            row.untold_count += 1
            row.save(update_fields=["untold_count"])
            return True
        row.failed_at = now
        row.failures += 1
        if row.failures >= settings.AXES_FAILURE_LIMIT:
            row.locked_until = now + lockout(row.lockouts)
            row.failures, row.lockouts, is_locked = 0, row.lockouts + 1, True
        is_told = _may_tell(now=now)
        row.untold_count += not is_told
        row.save()
        if is_told:
            detail = {"step": "password", "lockouts": row.lockouts} if is_locked else {"step": "password"}
            _tell(name, locked=is_locked, detail=detail, address=address, now=now)
    return is_locked


def note_wrong_code(user: Any, *, address: str, now: datetime) -> None:
    """One entry for a wrong second factor, as long as there are not too many."""
    if _may_tell(now=now):
        audit.record("login.failed", actor=user, via="session", detail={"step": "code"}, address=address, now=now)


def note_success(name: str, *, address: str) -> None:
    """The right password ends the count of that name at that network."""
    _rows(name, address).update(failures=0, lockouts=0, locked_until=None)


def tell_failures(*, now: datetime) -> int:
    """How many failures, too many to tell each, one entry now sums up; old counts are forgotten."""
    with transaction.atomic():
        untold = LoginFailure.objects.filter(untold_count__gt=0).select_for_update()
        found = LoginFailure.objects.filter(pk__in=[row.pk for row in untold]).aggregate(
            failures=Sum("untold_count"), names=Count("name", distinct=True), networks=Count("address", distinct=True)
        )
        LoginFailure.objects.filter(pk__in=[row.pk for row in untold]).update(untold_count=0)
        LoginFailure.objects.filter(failed_at__lt=now - FORGOTTEN_AFTER).delete()
        if found["failures"]:
            audit.record("login.failed", actor=None, via="system", detail=found, now=now)
    return found["failures"] or 0


def end(user: Any, *, keep: str = "") -> int:
    """How many logins of this person were ended: all but the session named `keep`."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    ended = 0
    # Sessions do not say whose they are: each is looked into. There are as many as people logged in within half a day.
    for session in Session.objects.exclude(session_key=keep).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            store(session.session_key).delete()
            ended += 1
    return ended


def forget_expired_sessions(*, now: datetime) -> int:
    """How many logins that are over, whether or not anybody logged out, are gone from the table."""
    gone, _ = Session.objects.filter(expire_date__lt=now).delete()
    return gone


def _rows(name: str, address: str) -> Any:
    return LoginFailure.objects.filter(name=_pseudonym(name), address=addresses.cut(address))


def _pseudonym(name: str) -> str:
    return pseudonyms.of(settings.OBS_AUDIT_KEY.encode(), "login", name)


def _may_tell(*, now: datetime) -> bool:
    recent = AuditEntry.objects.filter(at__gt=now - timedelta(minutes=1), action__in=("login.failed", "login.locked"))
    return recent.count() < TOLD_PER_MINUTE


def _tell(name: str, *, locked: bool, detail: dict[str, Any], address: str, now: datetime) -> None:
    """An entry that names the person, if there is one of that name, and nobody else."""
    user = get_user_model()._default_manager.filter(username=name[:150].replace("\0", "")).first()
    action = "login.locked" if locked else "login.failed"
    audit.record(action, actor=user or "nobody", via="session", detail=detail, address=address, now=now)
