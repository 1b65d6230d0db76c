"""Arrays and property bags.

A bag is put together from entries `{k: name, j: JSON}`, since DuckDB's own merge drops nulls and merges what is
nested.
"""

from __future__ import annotations

from ingate.kql.functions.signatures import CallSite, Rule, built, rule
from ingate.kql.refusal import not_supported, semantic_error
from ingate.kql.semantics.conversion import as_json, as_text
from ingate.kql.semantics.values import Value, text_of

_POINTER = "'/' || replace(replace({0}, '~', '~0'), '/', '~1')"
NULL_JSON = "CAST('null' AS JSON)"


def joined(items: str, delimiter: Value) -> str:
    """A list of strings as one; never null. DuckDB's own function wants a constant between them."""
    if delimiter.known is not None:
        return f"coalesce(array_to_string({items}, {delimiter.sql}), '')"
    step = f"list_reduce(l_, lambda a_, b_: a_ || {delimiter.sql} || b_)"
    kept = f"list_filter({items}, lambda e_: e_ IS NOT NULL)"
    return f"coalesce(list_transform([{kept}], lambda l_: CASE WHEN len(l_) > 0 THEN {step} END)[1], '')"


def _strcat_array(site: CallSite) -> Value:
    items = f"json_extract_string({site.values[0].sql}, '$[*]')"
    return site.give("string", joined(items, site.values[1]), may_be_null=False)


def items_of(json: str) -> str:
    """A JSON array as a list of JSON; null for what is no array."""
    return f"(CASE WHEN json_type({json}) = 'ARRAY' THEN CAST(json_extract({json}, '$[*]') AS JSON[]) END)"


def entries_of(json: str) -> str:
    """A bag's entries as a list of {k, j}; `json` must be an object or null."""
    value = f"coalesce({json} -> ({_POINTER.format('k_')}), {NULL_JSON})"
    return f"list_transform(json_keys({json}), lambda k_: struct_pack(k := k_, j := {value}))"


def bag_of_entries(entries: str) -> str:
    """A bag of a list of {k, j}; of a name that comes twice, the first stays."""
    first = "list_filter(l_, lambda e_, i_: list_position(list_transform(l_, lambda f_: f_.k), e_.k) = i_)"
    members = f"list_transform({first}, lambda g_: CAST(to_json(g_.k) AS VARCHAR) || ':' || CAST(g_.j AS VARCHAR))"
    text = "'{' || array_to_string(" + members + ", ',') || '}'"
    return f"list_transform([{entries}], lambda l_: CAST({text} AS JSON))[1]"


def _json_or_null(value: Value) -> str:
    return f"coalesce({as_json(value)}, {NULL_JSON})"


def _pack(site: CallSite) -> Value:
    if len(site.values) % 2:
        raise semantic_error(site.scope.said(f"{site.name}(): expects pairs of a name and a value"), site.node.at)
    entries = [
        f"struct_pack(k := {as_text(site.values[index])}, j := {_json_or_null(site.values[index + 1])})"
        for index in range(0, len(site.values), 2)
    ]
    if not entries:
        return site.give("dynamic", "CAST('{}' AS JSON)", may_be_null=False)
    return site.give("dynamic", bag_of_entries(f"[{', '.join(entries)}]"), may_be_null=False)


def _pack_array(site: CallSite) -> Value:
    items = ", ".join(_json_or_null(value) for value in site.values)
    sql = f"to_json([{items}])" if items else "CAST('[]' AS JSON)"
    return site.give("dynamic", sql, may_be_null=False)


def _array_length(site: CallSite) -> Value:
    json = site.values[0].sql
    return site.give(
        "long", f"CASE WHEN json_type({json}) = 'ARRAY' THEN CAST(json_array_length({json}) AS BIGINT) END"
    )


def _array_concat(site: CallSite) -> Value:
    lists = [f"coalesce({items_of(value.sql)}, CAST([] AS JSON[]))" for value in site.values]
    return site.give("dynamic", f"to_json(flatten([{', '.join(lists)}]))", may_be_null=False)


def _array_slice(site: CallSite) -> Value:
    """Both ends included, negative ends counted from the end."""
    items, start, end = items_of(site.values[0].sql), site.values[1].sql, site.values[2].sql
    first = f"(CASE WHEN {start} < 0 THEN greatest(len(v_) + {start}, 0) ELSE {start} END + 1)"
    last = f"(CASE WHEN {end} < 0 THEN len(v_) + {end} ELSE {end} END + 1)"
    picked = f"CASE WHEN {last} < 1 THEN CAST([] AS JSON[]) ELSE list_slice(v_, {first}, {last}) END"
    return site.give("dynamic", f"to_json(list_transform([{items}], lambda v_: {picked})[1])")


def _array_index_of(site: CallSite) -> Value:
    json = as_json(site.values[1])
    found = f"list_position({items_of(site.values[0].sql)}, {json})"
    return site.give("long", f"CAST(coalesce({found}, 0) AS BIGINT) - 1", may_be_null=False)


def _array_sort(descending: bool) -> Rule:
    """Numbers by size, all else by its text; nulls last."""

    def build(site: CallSite) -> Value:
        if len(site.values) > 1:
            raise not_supported(site.scope.said(f"{site.name}() of several arrays is not supported"), site.node.at)
        direction = "'DESC'" if descending else "'ASC'"
        packed = "struct_pack(n := try_cast(e_ ->> '$' AS DOUBLE), t := e_ ->> '$', j := e_)"
        keyed = f"list_transform(v_, lambda e_: {packed})"
        kept = f"list_filter({keyed}, lambda f_: f_.t IS NOT NULL)"
        nulls = "list_filter(v_, lambda h_: (h_ ->> '$') IS NULL)"
        ordered = f"list_transform(list_sort({kept}, {direction}, 'NULLS LAST'), lambda g_: g_.j) || {nulls}"
        return site.give(
            "dynamic", f"to_json(list_transform([{items_of(site.values[0].sql)}], lambda v_: {ordered})[1])"
        )

    return built("dynamic dynamic*", build)


def _array_reverse(site: CallSite) -> Value:
    return site.give("dynamic", f"to_json(list_reverse({items_of(site.values[0].sql)}))")


def _array_sum(site: CallSite) -> Value:
    numbers = f"list_transform({items_of(site.values[0].sql)}, lambda v_: try_cast(v_ ->> '$' AS DOUBLE))"
    return site.give("real", f"list_sum({numbers})")


def _bag_keys(site: CallSite) -> Value:
    json = site.values[0].sql
    return site.give("dynamic", f"CASE WHEN json_type({json}) = 'OBJECT' THEN to_json(json_keys({json})) END")


def _bag_has_key(site: CallSite) -> Value:
    json = site.values[0].sql
    listed = f"CASE WHEN json_type({json}) = 'OBJECT' THEN list_contains(json_keys({json}), {site.values[1].sql}) END"
    return site.give("bool", f"coalesce({listed}, false)", may_be_null=False)


def _guarded_entries(json: str) -> str:
    return f"coalesce({entries_of(f'(CASE WHEN json_type({json}) = {chr(39)}OBJECT{chr(39)} THEN {json} END)')}, [])"


def _bag_merge(site: CallSite) -> Value:
    """Of a name that comes twice, the leftmost bag's value stays."""
    entries = ", ".join(_guarded_entries(value.sql) for value in site.values)
    return site.give("dynamic", bag_of_entries(f"flatten([{entries}])"), may_be_null=False)


def _bag_remove_keys(site: CallSite) -> Value:
    removed = f"coalesce(json_extract_string({site.values[1].sql}, '$[*]'), [])"
    entries = _guarded_entries(site.values[0].sql)
    return site.give(
        "dynamic", bag_of_entries(f"list_filter({entries}, lambda r_: NOT list_contains({removed}, r_.k))")
    )


def _bag_set_key(site: CallSite) -> Value:
    if any(mark in text for text in (site.constant_text(1),) for mark in ("$", ".", "[")):
        raise not_supported(site.scope.said("bag_set_key() with a path is not supported"), site.values[1].at)
    entry = f"[struct_pack(k := {text_of(site.values[1])}, j := {_json_or_null(site.values[2])})]"
    entries = f"flatten([{entry}, {_guarded_entries(site.values[0].sql)}])"
    return site.give("dynamic", bag_of_entries(entries), may_be_null=False)


def _distinct(items: str) -> str:
    return f"list_transform([{items}], lambda l_: list_filter(l_, lambda e_, i_: list_position(l_, e_) = i_))[1]"


def _set_union(site: CallSite) -> Value:
    lists = [f"coalesce({items_of(value.sql)}, CAST([] AS JSON[]))" for value in site.values]
    joined = f"flatten([{', '.join(lists)}])"
    return site.give("dynamic", f"to_json({_distinct(joined)})", may_be_null=False)


def _set_filter(wanted: bool) -> Rule:
    def build(site: CallSite) -> Value:
        first = f"coalesce({items_of(site.values[0].sql)}, CAST([] AS JSON[]))"
        for other in site.values[1:]:
            listed = f"list_contains(coalesce({items_of(other.sql)}, CAST([] AS JSON[])), s_)"
            first = f"list_filter({first}, lambda s_: {listed if wanted else f'NOT {listed}'})"
        return site.give("dynamic", f"to_json({_distinct(first)})", may_be_null=False)

    return built("dynamic dynamic*", build)


def _set_has_element(site: CallSite) -> Value:
    listed = f"list_contains({items_of(site.values[0].sql)}, {as_json(site.values[1])})"
    return site.give("bool", f"coalesce({listed}, false)", may_be_null=False)


def _zip(site: CallSite) -> Value:
    lists = ", ".join(f"coalesce({items_of(value.sql)}, CAST([] AS JSON[]))" for value in site.values)
    members = ", ".join(f"coalesce(v_[{index + 1}], {NULL_JSON})" for index in range(len(site.values)))
    return site.give(
        "dynamic", f"to_json(list_transform(list_zip({lists}), lambda v_: [{members}]))", may_be_null=False
    )


def _array_iff(site: CallSite) -> Value:
    conditions, then, other = (items_of(value.sql) for value in site.values)
    chosen = "CASE WHEN v_[1] ->> '$' IN ('true', '1') THEN v_[2] ELSE v_[3] END"
    sql = f"to_json(list_transform(list_zip({conditions}, {then}, {other}), lambda v_: {chosen}))"
    return site.give("dynamic", sql)


def _repeat(site: CallSite) -> Value:
    """repeat(value, count): an array of the same value."""
    count = f"least(greatest({site.values[1].sql}, 0), {1_048_576})"
    element = f"coalesce({as_json(site.values[0])}, {NULL_JSON})"
    return site.give("dynamic", f"to_json(list_transform(range({count}), lambda i_: {element}))")


def _range(site: CallSite) -> Value:
    """range(start, stop [, step]) as an array: of whole numbers, or of datetimes a timespan apart."""
    start, stop = site.values[0], site.values[1]
    step = site.values[2].sql if len(site.values) > 2 else "1"
    if start.type == stop.type == "datetime" and len(site.values) > 2 and site.values[2].type == "timespan":
        places = _steps(f"epoch_us({start.sql})", f"epoch_us({stop.sql})", f"({step} // 10)")
        moment = Value(sql="make_timestamp(v_)", type="datetime", at=site.node.at)
        return site.give("dynamic", f"to_json(list_transform({places}, lambda v_: {as_json(moment)}))")
    for value in site.values:
        if value.type not in ("int", "long"):
            raise not_supported(
                site.scope.said("range() as a function takes whole numbers, or datetimes and a timespan"), value.at
            )
    return site.give("dynamic", f"to_json({_steps(start.sql, stop.sql, step)})")


def _steps(start: str, stop: str, step: str) -> str:
    """At most as many as an array may have: the stop is brought nearer, so that no longer list is made."""
    most = 1_048_575
    last = f"CASE WHEN {step} > 0 THEN least({stop}, {start} + {step} * {most})"
    return f"generate_series({start}, {last} ELSE greatest({stop}, {start} + {step} * {most}) END, nullif({step}, 0))"


RULES: dict[str, Rule] = {
    "array_concat": built("dynamic dynamic*", _array_concat),
    "array_iff": built("dynamic dynamic dynamic", _array_iff),
    "array_iif": built("dynamic dynamic dynamic", _array_iff),
    "array_index_of": built("dynamic any", _array_index_of),
    "array_length": built("dynamic", _array_length),
    "array_reverse": built("dynamic", _array_reverse),
    "array_slice": built("dynamic long long", _array_slice),
    "array_sort_asc": _array_sort(False),
    "array_sort_desc": _array_sort(True),
    "array_strcat": built("dynamic string", _strcat_array),
    "array_sum": built("dynamic", _array_sum),
    "arraylength": built("dynamic", _array_length),
    "bag_has_key": built("dynamic string", _bag_has_key),
    "bag_keys": built("dynamic", _bag_keys),
    "bag_merge": built("dynamic dynamic*", _bag_merge),
    "bag_pack": built("any*", _pack),
    "bag_remove_keys": built("dynamic dynamic", _bag_remove_keys),
    "bag_set_key": built("dynamic string any", _bag_set_key),
    "dynamic_to_json": rule("dynamic", "string", "coalesce(CAST({0} AS VARCHAR), '')"),
    "pack": built("any*", _pack),
    "pack_array": built("any*", _pack_array),
    "pack_dictionary": built("any*", _pack),
    "repeat": built("any long", _repeat),
    "range": built("any any any?", _range),
    "strcat_array": built("dynamic string", _strcat_array),
    "set_difference": _set_filter(False),
    "set_has_element": built("dynamic any", _set_has_element),
    "set_intersect": _set_filter(True),
    "set_union": built("dynamic dynamic*", _set_union),
    "zip": built("dynamic dynamic dynamic*", _zip),
}
