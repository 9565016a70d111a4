"""DuckDB's SQL carried over into ClickHouse's: sqlglot carries most of it, the rules here what it does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from analytics.engine.contract import PLACEHOLDER, EngineError
from analytics.engine.filters import microseconds, width

Rule = Callable[..., exp.Expr]

# A placeholder is read as a column of this name: a dollar would begin a quotation.
_BOUND = "bound "
_TIME_BUCKET = re.compile(r"\btime_bucket\s*\(")
_LISTED = re.compile(r"\blist_value\s+\$")


def carried(sql: str, parameters: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return a question in ClickHouse's SQL, and what to bind by its placeholders. Raises EngineError for what is not
    one SELECT, or cannot be carried over."""
    try:
        parsed = sqlglot.parse(_legible(sql), read="duckdb")
    except SqlglotError as error:
        raise EngineError(f"The question cannot be carried over to ClickHouse: {error}") from None
    if len(parsed) != 1 or not isinstance(parsed[0], exp.Query):
        raise EngineError("A question is one SELECT.")
    tree, bound = _placed(parsed[0], parameters)
    tree = _wrapped(tree)
    for prepare in (_unite_by_name, _order_by_place, _unnest_together):
        prepare(tree)
    # From the leaves up, so that a rule finds what it holds carried over.
    for node in reversed(list(tree.walk(bfs=True))):
        if (ruled := _ruled(node)) is not node:
            node.replace(ruled)
    _count_signed(tree)
    return tree.sql(dialect="clickhouse"), bound


def _legible(sql: str) -> str:
    """The SQL without what sqlglot misreads of DuckDB's: `list_value $x`, placeholders, the origin of a time_bucket."""
    sql = _TIME_BUCKET.sub("bucket_of_time(", _LISTED.sub("$", sql))
    return PLACEHOLDER.sub(rf'"{_BOUND}\1"', sql)


def with_relations(sql: str, relations: Mapping[str, str]) -> str:
    """Return the SQL with these relations before its own."""
    named = ", ".join(f"{name} AS ({relation})" for name, relation in relations.items())
    if not named:
        return sql
    return f"WITH {named}, {sql.removeprefix('WITH ')}" if sql.startswith("WITH ") else f"WITH {named} {sql}"


def _placed(tree: exp.Expr, parameters: Mapping[str, Any]) -> tuple[exp.Expr, dict[str, Any]]:
    """The tree with typed placeholders, and the values they stand for."""
    bound: dict[str, Any] = {}

    def place(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Column) or not node.name.startswith(_BOUND):
            return node
        name = node.name.removeprefix(_BOUND)
        value = parameters[name]
        is_in = isinstance(node.parent, exp.In)
        if value is None or (is_in and not value):
            return exp.Tuple(expressions=[exp.null()]) if is_in else exp.null()
        kind, bound[name] = _typed(value)
        placed = exp.Placeholder(this=name, kind=kind)
        if isinstance(value, datetime):
            return _call("fromUnixTimestamp64Micro", placed, _text("UTC"))
        return _call("toIntervalMicrosecond", placed) if isinstance(value, timedelta) else placed

    return tree.transform(place), bound


def _typed(value: Any) -> tuple[str, Any]:
    """ClickHouse's type of a value, and the value to send."""
    if isinstance(value, list | tuple | set | frozenset):
        items = [_typed(item) for item in value]
        kinds = {kind for kind, _ in items} or {"String"}
        kind = next((kind for kind in ("Float64", "UInt64") if kind in kinds), min(kinds))
        return f"Array({kind})", [item for _, item in items]
    if isinstance(value, bool):
        return "Bool", value
    if isinstance(value, int):
        return "Int64" if value < 2**63 else "UInt64", value
    if isinstance(value, float):
        return "Float64", value
    if isinstance(value, datetime):
        return "Int64", microseconds(value)
    if isinstance(value, timedelta):
        return "Int64", width(value)
    return "String", str(value)


def _call(name: str, *arguments: Any) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _text(value: str) -> exp.Literal:
    return exp.Literal.string(value)


def _wrapped(tree: exp.Expr) -> exp.Expr:
    """A union as a SELECT of it: relations cannot stand before one in parentheses."""
    if not isinstance(tree, exp.SetOperation):
        return tree
    outer = exp.select("*")
    for clause in ("with_", "order", "limit", "offset"):
        if part := tree.args.get(clause):
            tree.set(clause, None)
            outer.set(clause, part)
    return outer.from_(tree.subquery("united"))


def _unnest_together(tree: exp.Expr) -> None:
    """Lists side by side are unnested together, not each with each."""
    for select in tree.find_all(exp.Select):
        found = [one for one in select.find_all(exp.Explode, exp.Unnest) if one.parent_select is select]
        found = [
            one
            for one in found
            if one.find_ancestor(exp.From, exp.Join) is None or select.find_ancestor(exp.From, exp.Join)
        ]
        lists = [one.expressions[0] if isinstance(one, exp.Unnest) else one.this for one in found]
        together = _call("arrayJoin", _call("arrayZip", *(one.copy() for one in lists))) if len(found) > 1 else None
        for place, (node, one) in enumerate(zip(found, lists, strict=True), 1):
            each = (
                _call("tupleElement", together.copy(), exp.Literal.number(place))
                if together
                else _call("arrayJoin", one.copy())
            )
            node.replace(each)


def _unite_by_name(tree: exp.Expr) -> None:
    """ClickHouse unites by place: the columns of the second are put in the order of the first."""
    for union in list(tree.find_all(exp.SetOperation)):
        if not union.args.get("by_name"):
            continue
        union.set("by_name", False)
        first, second = union.this, union.expression
        names = first.named_selects
        of_second = {select.alias_or_name: select for select in second.selects}
        second.set("expressions", [of_second.get(name) or exp.alias_(exp.null(), name, quoted=True) for name in names])


def _count_signed(tree: exp.Expr) -> None:
    """Counts have a sign, as in DuckDB: in ClickHouse they have none, and unite with no number that has one."""
    for found in list(tree.find_all(exp.Count, exp.RowNumber)):
        node: exp.Expr = found
        while isinstance(node.parent, exp.Filter | exp.Window) and node.parent.this is node:
            node = node.parent
        node.replace(_call("toInt64", node.copy()))


def _order_by_place(tree: exp.Expr) -> None:
    """In an ORDER BY a name means the column of the answer, while elsewhere (prefer_column_name_to_alias) it means that
    of the table: where it is both, the place says which."""
    for select in tree.find_all(exp.Select):
        order = select.args.get("order")
        aliases = {one.alias: place for place, one in enumerate(select.selects, 1) if isinstance(one, exp.Alias)}
        for ordered in order.expressions if order else ():
            column = ordered.this
            if isinstance(column, exp.Column) and not column.table and column.name in aliases:
                ordered.set("this", exp.Literal.number(aliases[column.name]))


def _ruled(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Anonymous):
        rule = FUNCTIONS.get(node.name.lower())
        return rule(*node.expressions) if rule else node
    rule = RULES.get(type(node))
    return rule(node) if rule else node


# One dot of DuckDB's expressions does not match the end of a line.
def _pattern(pattern: exp.Expr, *, is_whole: bool = False) -> exp.Expr:
    before, after = ("(?-s)^(?:", ")$") if is_whole else ("(?-s)", "")
    if isinstance(pattern, exp.Literal):
        return _text(f"{before}{pattern.this}{after}")
    return _call("concat", _text(before), pattern, *([_text(after)] if after else []))


def _micros(moment: exp.Expr) -> exp.Expr:
    return _call("toUnixTimestamp64Micro", moment)


def _quantile(node: exp.PercentileCont) -> exp.Expr:
    at = node.expression
    shares = at.expressions if isinstance(at, exp.Array) else [at]
    name = "quantilesExactInclusive" if isinstance(at, exp.Array) else "quantileExactInclusive"
    return exp.ParameterizedAgg(this=name, expressions=shares, params=[node.this])


def _list(node: exp.ArrayAgg) -> exp.Expr:
    of = node.this
    if isinstance(of, exp.Distinct):
        return _call("groupUniqArray", *of.expressions)
    if not isinstance(of, exp.Order):
        return _call("groupArray", of)
    # Sorted by what the list is ordered by, of which ClickHouse's lists carry the values beside them.
    keys = [_sort_key(ordered) for ordered in of.expressions]
    pairs = _call("groupArray", _call("tuple", *keys, of.this))
    last = exp.Literal.number(len(keys) + 1)
    one = exp.to_identifier("sorted_")
    taken = exp.Lambda(this=_call("tupleElement", exp.column("sorted_"), last), expressions=[one])
    return _call("arrayMap", taken, _call("arraySort", pairs))


def _sort_key(ordered: exp.Ordered) -> exp.Expr:
    return _call("negate", ordered.this) if ordered.args.get("desc") else ordered.this


def _slice(node: exp.Bracket) -> exp.Expr:
    (index,) = node.expressions
    if not isinstance(index, exp.Slice):
        return node
    start = index.this or exp.Literal.number(1)
    if index.expression is None:
        return _call("arraySlice", node.this, start)
    length = exp.Literal.number(int(index.expression.name) - int(start.name) + 1)
    return _call("arraySlice", node.this, start, length)


def _round(node: exp.Round) -> exp.Expr:
    """Half away from zero, as DuckDB does; ClickHouse rounds half to even."""
    digits = int(node.args["decimals"].name) if node.args.get("decimals") else 0
    scale = exp.Literal.number(10**digits)
    up = _call(
        "floor",
        exp.Add(
            this=exp.Mul(this=_call("abs", node.this.copy()), expression=scale), expression=exp.Literal.number("0.5")
        ),
    )
    return exp.Paren(
        this=exp.Div(this=exp.Mul(this=_call("sign", node.this.copy()), expression=up), expression=scale.copy())
    )


UNITS = {"SECOND": 10**6, "MINUTE": 60 * 10**6, "HOUR": 3600 * 10**6, "DAY": 86_400 * 10**6, "WEEK": 7 * 86_400 * 10**6}


def _length(node: exp.Expr) -> exp.Expr | None:
    """A length of time in microseconds, None for what is none."""
    if isinstance(node, exp.Interval):
        return exp.Literal.number(int(node.this.name) * UNITS[node.args["unit"].name.upper().removesuffix("S")])
    is_bound = isinstance(node, exp.Anonymous) and node.name == "toIntervalMicrosecond"
    return node.expressions[0] if is_bound else None


def _bucket(length: exp.Expr, moment: exp.Expr, origin: exp.Expr) -> exp.Expr:
    """The beginning of the bucket that a moment lies in."""
    us = _micros(moment)
    since = exp.Sub(this=us.copy(), expression=_micros(origin))
    start = exp.Sub(this=us, expression=_call("positiveModulo", since, _length(length)))
    return _call("fromUnixTimestamp64Micro", start, _text("UTC"))


def _compared(node: exp.Binary) -> exp.Expr:
    """A difference of moments against a length: whole numbers on both sides."""
    length = _length(node.expression)
    difference = node.this.unnest()
    if length is None or not isinstance(difference, exp.Sub):
        return node
    whole = exp.Sub(this=_micros(difference.this), expression=_micros(difference.expression))
    return type(node)(this=whole, expression=length)


FUNCTIONS: Mapping[str, Rule] = {
    "epoch_us": _micros,
    "bucket_of_time": _bucket,
    "hash": lambda value: _call("ifNull", _call("cityHash64", value), exp.Literal.number(0)),
    "row": lambda *values: _call("tuple", *values),
    "list_value": lambda *items: exp.Array(expressions=list(items)),
    "list_position": lambda listed, value: _call("toInt64", _call("indexOf", listed, value)),
    "map_values": lambda of: _call("mapValues", of),
}
RULES: Mapping[type[exp.Expr], Rule] = {
    exp.PercentileCont: _quantile,
    exp.SplitPart: lambda node: _call(
        "arrayElement", _call("splitByString", node.args["delimiter"], node.this), node.args["part_index"]
    ),
    exp.GTE: _compared,
    exp.GT: _compared,
    exp.LTE: _compared,
    exp.LT: _compared,
    exp.GroupingId: lambda node: _call("grouping", *node.expressions),
    exp.RegexpFullMatch: lambda node: _call("match", node.this, _pattern(node.expression, is_whole=True)),
    exp.ArrayToString: lambda node: _call("arrayStringConcat", node.this, node.expression),
    exp.GenerateSeries: lambda node: _call("range", node.args["start"], node.args["end"]),
    exp.LogicalOr: lambda node: _call("max", node.this),
    exp.LogicalAnd: lambda node: _call("min", node.this),
    exp.Left: lambda node: _call("leftUTF8", node.this, node.expression),
    exp.TryCast: lambda node: _call("accurateCastOrNull", node.this, _text(node.to.sql(dialect="clickhouse"))),
    exp.ArrayAgg: _list,
    exp.Bracket: _slice,
    exp.Round: _round,
    exp.IntDiv: lambda node: _call("intDiv", node.this, node.expression),
    exp.MapKeys: lambda node: _call("mapKeys", node.this),
    exp.RegexpLike: lambda node: _call("match", node.this, _pattern(node.expression)),
    exp.RegexpReplace: lambda node: _call(
        "replaceRegexpAll" if "g" in node.text("modifiers") else "replaceRegexpOne",
        node.this,
        _pattern(node.expression),
        node.args["replacement"],
    ),
    exp.RegexpExtractAll: lambda node: _call("extractAll", node.this, _pattern(node.expression)),
    # A backslash escapes in every pattern of ClickHouse.
    exp.Escape: lambda node: node.this,
    exp.NullSafeNEQ: lambda node: _call("isDistinctFrom", node.this, node.expression),
}
