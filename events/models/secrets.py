"""Secrets at rest: encrypted by the first of OBS_ENCRYPTION_KEYS, read by any of them."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models, transaction

from events.runtime.lazy import lazy
from events.runtime.progress import Watch, unwatched

if TYPE_CHECKING:
    from cryptography import fernet
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf import hkdf
else:
    fernet = lazy("cryptography.fernet")
    hashes = lazy("cryptography.hazmat.primitives.hashes")
    hkdf = lazy("cryptography.hazmat.primitives.kdf.hkdf")


class Undecipherable(ValueError):
    """No configured key reads this value: the key that wrote it was removed, or the value was edited."""


def encrypt(value: str) -> str:
    """The value under the first key."""
    return _keyring().encrypt(value.encode()).decode()


def decrypt(value: str) -> str:
    """The plain value; raises Undecipherable."""
    try:
        return _keyring().decrypt(value.encode()).decode()
    except fernet.InvalidToken:
        raise Undecipherable("No key of OBS_ENCRYPTION_KEYS reads this value.") from None


def fernet_key(configured: str) -> bytes:
    """The key Fernet wants: 64 hex digits are stretched for this purpose, a Fernet key is taken as it is."""
    try:
        if len(configured) == 64:
            derivation = hkdf.HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"obs secrets")
            return base64.urlsafe_b64encode(derivation.derive(bytes.fromhex(configured)))
        if len(base64.urlsafe_b64decode(configured)) == 32:
            return configured.encode()
    except (ValueError, binascii.Error):
        pass
    raise ImproperlyConfigured("OBS_ENCRYPTION_KEYS: each key is 64 hex digits or a Fernet key.")


def _keyring() -> fernet.MultiFernet:
    return fernet.MultiFernet([fernet.Fernet(fernet_key(key)) for key in settings.OBS_ENCRYPTION_KEYS])


class EncryptedTextField(models.TextField):
    """Text that only the process with the keys can read; no lookup but isnull makes sense on it."""

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else encrypt(str(value))

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return None if value is None else decrypt(value)

    def get_lookup(self, lookup_name: str) -> Any:
        """Only isnull: the same text is encrypted differently each time, so that no comparison could ever match."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None


def rotate(*, watch: Watch = unwatched) -> int:
    """Rewrites every encrypted value under the first key; how many values there were. Old keys may go afterwards."""
    count = 0
    for model in apps.get_models():
        names = [field.name for field in model._meta.concrete_fields if isinstance(field, EncryptedTextField)]
        if not names:
            continue
        with transaction.atomic():
            for row in watch(model._default_manager.select_for_update(of=("self",)).only("pk", *names)):
                row.save(update_fields=names)
                count += len(names)
    return count
