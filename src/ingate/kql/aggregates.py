"""Aggregates of `summarize` and `make-series`, as a table from name to SQL.

Nulls are left out, as the KQL reference says; over no rows, counts and sums are 0, lists and bags empty, all else
null.
`dcount` is exact here, where Kusto estimates. A percentile is the smallest value that at least that share of the rows
does not exceed (DuckDB's `quantile_disc`); Kusto estimates it from a digest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ingate.kql.functions.dynamics import bag_of_entries, entries_of
from ingate.kql.functions.signatures import CallSite, apply_rule, built
from ingate.kql.refusal import not_supported, semantic_error
from ingate.kql.result import KqlType
from ingate.kql.semantics.conversion import as_json, as_text, converted
from ingate.kql.semantics.scope import Scope
from ingate.kql.semantics.values import NUMERIC, Value
from ingate.kql.syntax.tree import Call, Json

LIST_LIMIT = 1_048_576
"""Elements in a list or set when the query gives no maximum: Kusto's own bound."""

Build = Callable[[CallSite, str], Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """`kinds` are the parameters before the predicate; `condition` says that the last parameter is one."""

    kinds: str
    build: Build
    prefix: str
    condition: bool = False


def compile_aggregate(node: Call, scope: Scope) -> Value:
    if node.name in REFUSED_AGGREGATES:
        raise not_supported(scope.said(f"The aggregate '{node.name}' is not supported"), node.at)
    if not scope.aggregating:
        message = (
            f"The aggregate '{node.name}' is allowed in summarize, make-series and top-level expressions of them only"
        )
        raise semantic_error(scope.said(message), node.at)
    found = AGGREGATES[node.name]
    inner = scope.within()
    values = [inner.scalar(argument) for argument in node.arguments]
    kinds = f"{found.kinds} bool" if found.condition and "?" not in found.kinds else found.kinds
    if found.condition and "?" in found.kinds:
        required, _, optional = found.kinds.rpartition(" ")
        kinds = f"{required} bool {optional}"

    def build(site: CallSite) -> Value:
        if not found.condition:
            return found.build(site, "")
        index = len(found.kinds.replace(" long?", "").split())
        rest = CallSite(node=node, values=[*site.values[:index], *site.values[index + 1 :]], scope=inner)
        return found.build(rest, site.values[index].sql)

    return apply_rule(built(kinds, build), node, inner, values)


def _filter(*conditions: str) -> str:
    kept = [condition for condition in conditions if condition]
    return f" FILTER (WHERE {' AND '.join(f'({item})' for item in kept)})" if kept else ""


def _count(site: CallSite, condition: str) -> Value:
    return site.give("long", f"count(*){_filter(condition)}", may_be_null=False)


def _sum(site: CallSite, condition: str) -> Value:
    value = site.values[0]
    kql_type: KqlType = "long" if value.type == "int" else value.type
    total = f"coalesce(sum({value.sql}){_filter(condition)}, 0)"
    exact = f"CAST({total} AS BIGINT)" if kql_type in ("long", "timespan") else total
    return site.give(
        kql_type, f"CAST({exact} AS DECIMAL(38,12))" if kql_type == "decimal" else exact, may_be_null=False
    )


def _avg(site: CallSite, condition: str) -> Value:
    value = site.values[0]
    if value.type == "datetime":
        return site.give(
            "datetime", f"make_timestamp(CAST(avg(epoch_us({value.sql})){_filter(condition)} AS BIGINT))"
        )
    if value.type == "timespan":
        return site.give("timespan", f"CAST(avg({value.sql}){_filter(condition)} AS BIGINT)")
    if value.type not in NUMERIC and value.type != "dynamic":
        raise semantic_error(site.scope.said(f"{site.name}(): expects a number, got {value.type}"), value.at)
    return site.give("real", f"avg({converted(value, 'real').sql}){_filter(condition)}")


def _extreme(function: str) -> Build:
    def build(site: CallSite, condition: str) -> Value:
        value = orderable(site.values[0], site)
        return site.give(value.type, f"{function}({value.sql}){_filter(condition)}")

    return build


def orderable(value: Value, site: CallSite) -> Value:
    if value.type == "dynamic":
        raise semantic_error(
            site.scope.said(f"{site.name}(): a dynamic has no order; convert it, as in tolong(...)"), value.at
        )
    if value.type in ("string", "guid"):
        return Value(sql=as_text(value), type=value.type, at=value.at, may_be_null=False)
    return value


def _dcount(site: CallSite, condition: str) -> Value:
    value = site.values[0]
    sql = as_text(value) if value.type in ("string", "dynamic") else value.sql
    return site.give("long", f"count(DISTINCT {sql}){_filter(condition)}", may_be_null=False)


def percentile_of(site: CallSite, share: float) -> Value:
    value = site.values[0]
    if not 0 <= share <= 100:
        raise semantic_error(site.scope.said(f"{site.name}(): a percentile is between 0 and 100"), site.node.at)
    if value.type == "dynamic" or value.type in ("string", "bool", "guid"):
        raise semantic_error(
            site.scope.said(f"{site.name}(): expects a number, a datetime or a timespan, got {value.type}"), value.at
        )
    kql_type: KqlType = {"int": "long", "decimal": "real"}.get(value.type, value.type)  # type: ignore[assignment]
    return site.give(kql_type, f"quantile_disc({converted(value, kql_type).sql}, {share / 100!r})")


def share_at(site: CallSite, index: int) -> float:
    known = site.constant(index)
    if isinstance(known, bool) or not isinstance(known, int | float):
        raise semantic_error(site.scope.said(f"{site.name}(): a percentile is a number"), site.values[index].at)
    return float(known)


def _percentile(site: CallSite, condition: str) -> Value:
    return percentile_of(site, share_at(site, 1))


def _percentiles_array(site: CallSite, condition: str) -> Value:
    shares: list[float] = []
    for index in range(1, len(site.values)):
        known = site.constant(index)
        listed = known.value if isinstance(known, Json) else None
        if isinstance(listed, list):
            shares.extend(float(item) for item in listed if isinstance(item, int | float))
        else:
            shares.append(share_at(site, index))
    items = ", ".join(f"({as_json(percentile_of(site, share))})" for share in shares)
    return site.give("dynamic", f"to_json([{items}])")


def _spread(function: str) -> Build:
    def build(site: CallSite, condition: str) -> Value:
        sql = f"coalesce({function}({converted(site.values[0], 'real').sql}){_filter(condition)}, 0)"
        return site.give("real", sql, may_be_null=False)

    return build


def _maximum(site: CallSite) -> int:
    return max(0, min(LIST_LIMIT, site.constant_integer(1))) if len(site.values) > 1 else LIST_LIMIT


def not_null(value: Value) -> str:
    if value.type == "string":
        return ""
    if value.type == "dynamic":
        return f"coalesce(json_type({value.sql}), 'NULL') <> 'NULL'"
    return f"{value.sql} IS NOT NULL"


def _json_list(items: str, maximum: int) -> str:
    return f"to_json(list_slice(coalesce({items}, CAST([] AS JSON[])), 1, {maximum}))"


def _make_list(site: CallSite, condition: str) -> Value:
    """In the order of a sort before it."""
    value = site.values[0]
    row = site.scope.row
    order = f" ORDER BY {row.render_order()}" if row is not None and row.order else ""
    items = f"list({as_json(value)}{order}){_filter(not_null(value), condition)}"
    return site.give("dynamic", _json_list(items, _maximum(site)), may_be_null=False)


def _make_list_with_nulls(site: CallSite, condition: str) -> Value:
    row = site.scope.row
    order = f" ORDER BY {row.render_order()}" if row is not None and row.order else ""
    items = f"list({as_json(site.values[0])}{order})"
    return site.give("dynamic", _json_list(items, LIST_LIMIT), may_be_null=False)


def _make_set(site: CallSite, condition: str) -> Value:
    """Kusto leaves the order open; here it is ascending, so that answers repeat."""
    value = site.values[0]
    sql = as_text(value) if value.type == "string" else value.sql
    distinct = f"list(DISTINCT {sql}){_filter(not_null(value), condition)}"
    element = Value(sql="v_", type=value.type, at=value.at, may_be_null=False)
    items = f"list_transform(list_sort({distinct}), lambda v_: {as_json(element)})"
    return site.give("dynamic", _json_list(items, _maximum(site)), may_be_null=False)


def _make_bag(site: CallSite, condition: str) -> Value:
    """Of a name that comes twice, one value is kept: the first."""
    value = site.values[0].sql
    row = site.scope.row
    order = f" ORDER BY {row.render_order()}" if row is not None and row.order else ""
    bags = f"list({value}{order}){_filter(f'json_type({value}) = {chr(39)}OBJECT{chr(39)}', condition)}"
    entries = f"flatten(list_transform(coalesce({bags}, CAST([] AS JSON[])), lambda b_: {entries_of('b_')}))"
    return site.give("dynamic", bag_of_entries(entries), may_be_null=False)


def _any(site: CallSite, condition: str) -> Value:
    value = site.values[0]
    sql = as_text(value) if value.type == "string" else value.sql
    return site.give(value.type, f"any_value({sql}){_filter(condition)}")


def _bits(function: str) -> Build:
    def build(site: CallSite, condition: str) -> Value:
        return site.give("long", f"{function}({site.values[0].sql})")

    return build


def _with_if(name: str, kinds: str, build: Build, prefix: str, if_name: str = "") -> dict[str, Aggregate]:
    """An aggregate and its `...if`."""
    conditional = if_name or f"{name}if"
    if_prefix = prefix if if_name.endswith("_if") else f"{prefix}if"
    return {
        name: Aggregate(kinds=kinds, build=build, prefix=prefix),
        conditional: Aggregate(kinds=kinds, build=build, prefix=if_prefix, condition=True),
    }


AGGREGATES: dict[str, Aggregate] = {
    "count": Aggregate(kinds="", build=_count, prefix="count"),
    "countif": Aggregate(kinds="", build=_count, prefix="countif", condition=True),
    **_with_if("sum", "summable", _sum, "sum"),
    **_with_if("avg", "any", _avg, "avg"),
    **_with_if("min", "any", _extreme("min"), "min"),
    **_with_if("max", "any", _extreme("max"), "max"),
    "dcount": Aggregate(kinds="any long?", build=_dcount, prefix="dcount"),
    "dcountif": Aggregate(kinds="any long?", build=_dcount, prefix="dcountif", condition=True),
    **_with_if("count_distinct", "any", _dcount, "count_distinct"),
    "percentile": Aggregate(kinds="any number", build=_percentile, prefix="percentile"),
    "percentiles": Aggregate(kinds="any number number*", build=_percentile, prefix="percentile"),
    "percentiles_array": Aggregate(kinds="any any any*", build=_percentiles_array, prefix="percentiles"),
    **_with_if("stdev", "number", _spread("stddev_samp"), "stdev"),
    "stdevp": Aggregate(kinds="number", build=_spread("stddev_pop"), prefix="stdevp"),
    **_with_if("variance", "number", _spread("var_samp"), "variance"),
    **_with_if("variancep", "number", _spread("var_pop"), "variancep"),
    **_with_if("make_list", "any long?", _make_list, "list", "make_list_if"),
    "makelist": Aggregate(kinds="any long?", build=_make_list, prefix="list"),
    "make_list_with_nulls": Aggregate(kinds="any", build=_make_list_with_nulls, prefix="list"),
    **_with_if("make_set", "any long?", _make_set, "set", "make_set_if"),
    "makeset": Aggregate(kinds="any long?", build=_make_set, prefix="set"),
    **_with_if("make_bag", "dynamic", _make_bag, "bag", "make_bag_if"),
    "take_any": Aggregate(kinds="any", build=_any, prefix=""),
    "any": Aggregate(kinds="any", build=_any, prefix="any"),
    "take_anyif": Aggregate(kinds="any", build=_any, prefix="", condition=True),
    "anyif": Aggregate(kinds="any", build=_any, prefix="anyif", condition=True),
    "binary_all_and": Aggregate(kinds="long", build=_bits("bit_and"), prefix=""),
    "binary_all_or": Aggregate(kinds="long", build=_bits("bit_or"), prefix=""),
    "binary_all_xor": Aggregate(kinds="long", build=_bits("bit_xor"), prefix=""),
    "arg_max": Aggregate(kinds="any", build=_extreme("max"), prefix=""),
    "arg_min": Aggregate(kinds="any", build=_extreme("min"), prefix=""),
}

REFUSED_AGGREGATES = frozenset(
    {
        "buildschema",
        "covariance",
        "covarianceif",
        "covariancep",
        "covariancepif",
        "hll",
        "hll_if",
        "hll_merge",
        "make_dictionary",
        "merge_tdigest",
        "percentilesw",
        "percentilesw_array",
        "percentilew",
        "tdigest",
        "tdigest_merge",
    }
)
