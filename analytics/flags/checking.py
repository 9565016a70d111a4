"""Whether what somebody wants of a flag is sound, and in which form it is stored. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.core.exceptions import ValidationError

from analytics.flags import definitions
from analytics.flags.definitions import RUNTIMES
from analytics.flags.operators import number_of
from events.values.texts import short_form

MOST_CONDITIONS, MOST_FILTERS, MOST_VARIANTS, MOST_VALUES = 50, 20, 50, 500
PAYLOAD_BYTES = 64 * 1024
DOCUMENT_BYTES = 256 * 1024
LONGEST_KEY = 200
_KEY = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A flag as a person or a program describes it; `filters` in PostHog's form, percentages as typed."""

    filters: Mapping[str, Any]
    description: str = ""
    is_active: bool = False
    is_by_device: bool = False
    is_continuous: bool = False
    runtime: str = "all"
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    group_type: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What a definition may refer to: the other flags, with those each leans on, and audiences."""

    flags: Mapping[str, Sequence[str]] = field(default_factory=dict)
    audiences: Collection[str] = ()


def key_of(typed: str) -> str:
    """A key that can be one. Raises ValidationError."""
    key = typed.strip()
    if not key or len(key) > LONGEST_KEY or not set(key) <= _KEY:
        meant = short_form(key, most=LONGEST_KEY)
        mended = f"write {meant}" if meant else "write one such as new-checkout"
        raise ValidationError({"key": f"1 to {LONGEST_KEY} letters, digits, and - _ . are a key: {mended}."})
    return key


def checked(wanted: Wanted, *, key: str, known: Known, group_type: int | None) -> dict[str, Any]:
    """The filters as they are stored. Raises ValidationError, by field."""
    sent = wanted.filters
    if wanted.runtime not in RUNTIMES:
        raise ValidationError({"runtime": f"One of {', '.join(RUNTIMES)}."})
    if wanted.starts_at and wanted.ends_at and wanted.starts_at >= wanted.ends_at:
        raise ValidationError({"ends_at": "It would end before it starts."})
    if not isinstance(sent, Mapping):
        raise ValidationError({"filters": "An object with groups."})
    variants = list(_variants(_list((sent.get("multivariate") or {}), "variants")))
    names = [variant["key"] for variant in variants]
    groups = [_group(one, number, names, known) for number, one in enumerate(_list(sent, "groups"), 1)]
    if not 1 <= len(groups) <= MOST_CONDITIONS:
        raise ValidationError({"groups": f"1 to {MOST_CONDITIONS} conditions."})
    stored: dict[str, Any] = {
        "groups": groups,
        "multivariate": {"variants": variants} if variants else None,
        "payloads": _payloads(sent.get("payloads") or {}, names),
        "holdout": _holdout(sent.get("holdout")),
        "early_exit": sent.get("early_exit") is True,
        "feature_enrollment": sent.get("feature_enrollment") is True,
        "aggregation_group_type_index": group_type,
    }
    if len(orjson.dumps(stored)) > DOCUMENT_BYTES:
        raise ValidationError({"groups": "The definition is too long."})
    leans = list(definitions.needed(stored))
    if leans and not definitions.chain(key, {**known.flags, key: leans}):
        raise ValidationError({"groups": f"This flag would lean on itself, by way of {', '.join(leans)}."})
    return stored


def audience(sent: Any, *, known: Known, name: str = "") -> dict[str, Any]:
    """The definition of an audience as it is stored: one of several lists of filters. Raises ValidationError."""
    groups = _list(sent, "values") if isinstance(sent, Mapping) else []
    if not 1 <= len(groups) <= MOST_CONDITIONS:
        raise ValidationError({"definition": f"1 to {MOST_CONDITIONS} lists of filters."})
    found = []
    for number, group in enumerate(groups, 1):
        members = [_filter(one, number, known) for one in _list(group, "values")]
        if not 1 <= len(members) <= MOST_FILTERS or any(one["type"] == "flag" for one in members):
            reason = f"Condition {number}: 1 to {MOST_FILTERS} properties; an audience leans on no flag."
            raise ValidationError({"definition": reason})
        found.append({"type": "AND", "values": members})
    return {"type": "OR", "values": found}


def override(value: Any, *, variants: Collection[str]) -> bool | str:
    """A value that a flag can have. Raises ValidationError."""
    if isinstance(value, bool) or (isinstance(value, str) and value in variants):
        return value
    raise ValidationError({"value": f"true, false{''.join(f', {name}' for name in variants)}."})


def _list(sent: Any, name: str) -> list[Mapping[str, Any]]:
    found = sent.get(name) if isinstance(sent, Mapping) else None
    if found is not None and not (isinstance(found, list) and all(isinstance(one, Mapping) for one in found)):
        raise ValidationError({"groups": f"{name} is a list of objects."})
    return found or []


def _percentage(value: Any, where: str, name: str) -> float:
    number = number_of(value)
    if number is None or not 0 <= number <= 100:
        raise ValidationError({name: f"{where}: a percentage is a number from 0 to 100."})
    return int(number) if number == int(number) else round(number, 4)


def _variants(sent: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    if len(sent) > MOST_VARIANTS:
        raise ValidationError({"variants": f"At most {MOST_VARIANTS} variants."})
    names: set[str] = set()
    total = 0.0
    for one in sent:
        name = str(one.get("key") or "").strip()
        if not name or len(name) > LONGEST_KEY or not set(name) <= _KEY or name in names:
            raise ValidationError({"variants": f"{name or 'A variant'}: names are letters, digits, - _ . and once."})
        if name in ("true", "false") or name.startswith("holdout-"):
            raise ValidationError({"variants": f"{name}: a variant of this name could not be told from no variant."})
        share = _percentage(one.get("rollout_percentage"), name, "variants")
        names.add(name)
        total += share
        yield {"key": name, "name": str(one.get("name") or "")[:200], "rollout_percentage": share}
    if sent and abs(total - 100) > 0.011:
        raise ValidationError({"variants": f"The shares of the variants add up to {total:.6g} and not to 100."})


def _group(sent: Mapping[str, Any], number: int, variants: Collection[str], known: Known) -> dict[str, Any]:
    properties = _list(sent, "properties")
    if len(properties) > MOST_FILTERS:
        raise ValidationError({"groups": f"Condition {number}: at most {MOST_FILTERS} properties."})
    variant = sent.get("variant") or None
    if variant is not None and variant not in variants:
        raise ValidationError({"groups": f"Condition {number}: there is no variant {variant!r}."})
    rollout = sent.get("rollout_percentage")
    share = 100 if rollout in (None, "") else _percentage(rollout, f"Condition {number}", "groups")
    return {
        "properties": [_filter(one, number, known) for one in properties],
        "rollout_percentage": share,
        "variant": variant,
    }


def _filter(sent: Mapping[str, Any], number: int, known: Known) -> dict[str, Any]:
    kind, operator, value = sent.get("type") or "person", sent.get("operator") or "exact", sent.get("value")
    key = str(sent.get("key") or "").strip()

    def refuse(why: str) -> ValidationError:
        return ValidationError({"groups": f"Condition {number}, {key or kind}: {why}."})

    if len(key) > LONGEST_KEY or len(value if isinstance(value, list | str) else "") > 4000:
        raise refuse("it is too long")
    if isinstance(value, list) and len(value) > MOST_VALUES:
        raise refuse(f"at most {MOST_VALUES} values")
    match kind:
        case "cohort":
            if str(value) not in known.audiences:
                raise refuse("there is no such audience")
            if operator not in ("in", "not_in", "exact"):
                raise refuse("a person is in an audience, or not in it")
            return {"type": "cohort", "key": "id", "value": int(str(value)), "operator": operator}
        case "flag":
            if key not in known.flags:
                raise refuse("there is no such flag")
            if not isinstance(value, bool | str) or value == "":
                raise refuse("the value is true, false or a variant")
            return {"type": "flag", "key": key, "value": value, "operator": "flag_evaluates_to"}
        case "person" | "group":
            found: dict[str, Any] = {"type": kind, "key": key, "value": value, "operator": operator}
            if problem := definitions.problem_of(found):
                raise refuse(problem)
            return found | ({"negation": True} if sent.get("negation") is True else {})
    raise refuse("its type is person, group, cohort or flag")


def _payloads(sent: Any, variants: Collection[str]) -> dict[str, str]:
    """JSON texts by variant; a value that is no text is written as one."""
    if not isinstance(sent, Mapping):
        raise ValidationError({"payloads": "An object: JSON by variant, or under true."})
    found = {}
    for name, value in sent.items():
        if name not in variants and name != "true":
            raise ValidationError({"payloads": f"There is no variant {name!r}."})
        text = value if isinstance(value, str) else orjson.dumps(value).decode()
        if not text.strip():
            continue
        try:
            orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise ValidationError({"payloads": f"{name}: no JSON; {error}."}) from None
        if len(text.encode()) > PAYLOAD_BYTES:
            raise ValidationError({"payloads": f"{name}: at most {PAYLOAD_BYTES // 1024} KiB."})
        found[str(name)] = text
    return found


def _holdout(sent: Any) -> dict[str, Any] | None:
    if not sent:
        return None
    if not isinstance(sent, Mapping):
        raise ValidationError({"holdout": "An object with id and exclusion_percentage."})
    number = str(sent.get("id") or "")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise ValidationError({"holdout": "A holdout has a number, the same for all flags that share it."})
    share = _percentage(sent.get("exclusion_percentage"), "Holdout", "holdout")
    return {"id": int(number), "exclusion_percentage": share}
