"""What PostHog's SDKs say of consent among their events, kept before the events are read.

posthog-js sends `$opt_in` when somebody agrees (`opt_in_capturing`); taking back sends nothing at all, so that is said
at an address of its own. Who agreed before they logged in goes on agreeing under their own id, as long as that one has
said nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import DatabaseError, InterfaceError, connection

from events.accounts.keys import Key
from events.consent import ledger, standing
from events.ingest.intake import Unavailable
from events.models import ConsentRecord
from events.persons import rules
from events.protocols.fields.texts import scalar
from events.protocols.product import posthog
from events.values import lenient, pseudonyms
from events.values.modes import CONSENT
from events.visitors.naming import COOKIELESS

OPT_IN = "$opt_in"
VERSION = "consent_version"
_SAME = {"$identify": "$anon_distinct_id", "$create_alias": "alias"}


def hear(events: tuple[dict[str, Any], ...], key: Key, *, now: datetime) -> None:
    """Keep who agrees, in a project that asks. Raises Unavailable while it cannot be kept: the SDK tries again."""
    if key.analytics != CONSENT:
        return
    said = list(_said(events))
    # One question for all who send, whose answers the decoder finds.
    ids = {distinct_id for _, own, other, _ in said for distinct_id in (own, other) if distinct_id}
    visitors = {distinct_id: pseudonyms.visitor(key.pepper, distinct_id) for distinct_id in ids}
    try:
        for name, own, other, version in said:
            if name == OPT_IN:
                _give(key, visitors[own], ConsentRecord.Source.SDK, version, now=now)
            elif other:
                _carry_over(key, visitors[own], visitors[other], now=now)
    except (DatabaseError, InterfaceError) as error:
        connection.close()
        raise Unavailable from error
    standing.of(key.project_id, visitors.values())


def _said(events: tuple[dict[str, Any], ...]) -> Iterator[tuple[str, str, str, str]]:
    """Name, id, the id that is the same person's, and version of the text, of each event that names somebody."""
    for event in events:
        told = lenient.mapping(event.get("properties"))
        name, own = scalar(event.get("event"), 200), posthog.distinct_id(event).strip()
        if not own or own == COOKIELESS:
            continue
        other = scalar(told.get(_SAME[name]), 200).strip() if name in _SAME else ""
        is_legal = rules.is_legal(own) and (not other or rules.is_legal(other))
        if name == OPT_IN and not is_legal:
            continue
        yield name, own, other if is_legal else "", scalar(told.get(VERSION), ledger.LONGEST_VERSION)


def _give(key: Key, visitor: int, source: str, version: str, *, now: datetime) -> None:
    ledger.record(key.project_id, visitor, state=ledger.GIVEN, source=source, version=version, now=now)


def _carry_over(key: Key, own: int, other: int, *, now: datetime) -> None:
    said = standing.read(key.project_id, [own, other])
    if own not in said and said.get(other) == ledger.GIVEN:
        version = ConsentRecord.objects.filter(project_id=key.project_id, visitor=other).order_by("-number")
        _give(key, own, ConsentRecord.Source.MERGE, version.values_list("version", flat=True)[0], now=now)
