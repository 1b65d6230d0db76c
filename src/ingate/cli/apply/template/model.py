"""A template as both parsers give it: expressions that know their place, and what is declared with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from ingate.cli.apply.problem import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    place: Place
    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Array:
    place: Place
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    place: Place
    items: tuple[tuple[Expression | None, Expression], ...]
    """Keys and values; a value without a key is an object whose members are put in."""

    def find(self, name: str) -> Expression | None:
        for key, value in self.items:
            if isinstance(key, Literal) and str(key.value).lower() == name.lower():
                return value
        return None

    def without(self, *names: str) -> Object:
        kept = [(k, v) for k, v in self.items if not (isinstance(k, Literal) and str(k.value).lower() in names)]
        return Object(place=self.place, items=tuple(kept))


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    place: Place
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A property, or an item of an array."""

    place: Place
    target: Expression
    key: Expression
    is_safe: bool = False
    """Null where there is none, `a.?b`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A parameter, variable, resource, loop variable or argument of a lambda, in Bicep."""

    place: Place
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lambda:
    place: Place
    arguments: tuple[str, ...]
    body: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    place: Place
    source: Expression
    """An array."""
    body: Expression
    item: str = ""
    index: str = ""
    copy_name: str = ""
    """What `copyIndex` calls it, in an ARM template."""
    condition: Expression | None = None


Expression: TypeAlias = "Literal | Array | Object | Call | Access | Name | Lambda | Loop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    name: str
    place: Place
    type: str
    """`string`, `int`, `bool`, `object`, `array`; empty for any other type that Bicep can say."""
    default: Expression | None = None
    is_nullable: bool = False
    is_secure: bool = False
    rules: tuple[tuple[str, Expression], ...] = ()
    """`allowed`, `minLength`, `maxLength`, `minValue`, `maxValue`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    name: str
    place: Place
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A resource, or a loop of them."""

    place: Place
    symbol: str
    """Empty in ARM templates without symbolic names."""
    type: str
    name: Expression
    body: Object
    """What is sent: everything but name, parent, scope, condition and order."""
    parent: Expression | None = None
    scope: Expression | None = None
    condition: Expression | None = None
    loop: Loop | None = None
    """Its body has no meaning."""
    depends_on: tuple[Expression, ...] = ()
    is_existing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    name: str
    place: Place
    value: Expression
    condition: Expression | None = None
    is_secure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    parameters: tuple[Parameter, ...] = ()
    variables: tuple[Variable, ...] = ()
    resources: tuple[Declaration, ...] = ()
    outputs: tuple[Output, ...] = ()
    place: Place = field(default=Place(1, 1))


PARAMETER_TYPES = ("string", "int", "bool", "object", "array")
