"""A flag between the form and the store: plain fields, as many rows as somebody asked for, no script needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError

from analytics.flags import changing
from analytics.flags.checking import Wanted
from analytics.flags.operators import OPERATORS, text_of
from analytics.models import Audience, Flag

# Rows that a form may have; the store has limits of its own.
MOST = 50
WORDS = {
    "exact": "is one of", "is_not": "is none of", "is_set": "is set", "is_not_set": "is not set",
    "icontains": "contains", "not_icontains": "does not contain", "starts_with": "begins with",
    "not_starts_with": "does not begin with", "ends_with": "ends with", "not_ends_with": "does not end with",
    "regex": "matches the pattern", "not_regex": "does not match the pattern", "gt": "is more than",
    "gte": "is at least", "lt": "is less than", "lte": "is at most", "is_date_before": "is a date before",
    "is_date_after": "is a date after", "semver_eq": "is the version", "semver_neq": "is not the version",
    "semver_gt": "is a version after", "semver_gte": "is the version or later", "semver_lt": "is a version before",
    "semver_lte": "is the version or earlier", "semver_tilde": "is a version ~", "semver_caret": "is a version ^",
    "semver_wildcard": "is a version like",
}  # fmt: skip
OTHERS = {"in": "in the audience", "not_in": "not in the audience", "flag_evaluates_to": "flag has the value"}
CHOICES = [*WORDS.items(), *OTHERS.items()]
assert set(WORDS) == set(OPERATORS)


@dataclass(frozen=True, slots=True)
class Row:
    """A filter as it is typed: a property, an audience by name, or a flag by key."""

    key: str = ""
    operator: str = "exact"
    value: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.key.strip() and not self.value.strip()

    @property
    def sentence(self) -> str:
        """The filter in words."""
        words = {**WORDS, **OTHERS}.get(self.operator, self.operator)
        return f"{self.key} {words} {self.value}".strip()


@dataclass(frozen=True, slots=True)
class Block:
    """A condition as it is typed."""

    rows: tuple[Row, ...] = (Row(),)
    share: str = "100"
    variant: str = ""


@dataclass(frozen=True, slots=True)
class VariantRow:
    key: str = ""
    share: str = ""
    payload: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """All fields of the form."""

    texts: Mapping[str, str] = field(default_factory=dict)
    ticked: frozenset[str] = frozenset()
    blocks: tuple[Block, ...] = (Block(),)
    variants: tuple[VariantRow, ...] = ()

    def grown(self, add: str) -> Draft:
        """The form with one row more, or one condition less, as a button of it asks."""
        what, _, number = add.partition("-")
        index = int(number) if number.isdecimal() and len(number) < 4 else -1
        match what:
            case "condition" if len(self.blocks) < MOST:
                return replace(self, blocks=(*self.blocks, Block()))
            case "variant" if len(self.variants) < MOST:
                return replace(self, variants=(*self.variants, VariantRow()))
            case "property" if 0 <= index < len(self.blocks):
                grown = replace(self.blocks[index], rows=(*self.blocks[index].rows, Row()))
                return replace(self, blocks=(*self.blocks[:index], grown, *self.blocks[index + 1 :]))
            case "drop" if 0 <= index < len(self.blocks) > 1:
                return replace(self, blocks=(*self.blocks[:index], *self.blocks[index + 1 :]))
        return self


TEXTS = (
    "key", "description", "runtime", "group_type", "starts_at", "ends_at", "holdout_id", "holdout_share", "payload",
    "note", "based_on", "name",
)  # fmt: skip
TICKS = ("is_active", "is_by_device", "is_continuous", "early_exit", "feature_enrollment")


def of_post(sent: Mapping[str, str]) -> Draft:
    """What was typed, rows in their order."""

    def text(name: str, limit: int = 70_000) -> str:
        return str(sent.get(name, "")).replace("\0", "")[:limit]

    blocks = []
    for number in range(MOST):
        if f"c-{number}-share" not in sent:
            break
        rows = []
        for row in range(MOST):
            name = f"c-{number}-{row}"
            if f"{name}-operator" not in sent:
                break
            rows.append(Row(text(f"{name}-key", 300), text(f"{name}-operator", 30), text(f"{name}-value", 5_000)))
        share, variant = text(f"c-{number}-share", 20), text(f"c-{number}-variant", 300)
        blocks.append(Block(tuple(rows) or (Row(),), share, variant))
    variants = []
    for number in range(MOST):
        if f"v-{number}-key" not in sent:
            break
        variants.append(
            VariantRow(text(f"v-{number}-key", 300), text(f"v-{number}-share", 20), text(f"v-{number}-payload"))
        )
    return Draft(
        {name: text(name) for name in TEXTS if name in sent},
        frozenset(name for name in TICKS if sent.get(name)),
        tuple(blocks) or (Block(),),
        tuple(variants),
    )


def of_flag(flag: Flag, *, audiences: Iterable[Audience] | None = None) -> Draft:
    """The form of a flag as it is; `audiences` are those of its project, asked for where they are not given."""
    filters = flag.filters
    payloads, holdout = filters.get("payloads") or {}, filters.get("holdout") or {}
    named = Audience.objects.filter(project=flag.project).only("name") if audiences is None else audiences
    names = {str(one.pk): one.name for one in named}
    texts = {
        "description": flag.description,
        "runtime": flag.runtime,
        "group_type": changing.group_type_of(flag),
        "starts_at": _typed(flag.starts_at),
        "ends_at": _typed(flag.ends_at),
        "holdout_id": str(holdout.get("id", "")),
        "holdout_share": text_of(holdout["exclusion_percentage"]) if holdout else "",
        "payload": payloads.get("true", ""),
        "based_on": str(flag.version),
    }
    ticked = {name for name in TICKS if getattr(flag, name, None) is True or filters.get(name) is True}
    variants = (filters.get("multivariate") or {}).get("variants") or ()
    return Draft(
        texts,
        frozenset(ticked),
        tuple(
            Block(rows_of(one["properties"], names), text_of(one["rollout_percentage"]), one.get("variant") or "")
            for one in filters["groups"]
        ),
        tuple(VariantRow(one["key"], text_of(one["rollout_percentage"]), payloads.get(one["key"], ""))
              for one in variants),
    )  # fmt: skip


def of_audience(audience: Audience) -> Draft:
    found = Audience.objects.filter(project=audience.project).values_list("pk", "name")
    names = {str(pk): name for pk, name in found}
    groups = audience.definition.get("values") or []
    return Draft({"name": audience.name}, blocks=tuple(Block(rows_of(one["values"], names)) for one in groups))


def rows_of(stored: Sequence[Mapping[str, Any]], audiences: Mapping[str, str]) -> tuple[Row, ...]:
    """Filters as they are typed, and an empty row where there is none."""
    rows = []
    for one in stored:
        kind, value = one.get("type"), one.get("value")
        if kind == "cohort":
            operator = "not_in" if one.get("operator") == "not_in" else "in"
            rows.append(Row("", operator, audiences.get(str(value), str(value))))
        else:
            text = "|".join(map(text_of, value)) if isinstance(value, list) else "" if value is None else text_of(value)
            rows.append(Row(str(one.get("key", "")), one.get("operator") or "exact", text))
    return tuple(rows) or (Row(),)


def wanted(draft: Draft, audiences: Mapping[str, int]) -> Wanted:
    """What the form asks for; checked where it is stored. Raises ValidationError."""
    texts = {name: value.strip() for name, value in draft.texts.items()}
    variants = [one for one in draft.variants if one.key.strip() or one.share.strip()]
    payloads = {one.key.strip(): one.payload for one in variants if one.payload.strip()}
    if texts.get("payload"):
        payloads["true"] = texts["payload"]
    holdout = {"id": texts.get("holdout_id", ""), "exclusion_percentage": texts.get("holdout_share", "")}
    filters = {
        "groups": [
            {
                "properties": filters_of(block, number, audiences, is_of_group=bool(texts.get("group_type"))),
                "rollout_percentage": block.share,
                "variant": block.variant.strip() or None,
            }
            for number, block in enumerate(draft.blocks, 1)
        ],
        "multivariate": {
            "variants": [{"key": one.key.strip(), "rollout_percentage": one.share.strip()} for one in variants]
        },
        "payloads": payloads,
        "holdout": holdout if any(holdout.values()) else None,
        **{name: name in draft.ticked for name in ("early_exit", "feature_enrollment")},
    }
    return Wanted(
        filters=filters,
        description=texts.get("description", "")[:400],
        runtime=texts.get("runtime") or "all",
        group_type=texts.get("group_type", ""),
        starts_at=_moment(texts.get("starts_at", ""), "starts_at"),
        ends_at=_moment(texts.get("ends_at", ""), "ends_at"),
        is_active="is_active" in draft.ticked,
        is_by_device="is_by_device" in draft.ticked,
        is_continuous="is_continuous" in draft.ticked,
    )


def audience(draft: Draft, audiences: Mapping[str, int]) -> dict[str, Any]:
    """The definition that the form asks for. Raises ValidationError."""
    groups = [filters_of(block, number, audiences) for number, block in enumerate(draft.blocks, 1)]
    return {"type": "OR", "values": [{"type": "AND", "values": one} for one in groups]}


def filters_of(
    block: Block, number: int, audiences: Mapping[str, int], *, is_of_group: bool = False
) -> list[dict[str, Any]]:
    """The filters of one condition, empty rows left out. Raises ValidationError for an unknown audience."""
    found: list[dict[str, Any]] = []
    for row in block.rows:
        key, value = row.key.strip(), row.value.strip()
        if row.is_empty:
            continue
        match row.operator:
            case "in" | "not_in":
                if value not in audiences:
                    raise ValidationError({"groups": f"Condition {number}: there is no audience {value!r}."})
                found.append({"type": "cohort", "key": "id", "value": audiences[value], "operator": row.operator})
            case "flag_evaluates_to":
                said = {"true": True, "false": False}.get(value, value)
                found.append({"type": "flag", "key": key, "value": said, "operator": row.operator})
            case _:
                several = row.operator in ("exact", "is_not") and "|" in value
                typed: Any = [one.strip() for one in value.split("|")] if several else value
                kind = "group" if is_of_group else "person"
                found.append({"type": kind, "key": key, "value": typed, "operator": row.operator})
    return found


def _typed(at: datetime | None) -> str:
    """As a field of a date and a time takes it, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M") if at else ""


def _moment(text: str, name: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise ValidationError({name: "A date and a time, in UTC."}) from None
