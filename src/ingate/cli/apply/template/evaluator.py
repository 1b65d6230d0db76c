"""What expressions come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, cast

from ingate.cli.apply.problem import Place, PlaceError

from .functions import FUNCTIONS, REFUSED, FunctionFailed, describe, get_member, render_text
from .model import Access, Array, Call, Expression, Lambda, Literal, Loop, Name, Object

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the loops and lambdas around an expression give names to."""

    names: Values = field(default_factory=lambda: {})
    copies: Mapping[str, int] = field(default_factory=lambda: {})
    """Turns of copy loops by name; that of the innermost resource loop by an empty one."""

    def bind(self, values: Values) -> Scope:
        return replace(self, names={**self.names, **values})

    def turn(self, name: str, index: int) -> Scope:
        return replace(self, copies={**self.copies, name.lower(): index})


class Handle(Protocol):
    """A resource in an expression: some of it is known before it exists."""

    def get_member(self, key: object, place: Place) -> object: ...

    def to_object(self, place: Place) -> object: ...


class World(Protocol):
    """What expressions see besides their own values."""

    def find_name(self, name: Name) -> object: ...

    def call(self, call: Call, arguments: Sequence[object]) -> object:
        """A function that needs to know where it is called. Raises KeyError for one that there is not."""
        ...


class Evaluator:
    def __init__(self, world: World) -> None:
        self._world = world

    def evaluate(self, expression: Expression, scope: Scope) -> Any:
        """Raises PlaceError, and NotYetKnown for what only something still to be created has."""
        match expression:
            case Literal():
                return expression.value
            case Array():
                return [self.settle(item, scope) for item in expression.items]
            case Object():
                return self._make_object(expression, scope)
            case Call():
                return self._call(expression, scope)
            case Access():
                return self._access(expression, scope)
            case Name():
                if expression.name in scope.names:
                    return scope.names[expression.name]
                return self._world.find_name(expression)
            case Loop():
                turns = self.list_turns(expression, scope)
                return [self.settle(expression.body, turn) for turn in turns]
            case Lambda():
                raise PlaceError(expression.place, "a lambda can only be given to a function")

    def settle(self, expression: Expression, scope: Scope) -> Any:
        """The same, with resources as objects."""
        value = self.evaluate(expression, scope)
        if hasattr(value, "to_object"):
            return cast("Handle", value).to_object(expression.place)
        return value

    def list_turns(self, loop: Loop, scope: Scope) -> list[Scope]:
        """The scope of each turn."""
        source = self.settle(loop.source, scope)
        if not isinstance(source, list):
            raise PlaceError(loop.place, f"a loop needs an array, not {describe(source)}")
        turns: list[Scope] = []
        for index, item in enumerate(cast("list[object]", source)):
            turn = scope.bind({loop.item: item, loop.index: index}) if loop.item else scope
            turn = turn.turn(loop.copy_name, index) if loop.copy_name or not loop.item else turn
            if loop.condition is None or self.decide(loop.condition, turn):
                turns.append(turn)
        return turns

    def decide(self, condition: Expression, scope: Scope) -> bool:
        value = self.settle(condition, scope)
        if not isinstance(value, bool):
            raise PlaceError(condition.place, f"true or false is expected here, not {describe(value)}")
        return value

    def _make_object(self, expression: Object, scope: Scope) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in expression.items:
            settled = self.settle(value, scope)
            if key is not None:
                made[render_text(self.settle(key, scope))] = settled
            elif isinstance(settled, dict):
                made.update(cast("dict[str, Any]", settled))
            elif settled is not None:
                raise PlaceError(value.place, f"only an object can be spread here, not {describe(settled)}")
        return made

    def _access(self, expression: Access, scope: Scope) -> object:
        target = self.evaluate(expression.target, scope)
        key = self.settle(expression.key, scope)
        if hasattr(target, "get_member"):
            return cast("Handle", target).get_member(key, expression.key.place)
        try:
            return get_member(target, key, is_safe=expression.is_safe)
        except FunctionFailed as failure:
            raise PlaceError(expression.key.place, str(failure)) from None

    def _call(self, call: Call, scope: Scope) -> object:
        name = call.name.lower()
        if name in REFUSED:
            raise PlaceError(call.place, f"{call.name} is not taken: {REFUSED[name]}")
        if special := _SPECIAL.get(name):
            return special(self, call, scope)
        arguments = [self.settle(argument, scope) for argument in call.arguments]
        try:
            if name in FUNCTIONS:
                return FUNCTIONS[name](*arguments)
            return self._world.call(call, arguments)
        except FunctionFailed as failure:
            raise PlaceError(call.place, f"{call.name}: {failure}") from None
        except KeyError:
            raise PlaceError(call.place, f"there is no function {call.name!r} here") from None
        except (TypeError, ValueError, IndexError):
            raise PlaceError(call.place, f"{call.name} does not take {len(arguments)} arguments") from None

    def choose(self, call: Call, scope: Scope) -> object:
        condition, when_true, when_false = _take(call, 3)
        return self.evaluate(when_true if self.decide(condition, scope) else when_false, scope)

    def conjoin(self, call: Call, scope: Scope) -> object:
        return all(self.decide(argument, scope) for argument in call.arguments)

    def disjoin(self, call: Call, scope: Scope) -> object:
        return any(self.decide(argument, scope) for argument in call.arguments)

    def coalesce(self, call: Call, scope: Scope) -> object:
        for argument in call.arguments:
            if (value := self.evaluate(argument, scope)) is not None:
                return value
        return None

    def interpolate(self, call: Call, scope: Scope) -> object:
        return "".join(render_text(self.settle(argument, scope)) for argument in call.arguments)

    def count_turn(self, call: Call, scope: Scope) -> object:
        """`copyIndex([name], [offset])`."""
        arguments = [self.settle(argument, scope) for argument in call.arguments]
        name = str(arguments.pop(0)).lower() if arguments and isinstance(arguments[0], str) else ""
        if name not in scope.copies:
            raise PlaceError(call.place, f"there is no copy loop {name!r} around this" if name else "no loop is here")
        offset = arguments[0] if arguments and isinstance(arguments[0], int) else 0
        return scope.copies[name] + offset

    def read_lambda_variable(self, call: Call, scope: Scope) -> object:
        name = str(self.settle(_take(call, 1)[0], scope))
        if name not in scope.names:
            raise PlaceError(call.place, f"there is no lambda variable {name!r} here")
        return scope.names[name]

    def filter(self, call: Call, scope: Scope) -> object:
        items, run = self._open_lambda(call, scope)
        return [item for index, item in enumerate(items) if run(item, index) is True]

    def map(self, call: Call, scope: Scope) -> object:
        items, run = self._open_lambda(call, scope)
        return [run(item, index) for index, item in enumerate(items)]

    def make_members(self, call: Call, scope: Scope) -> object:
        """`toObject(array, key lambda, [value lambda])`."""
        if len(call.arguments) == 2:
            items, key = self._open_lambda(call, scope)
            return {render_text(key(item)): item for item in items}
        source, key_lambda, value_lambda = _take(call, 3)
        items, key = self._open_lambda(replace(call, arguments=(source, key_lambda)), scope)
        _, value = self._open_lambda(replace(call, arguments=(source, value_lambda)), scope)
        return {render_text(key(item)): value(item) for item in items}

    def reduce(self, call: Call, scope: Scope) -> object:
        source, initial, function = _take(call, 3)
        items, run = self._open_lambda(replace(call, arguments=(source, function)), scope)
        value = self.settle(initial, scope)
        for item in items:
            value = run(value, item)
        return value

    def _open_lambda(self, call: Call, scope: Scope) -> tuple[list[object], Callable[..., object]]:
        source, function = _take(call, 2)
        items = self.settle(source, scope)
        if not isinstance(items, list):
            raise PlaceError(source.place, f"an array is expected here, not {describe(items)}")
        if isinstance(function, Call) and function.name.lower() == "lambda" and function.arguments:
            *names, body = function.arguments
            function = Lambda(
                place=function.place, arguments=tuple(str(self.settle(name, scope)) for name in names), body=body
            )
        if not isinstance(function, Lambda):
            raise PlaceError(function.place, f"{call.name} needs a lambda here")
        chosen = function

        def run(*values: object) -> object:
            return self.settle(chosen.body, scope.bind(dict(zip(chosen.arguments, values, strict=False))))

        return cast("list[object]", items), run


_SPECIAL: dict[str, Callable[[Evaluator, Call, Scope], object]] = {
    "if": Evaluator.choose,
    "and": Evaluator.conjoin,
    "or": Evaluator.disjoin,
    "coalesce": Evaluator.coalesce,
    "interpolate": Evaluator.interpolate,
    "copyindex": Evaluator.count_turn,
    "lambdavariables": Evaluator.read_lambda_variable,
    "filter": Evaluator.filter,
    "map": Evaluator.map,
    "toobject": Evaluator.make_members,
    "reduce": Evaluator.reduce,
}


def _take(call: Call, count: int) -> tuple[Expression, ...]:
    if len(call.arguments) != count:
        raise PlaceError(call.place, f"{call.name} takes {count} arguments, not {len(call.arguments)}")
    return call.arguments
