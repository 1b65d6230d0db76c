"""Series: arrays of numbers, as `make-series` makes them. What is no number counts as missing."""

from __future__ import annotations

from ingate.kql.functions.dynamics import items_of
from ingate.kql.functions.signatures import Build, CallSite, Rule, built
from ingate.kql.result import KqlType
from ingate.kql.semantics.conversion import as_json
from ingate.kql.semantics.values import Value


def numbers_of(json: str) -> str:
    return f"list_transform({items_of(json)}, lambda n_: try_cast(n_ ->> '$' AS DOUBLE))"


def _pairwise(operation: str) -> Rule:
    """Element by element; the shorter series ends in nulls."""

    def build(site: CallSite) -> Value:
        a, b = (numbers_of(_as_series(value)) for value in site.values)
        pair = f"list_zip({a}, {b})"
        return site.give("dynamic", f"to_json(list_transform({pair}, lambda v_: {operation}))")

    return built("any any", build)


def _as_series(value: Value) -> str:
    """A single number stands for an array of one."""
    return value.sql if value.type == "dynamic" else f"to_json([{as_json(value)}])"


def _each(operation: str) -> Rule:
    def build(site: CallSite) -> Value:
        return site.give(
            "dynamic", f"to_json(list_transform({numbers_of(site.values[0].sql)}, lambda v_: {operation}))"
        )

    return built("dynamic", build)


def _total(function: str) -> Rule:
    def build(site: CallSite) -> Value:
        return site.give("real", f"{function}({numbers_of(site.values[0].sql)})")

    return built("dynamic", build)


def _stats_dynamic(site: CallSite) -> Value:
    numbers = numbers_of(site.values[0].sql)
    members = {
        "min": "list_min(v_)",
        "min_idx": "list_position(v_, list_min(v_)) - 1",
        "max": "list_max(v_)",
        "max_idx": "list_position(v_, list_max(v_)) - 1",
        "avg": "list_avg(v_)",
        "stdev": "coalesce(list_aggregate(v_, 'stddev_samp'), 0)",
        "variance": "coalesce(list_aggregate(v_, 'var_samp'), 0)",
        "sum": "list_sum(v_)",
        "len": "len(v_)",
    }
    listed = ", ".join(f"'{name}', {sql}" for name, sql in members.items())
    return site.give(
        "dynamic",
        f"list_transform([{numbers}], lambda v_: CASE WHEN v_ IS NOT NULL THEN json_object({listed}) END)[1]",
    )


def _fill_const(site: CallSite) -> Value:
    numbers = numbers_of(site.values[0].sql)
    return site.give("dynamic", f"to_json(list_transform({numbers}, lambda v_: coalesce(v_, {site.values[1].sql})))")


_BEFORE = "list_last(list_filter(list_slice(l_, 1, i_), lambda f_: f_ IS NOT NULL))"
_AFTER = "list_first(list_filter(list_slice(l_, i_, len(l_)), lambda f_: f_ IS NOT NULL))"


def _fill(chosen: str) -> Build:
    def build(site: CallSite) -> Value:
        numbers = numbers_of(site.values[0].sql)
        filled = f"list_transform(l_, lambda v_, i_: coalesce(v_, {chosen}))"
        return site.give("dynamic", f"to_json(list_transform([{numbers}], lambda l_: {filled})[1])")

    return build


def _fit_line_dynamic(site: CallSite) -> Value:
    """Least squares over the places 1, 2, 3 ..., as the interception of the documented example tells. Variances are
    those of samples."""
    numbers = numbers_of(site.values[0].sql)
    places = "list_transform(l_, lambda v_, i_: struct_pack(x := CAST(i_ AS DOUBLE), y := v_))"
    sums = {
        "n": f"CAST(len(list_filter({places}, lambda p_: p_.y IS NOT NULL)) AS DOUBLE)",
        "sx": f"list_sum(list_transform({places}, lambda p_: CASE WHEN p_.y IS NOT NULL THEN p_.x END))",
        "sy": f"list_sum(list_transform({places}, lambda p_: p_.y))",
        "sxx": f"list_sum(list_transform({places}, lambda p_: CASE WHEN p_.y IS NOT NULL THEN p_.x * p_.x END))",
        "sxy": f"list_sum(list_transform({places}, lambda p_: p_.x * p_.y))",
        "syy": f"list_sum(list_transform({places}, lambda p_: p_.y * p_.y))",
    }
    packed = ", ".join(f"{name} := {sql}" for name, sql in sums.items())
    slope = "((s_.n * s_.sxy - s_.sx * s_.sy) / nullif(s_.n * s_.sxx - s_.sx * s_.sx, 0))"
    spread = "nullif((s_.n * s_.sxx - s_.sx * s_.sx) * (s_.n * s_.syy - s_.sy * s_.sy), 0)"
    fit = f"(pow(s_.n * s_.sxy - s_.sx * s_.sy, 2) / {spread})"
    variance = "((s_.syy - s_.sy * s_.sy / s_.n) / nullif(s_.n - 1, 0))"
    members = {
        "r": fit,
        "a": slope,
        "b": f"((s_.sy - {slope} * s_.sx) / nullif(s_.n, 0))",
        "v": variance,
    }
    fitted = f"struct_pack({', '.join(f'{name} := {sql}' for name, sql in members.items())})"
    line = "list_transform(l_, lambda v_, i_: f_.a * i_ + f_.b)"
    result = (
        "json_object('rsquare', f_.r, 'slope', f_.a, 'variance', f_.v, 'rvariance', f_.v * (1 - f_.r),"
        f" 'interception', f_.b, 'line_fit', {line})"
    )
    whole = f"list_transform([{fitted}], lambda f_: {result})[1]"
    summed = f"list_transform([struct_pack({packed})], lambda s_: {whole})[1]"
    fit_all = f"list_transform([{numbers}], lambda l_: CASE WHEN l_ IS NOT NULL THEN {summed} END)[1]"
    return site.give("dynamic", fit_all)


_COMPARED = {
    "equals": "=",
    "greater": ">",
    "greater_equals": ">=",
    "less": "<",
    "less_equals": "<=",
    "not_equals": "<>",
}

SEVERAL_COLUMNS: dict[str, tuple[tuple[str, KqlType], ...]] = {
    "series_fit_line": (
        ("rsquare", "real"),
        ("slope", "real"),
        ("variance", "real"),
        ("rvariance", "real"),
        ("interception", "real"),
        ("line_fit", "dynamic"),
    ),
    "series_stats": (
        ("min", "real"),
        ("min_idx", "long"),
        ("max", "real"),
        ("max_idx", "long"),
        ("avg", "real"),
        ("stdev", "real"),
        ("variance", "real"),
    ),
}
"""Functions of extend and project that give several columns. Each has a form that gives a bag, `..._dynamic`."""

RULES: dict[str, Rule] = {
    "series_abs": _each("abs(v_)"),
    "series_add": _pairwise("v_[1] + v_[2]"),
    "series_ceiling": _each("ceil(v_)"),
    "series_divide": _pairwise("CASE WHEN v_[2] <> 0 THEN v_[1] / v_[2] END"),
    **{f"series_{name}": _pairwise(f"v_[1] {symbol} v_[2]") for name, symbol in _COMPARED.items()},
    "series_exp": _each("exp(v_)"),
    "series_fill_backward": built("dynamic", _fill(_AFTER)),
    "series_fill_const": built("dynamic number", _fill_const),
    "series_fill_forward": built("dynamic", _fill(_BEFORE)),
    "series_fit_line_dynamic": built("dynamic", _fit_line_dynamic),
    "series_floor": _each("floor(v_)"),
    "series_log": _each("CASE WHEN v_ > 0 THEN ln(v_) END"),
    "series_multiply": _pairwise("v_[1] * v_[2]"),
    "series_sign": _each("sign(v_)"),
    "series_stats_dynamic": built("dynamic", _stats_dynamic),
    "series_subtract": _pairwise("v_[1] - v_[2]"),
    "series_sum": _total("list_sum"),
    "series_product": _total("list_product"),
}
