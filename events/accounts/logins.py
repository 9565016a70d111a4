"""Failed logins: counted by name and network, and by network alone; locked out in tiers, told within bounds.

Neither the typed name (people type their password there) nor a whole address is kept.
"""

from collections.abc import Iterator
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
# Stands where a name's pseudonym would: the failures of a network, of whichever name.
_NETWORK = "network"
# Whoever logged in from a network within this time is no stranger to it; a network's lockout is of strangers.
KNOWN_FOR = timedelta(days=30)
# In lengths of the first lockout: by default a quarter of an hour, two hours, a day.
_TIERS = (1, 8, 96)


def lockout(lockouts: int) -> timedelta:
    """How long the lockout after `lockouts` earlier ones lasts."""
    return timedelta(hours=settings.OBS_LOGIN_COOLOFF_HOURS) * _TIERS[min(lockouts, len(_TIERS) - 1)]


def locked_for(name: str, *, address: str, now: datetime) -> timedelta:
    """How long this name may not be tried from this network; zero when it may."""
    rows = dict(_rows(name, address).values_list("name", "locked_until"))
    network = _left(rows.pop(_NETWORK, None), now=now)
    own = max((_left(until, now=now) for until in rows.values()), default=timedelta(0))
    return max(own, network) if network and not _is_known(name, address=address, now=now) else own


def note_failure(name: str, *, address: str, now: datetime) -> bool:
    """Counts a wrong password; whether the name is locked out from that network now.

    While it is locked nothing is tried, and the lockout does not grow.
    """
    with transaction.atomic():
        network = _counted(_NETWORK, address, now=now)
        if _left(network.locked_until, now=now) and not _is_known(name, address=address, now=now):
            network.untold_count += 1
            network.save(update_fields=["untold_count"])
            return True
        row = _counted(_pseudonym(name), address, now=now)
        if _left(row.locked_until, now=now):
            row.untold_count += 1
            row.save(update_fields=["untold_count"])
            return True
        is_locked = _count(row, most=settings.AXES_FAILURE_LIMIT, now=now)
        if now - network.failed_at > lockout(0):
            network.failures = 0  # a busy office mistypes all day; a guesser does not wait between names
        is_network_locked = not _left(network.locked_until, now=now) and _count(
            network, most=settings.OBS_LOGIN_NETWORK_LIMIT, last_tier=1, now=now
        )
        is_told = _may_tell(now=now)
        row.untold_count += not is_told
        network.save()
        row.save()
        if is_told:
            detail: dict[str, Any] = (
                {"step": "password", "lockouts": row.lockouts} if is_locked else {"step": "password"}
            )
            detail |= {"network": True} if is_network_locked else {}
            _tell(name, locked=is_locked or is_network_locked, detail=detail, address=address, now=now)
    return is_locked or bool(_left(network.locked_until, now=now) and not _is_known(name, address=address, now=now))


def note_wrong_code(user: Any, *, address: str, now: datetime) -> None:
    """One entry for a wrong second factor, as long as there are not too many."""
    if _may_tell(now=now):
        audit.record("login.failed", actor=user, via="session", detail={"step": "code"}, address=address, now=now)


def note_success(name: str, *, address: str) -> None:
    """The right password ends the count of that name at that network, and not that of the network."""
    _rows(name, address).exclude(name=_NETWORK).update(failures=0, lockouts=0, locked_until=None)


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
    others = [key for key, _ in lasting(user) if key != keep]
    for key in others:
        end_one(key)
    return len(others)


def lasting(user: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the key and the contents of each session of this person."""
    # Sessions do not say whose they are: each is looked into. There are as many as people logged in within half a day.
    for session in Session.objects.iterator():
        kept = session.get_decoded()
        if kept.get(SESSION_KEY) == str(user.pk):
            yield session.session_key, kept


def end_one(key: str) -> None:
    """The session of that key is over."""
    import_module(settings.SESSION_ENGINE).SessionStore(key).delete()


def forget_expired_sessions(*, now: datetime) -> int:
    """How many logins that are over, whether or not anybody logged out, are gone from the table."""
    gone, _ = Session.objects.filter(expire_date__lt=now).delete()
    return gone


def _rows(name: str, address: str) -> Any:
    """The count of the name at the network, and that of the network."""
    return LoginFailure.objects.filter(name__in=[_pseudonym(name), _NETWORK], address=addresses.cut(address))


def _counted(name: str, address: str, *, now: datetime) -> LoginFailure:
    """The row of this count, locked until the transaction ends. Names are asked for after the network: one order."""
    row, _ = LoginFailure.objects.get_or_create(name=name, address=addresses.cut(address), defaults={"failed_at": now})
    return LoginFailure.objects.select_for_update().get(pk=row.pk)


def _count(row: LoginFailure, *, most: int, last_tier: int = len(_TIERS) - 1, now: datetime) -> bool:
    """One failure more; whether it locks."""
    row.failed_at = now
    row.failures += 1
    if row.failures < most:
        return False
    row.locked_until = now + lockout(min(row.lockouts, last_tier))
    row.failures, row.lockouts = 0, row.lockouts + 1
    return True


def _left(until: datetime | None, *, now: datetime) -> timedelta:
    return max(until - now, timedelta(0)) if until else timedelta(0)


def _is_known(name: str, *, address: str, now: datetime) -> bool:
    """Whether somebody of this name logged in from this network lately."""
    entries = AuditEntry.objects.filter(at__gt=now - KNOWN_FOR, action="login", address=addresses.cut(address))
    return entries.filter(actor=_plain(name)).exists()


def _pseudonym(name: str) -> str:
    return pseudonyms.of(settings.OBS_AUDIT_KEY.encode(), "login", name)


def _plain(name: str) -> str:
    """A typed name as a column can hold it."""
    return name[:150].replace("\0", "")


def _may_tell(*, now: datetime) -> bool:
    recent = AuditEntry.objects.filter(at__gt=now - timedelta(minutes=1), action__in=("login.failed", "login.locked"))
    return recent.count() < TOLD_PER_MINUTE


def _tell(name: str, *, locked: bool, detail: dict[str, Any], address: str, now: datetime) -> None:
    """An entry that names the person, if there is one of that name, and nobody else."""
    user = get_user_model()._default_manager.filter(username=_plain(name)).first()
    action = "login.locked" if locked else "login.failed"
    audit.record(action, actor=user or "nobody", via="session", detail=detail, address=address, now=now)
