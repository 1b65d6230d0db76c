"""Window functions: over rows in an order, after `sort`, `top` or `serialize`."""

from __future__ import annotations

from ingate.kql.functions.signatures import Build, CallSite, Rule, apply_rule, built
from ingate.kql.refusal import not_supported, semantic_error
from ingate.kql.result import KqlType
from ingate.kql.semantics.conversion import as_text, converted
from ingate.kql.semantics.scope import Scope
from ingate.kql.semantics.values import Value, text_of
from ingate.kql.syntax.tree import Call


def compile_window(node: Call, scope: Scope) -> Value:
    if scope.row is None or not scope.windows or not scope.row.order:
        message = (
            f"{node.name}() needs rows in an order: use 'serialize' or 'sort' before it,"
            " and call it in extend, project or serialize"
        )
        raise semantic_error(scope.said(message), node.at)
    inner = scope.within(windows=False)
    outer = scope if node.name in _RESTARTING else inner  # of a restart, such as `name != prev(name)`
    values = [(outer if index == 1 else inner).scalar(argument) for index, argument in enumerate(node.arguments)]
    return apply_rule(WINDOWS[node.name], node, inner, values)


def _order(site: CallSite) -> str:
    return f"ORDER BY {site.scope.row.render_order()}" if site.scope.row is not None else ""


def _restart(site: CallSite, index: int) -> str:
    """A column further in that tells where a count begins anew; none when it never does."""
    if len(site.values) <= index:
        return ""
    restart = site.values[index]
    if restart.type != "bool":
        raise semantic_error(site.scope.said(f"{site.name}(): the restart is a bool"), restart.at)
    if restart.known is not None:
        if restart.known.value:
            raise not_supported(site.scope.said("a restart that is always true is not supported"), restart.at)
        return ""
    compilation = site.scope.compilation
    if any(name in restart.sql for name, _ in compilation.below):
        raise not_supported(
            site.scope.said("a restart that counts itself is not supported; extend it first"), restart.at
        )
    flag = compilation.new_name()
    compilation.far_below.append((flag, f"coalesce({restart.sql}, false)"))
    return flag


def _segment(site: CallSite, flag: str) -> str:
    """The running count of restarts, this row's included: a segment is what lies between two.

    A correlated count would be quadratic, and so is DuckDB's with a FILTER; the restarts are counted by a layer that
    `operators/projecting.py` puts below."""
    if not flag:
        return ""
    name = site.scope.compilation.new_name()
    over = f"({_order(site)} ROWS UNBOUNDED PRECEDING)"
    site.scope.compilation.below.append((name, f"sum(CASE WHEN {flag} THEN 1 ELSE 0 END) OVER {over}"))
    return f"PARTITION BY {name} "


def _row_number(site: CallSite) -> Value:
    start = site.values[0].sql if site.values else "1"
    return site.give(
        "long",
        f"(row_number() OVER ({_segment(site, _restart(site, 1))}{_order(site)}) - 1 + {start})",
        may_be_null=False,
    )


def _neighbour(function: str) -> Build:
    def build(site: CallSite) -> Value:
        value = site.values[0]
        offset = site.constant_integer(1) if len(site.values) > 1 else 1
        sql = text_of(value) if value.type == "string" else value.sql
        default = ""
        if len(site.values) > 2:
            given = site.values[2]
            default = f", {as_text(given) if value.type == 'string' else converted(given, value.type).sql}"
        name = function if offset >= 0 else {"lag": "lead", "lead": "lag"}[function]
        shifted = f"{name}({sql}, {abs(offset)}{default}) OVER ({_order(site)})"
        return site.give(value.type, f"coalesce({shifted}, '')" if value.type == "string" else shifted)

    return build


def _row_cumsum(site: CallSite) -> Value:
    value = site.values[0]
    kql_type: KqlType = "long" if value.type == "int" else value.type
    total = f"sum({value.sql}) OVER ({_segment(site, _restart(site, 1))}{_order(site)} ROWS UNBOUNDED PRECEDING)"
    exact = f"CAST({total} AS BIGINT)" if kql_type in ("long", "timespan") else total
    return site.give(kql_type, exact)


def _row_rank(gaps: bool) -> Build:
    """Ranks count the changes of a value from row to row; the rows are to be sorted by it."""

    def build(site: CallSite) -> Value:
        value = site.values[0]
        sql = as_text(value) if value.type == "string" else value.sql
        flag = _restart(site, 1)
        segment = _segment(site, flag)
        below, order = site.scope.compilation.below, _order(site)
        place, changed = site.scope.compilation.new_name(), site.scope.compilation.new_name()
        below.append((place, f"row_number() OVER ({order})"))
        below.append((changed, f"({sql} IS DISTINCT FROM lag({sql}) OVER ({order}))"))
        first = f"{changed} OR {place} = 1" + (f" OR {flag}" if flag else "")
        over = f"OVER ({segment}{order} ROWS UNBOUNDED PRECEDING)"
        if not gaps:
            return site.give(
                "long", f"CAST(sum(CASE WHEN {first} THEN 1 ELSE 0 END) {over} AS BIGINT)", may_be_null=False
            )
        rank = f"(max(CASE WHEN {first} THEN {place} END) {over} - min({place}) {over} + 1)"
        return site.give("long", rank, may_be_null=False)

    return build


_RESTARTING = frozenset({"row_cumsum", "row_number", "row_rank_dense", "row_rank_min"})
"""Their second argument is a restart."""

WINDOWS: dict[str, Rule] = {
    "next": built("any long? any?", _neighbour("lead")),
    "prev": built("any long? any?", _neighbour("lag")),
    "row_cumsum": built("summable bool?", _row_cumsum),
    "row_rank_dense": built("any bool?", _row_rank(False)),
    "row_rank_min": built("any bool?", _row_rank(True)),
    "row_number": built("long? bool?", _row_number),
}
