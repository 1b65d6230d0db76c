"""How a scalar function is told: what it takes, what it gives, and the SQL for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ingate.kql.refusal import not_supported, semantic_error
from ingate.kql.result import KqlType
from ingate.kql.semantics.conversion import as_json, as_text, converted
from ingate.kql.semantics.scope import Scope
from ingate.kql.semantics.values import INTEGRAL, NUMERIC, Value
from ingate.kql.syntax.tree import Call, Constant


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSite:
    """One call: its arguments, compiled, and where it stands."""

    node: Call
    values: Sequence[Value]
    scope: Scope

    @property
    def name(self) -> str:
        return self.node.name

    def give(self, kql_type: KqlType, sql: str, *, may_be_null: bool = True) -> Value:
        return Value(sql=sql, type=kql_type, at=self.node.at, may_be_null=may_be_null)

    def refuse(self, message: str, at: int | None = None) -> None:
        raise semantic_error(self.scope.said(f"{self.name}(): {message}"), self.node.at if at is None else at)

    def constant(self, index: int) -> Constant:
        """The value of an argument that must be known before the query runs."""
        value = self.values[index]
        if value.known is None:
            raise semantic_error(self.scope.said(f"{self.name}(): argument {index + 1} must be a constant"), value.at)
        return value.known.value

    def constant_text(self, index: int) -> str:
        known = self.constant(index)
        if not isinstance(known, str):
            raise semantic_error(
                self.scope.said(f"{self.name}(): argument {index + 1} must be a string"), self.values[index].at
            )
        return known

    def constant_integer(self, index: int) -> int:
        known = self.constant(index)
        if not isinstance(known, int) or isinstance(known, bool):
            message = f"{self.name}(): argument {index + 1} must be a whole number"
            raise semantic_error(self.scope.said(message), self.values[index].at)
        return known

    def argument(self, index: int, kind: str) -> str:
        return prepared(self.values[index], kind, self.name, self.scope).sql


Build = Callable[[CallSite], Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`kinds`: one for each parameter, `?` marks one that may be missing, `*` one that may be repeated.

    `sql` has a template for each number of arguments it is written for (0: for any), or `build` makes the value.
    `takes_name`: a column of this call is named after the first argument, as in `summarize by bin(T, 1h)`.
    """

    kinds: tuple[str, ...]
    result: KqlType
    sql: Mapping[int, str]
    build: Build | None = None
    takes_name: bool = False


def rule(kinds: str, result: KqlType, *templates: str, takes_name: bool = False) -> Rule:
    """Templates for the fewest arguments first."""
    parts = tuple(kinds.split())
    fewest = sum(1 for kind in parts if kind[-1] not in "?*")
    numbered = {fewest + index: template for index, template in enumerate(templates)}
    return Rule(kinds=parts, result=result, sql=numbered, takes_name=takes_name)


def built(kinds: str, build: Build, *, takes_name: bool = False) -> Rule:
    return Rule(kinds=tuple(kinds.split()), result="dynamic", sql={}, build=build, takes_name=takes_name)


def apply_rule(found: Rule, node: Call, scope: Scope, values: Sequence[Value]) -> Value:
    kinds = _kinds_for(found, node, scope, len(values))
    ready = [prepared(value, kind, node.name, scope) for value, kind in zip(values, kinds, strict=True)]
    if found.build is not None:
        return found.build(CallSite(node=node, values=ready, scope=scope))
    template = found.sql.get(len(ready))
    if template is None:
        raise not_supported(scope.said(f"{node.name}() with {len(ready)} arguments is not supported"), node.at)
    never_null = (
        bool(kinds) and all(not value.may_be_null for value in ready) and found.result in ("string", "bool", "long")
    )
    sql = template.format(*(value.sql for value in ready))
    return Value(sql=sql, type=found.result, at=node.at, may_be_null=not (never_null and _is_total(template)))


def _is_total(template: str) -> bool:
    """Whether the SQL gives a value for every value: what converts or divides may not."""
    return not any(word in template for word in ("try", "CASE", "json", "nullif", "["))


def _kinds_for(found: Rule, node: Call, scope: Scope, count: int) -> list[str]:
    needed = [kind for kind in found.kinds if kind[-1] not in "?*"]
    kinds = [kind.rstrip("?*") for kind in found.kinds]
    if found.kinds and found.kinds[-1].endswith("*"):
        kinds += [kinds[-1]] * max(0, count - len(kinds))
        most = None
    else:
        most = len(kinds)
    if count < len(needed) or (most is not None and count > most):
        wanted = (
            str(len(needed))
            if most == len(needed)
            else f"at least {len(needed)}"
            if most is None
            else f"{len(needed)} to {most}"
        )
        raise semantic_error(scope.said(f"{node.name}(): expects {wanted} argument(s), got {count}"), node.at)
    return kinds[:count]


def prepared(value: Value, kind: str, name: str, scope: Scope) -> Value:
    """An argument as its parameter takes it, or an error that names both."""
    ready = _prepared(value, kind)
    if ready is None:
        raise semantic_error(scope.said(f"{name}(): expects {kind} here, got {value.type}"), value.at)
    return ready


def _prepared(value: Value, kind: str) -> Value | None:
    if kind == "any":
        return value
    if kind == "scalar":
        return None if value.type == "dynamic" else value
    if kind == "text" or (kind == "string" and value.type in ("string", "dynamic", "guid")):
        return _as(value, "string", as_text(value))
    if kind == "json":
        return _as(value, "dynamic", as_json(value))
    if kind == "number":
        return converted(value, "real") if value.type == "dynamic" else value if value.type in NUMERIC else None
    if kind == "summable":
        return converted(value, "real") if value.type == "dynamic" else value if _is_summable(value) else None
    return _prepared_typed(value, kind)


def _is_summable(value: Value) -> bool:
    return value.type in NUMERIC or value.type == "timespan"


def _prepared_typed(value: Value, kind: str) -> Value | None:
    if kind == "long" and (value.type in INTEGRAL or value.type == "dynamic" or value.type == "bool"):
        return converted(value, "long")
    if kind == "whole" and value.type in NUMERIC:
        return converted(value, "long")
    if kind == "real" and (value.type in NUMERIC or value.type == "dynamic"):
        return converted(value, "real")
    if kind in ("datetime", "timespan", "bool") and value.type == "dynamic":
        return converted(value, kind)  # type: ignore[arg-type]
    return value if value.type == kind else None


def _as(value: Value, kql_type: KqlType, sql: str) -> Value:
    may_be_null = False if kql_type == "string" else value.may_be_null
    known = value.known if value.type == kql_type else None
    return Value(sql=sql, type=kql_type, at=value.at, may_be_null=may_be_null, known=known)
