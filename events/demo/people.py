"""Who buys in the demo's shop: people of ten accounts with a login, and customers who are known by a number."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

COUNT = 400
ACCOUNTS: Mapping[str, Mapping[str, str | int]] = {
    "lindqvist-shelving": {"branch": "furniture", "plan": "framework", "seats": 40},
    "okafor-labs": {"branch": "laboratory", "plan": "framework", "seats": 25},
    "pfeil-logistics": {"branch": "logistics", "plan": "framework", "seats": 120},
    "brandt-and-sons": {"branch": "crafts", "plan": "standard", "seats": 6},
    "northern-clinics": {"branch": "health", "plan": "punchout", "seats": 300},
    "alpen-hotels": {"branch": "hotels", "plan": "standard", "seats": 18},
    "city-of-weiden": {"branch": "public", "plan": "punchout", "seats": 90},
    "meridian-cranes": {"branch": "engineering", "plan": "framework", "seats": 65},
    "fjord-foods": {"branch": "food", "plan": "standard", "seats": 12},
    "helios-schools": {"branch": "education", "plan": "standard", "seats": 30},
}
_GIVEN = ("mara", "jonas", "ines", "teo", "lena", "karl")
_FAMILY = ("lind", "pfeil", "okafor", "brandt", "huber", "winter", "sato", "costa", "meyer", "novak")
_ROLES = ("buyer", "buyer", "buyer", "approver", "approver", "administrator")


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody with a login, of an account."""

    login: str
    account: str
    role: str

    @property
    def properties(self) -> dict[str, str | int]:
        return {"role": self.role, "account": self.account, **ACCOUNTS[self.account]}


def _everybody() -> dict[str, Named]:
    """Sixty people, six of each account."""
    accounts = list(ACCOUNTS)
    named = [
        Named(f"{given}-{family}", accounts[place], role)
        for place, family in enumerate(_FAMILY)
        for given, role in zip(_GIVEN, _ROLES, strict=True)
    ]
    return {one.login: one for one in named}


NAMED = _everybody()
_LOGINS = tuple(NAMED)


def called(place: int) -> str:
    """The id of one of the COUNT, those with a login first."""
    return _LOGINS[place] if place < len(_LOGINS) else f"customer-{1000 + place}"


def somebody(dice: random.Random) -> str:
    """One of two hundred who meet the backend, few of whom come often."""
    return called(int(200 * dice.random() ** 1.7))
