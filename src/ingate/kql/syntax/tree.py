"""The syntax tree. Every node knows the offset in the text that an error about it points to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from ingate.kql.result import KqlType

Constant: TypeAlias = "str | int | float | bool | datetime | Decimal | Json | None"
JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | int | float | bool | None"


@dataclass(frozen=True, slots=True)
class Json:
    """The content of a dynamic literal."""

    value: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal(Node):
    """A timespan's value is ticks of 100 ns; a null has value None (a string's null is refused by the parser)."""

    type: KqlType
    value: Constant


@dataclass(frozen=True, slots=True, kw_only=True)
class Name(Node):
    """A column, table, let or `$left`/`$right`. May hold `*` where a pattern is allowed."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Star(Node):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Node):
    of: Expression
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Index(Node):
    of: Expression
    index: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Node):
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary(Node):
    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary(Node):
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Logical(Node):
    """`and` or `or` over two or more operands, flat however long the chain."""

    operator: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership(Node):
    """in, in~, !in, !in~, has_any, has_all."""

    operator: str
    left: Expression
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Between(Node):
    negated: bool
    of: Expression
    low: Expression
    high: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Named(Node):
    """`name = value`, or `(a, b) = value` for what yields several columns."""

    names: tuple[str, ...]
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline(Node):
    source: Expression
    operators: tuple[Operator, ...]


Parameters: TypeAlias = "tuple[tuple[str, Expression], ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator(Node):
    """One step of a pipeline, or the beginning of one (`print`, `range`, `union` ...).

    The pieces mean what the operator says they mean; see the operator's own file.
    """

    keyword: str
    parameters: Parameters = ()
    items: tuple[Expression, ...] = ()
    by: tuple[Expression, ...] = ()
    table: Expression | None = None
    types: tuple[tuple[str, KqlType], ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SortKey(Node):
    """`nulls_first` None: the direction's default."""

    value: Expression
    descending: bool
    nulls_first: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted(Node):
    """`value to typeof(type)`, in mv-expand and mv-apply."""

    value: Expression
    type: KqlType | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaulted(Node):
    """`aggregate default = value`, in make-series."""

    value: Expression
    default: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(Node):
    """Of a function. `type` None: a table."""

    name: str
    type: KqlType | None
    default: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Function(Node):
    parameters: tuple[Parameter, ...]
    body: Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Let(Node):
    name: str
    value: Expression | Function


@dataclass(frozen=True, slots=True, kw_only=True)
class Query(Node):
    """Let statements, and the expression that is answered."""

    lets: tuple[Let, ...]
    result: Expression


Expression: TypeAlias = (
    Literal
    | Name
    | Star
    | Member
    | Index
    | Call
    | Unary
    | Binary
    | Logical
    | Membership
    | Between
    | Named
    | Pipeline
    | Operator
    | SortKey
    | Converted
    | Defaulted
)
