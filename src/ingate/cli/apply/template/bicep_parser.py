"""Bicep files, as far as they declare what Ingate has. Modules, imports and the like are refused by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ingate.cli.apply.problem import Place, PlaceError, Problem

from .bicep_expressions import ExpressionParser
from .bicep_lexer import Token, lex
from .model import (
    PARAMETER_TYPES,
    Call,
    Declaration,
    Expression,
    Literal,
    Loop,
    Name,
    Object,
    Output,
    Parameter,
    Template,
    Variable,
)

_REFUSED = {
    "module": "modules are not taken: put the module's resources into this file",
    "import": "imports are not taken",
    "extension": "extensions are not taken",
    "provider": "extensions are not taken",
    "func": "functions of one's own are not taken",
    "assert": "assertions are not taken",
    "using": "'using' belongs into a .bicepparam file",
}
_RULES = {"allowed": "allowed", **{name: name for name in ("minLength", "maxLength", "minValue", "maxValue")}}
_DECORATORS = frozenset(
    {"description", "metadata", "secure", "batchSize", "sealed", "export", "discriminator", *_RULES}
)
_NOT_SENT = ("name", "parent", "scope", "dependson")

Decorators = dict[str, Call]


def parse_bicep(text: str) -> tuple[Template, list[Problem]]:
    """The template, and everything in it that is not taken. A statement that is not Bicep is left out whole."""
    try:
        tokens = lex(text)
    except PlaceError as error:
        return Template(), [error.problem]
    parser = _Parser(tokens)
    problems = parser.parse_file()
    template = Template(
        parameters=tuple(parser.parameters),
        variables=tuple(parser.variables),
        resources=tuple(parser.resources),
        outputs=tuple(parser.outputs),
    )
    return template, problems


def parse_parameter_file(text: str) -> tuple[list[tuple[str, Place, Expression]], list[Problem]]:
    """A .bicepparam file: names, places and values."""
    try:
        parser = _Parser(lex(text))
    except PlaceError as error:
        return [], [error.problem]
    problems = parser.parse_file(is_parameters=True)
    return parser.assignments, problems


class _Parser(ExpressionParser):
    def __init__(self, tokens: Sequence[Token]) -> None:
        super().__init__(tokens)
        self.parameters: list[Parameter] = []
        self.variables: list[Variable] = []
        self.resources: list[Declaration] = []
        self.outputs: list[Output] = []
        self.assignments: list[tuple[str, Place, Expression]] = []
        self._around: list[Declaration] = []
        self._symbols: set[str] = set()

    def parse_file(self, *, is_parameters: bool = False) -> list[Problem]:
        problems: list[Problem] = []
        self.skip_newlines()
        while self.peek().kind != "end":
            try:
                self._parse_statement(is_parameters=is_parameters)
            except PlaceError as error:
                problems.append(error.problem)
                self._around.clear()
                self._depth = 0
                self._skip_statement()
            self.skip_newlines()
        return problems

    def _skip_statement(self) -> None:
        """To the next line that begins in the first column with a word or a decorator."""
        while self.peek().kind != "end":
            token = self.next()
            following = self.peek()
            begins = following.kind == "word" or following.text == "@"
            if token.kind == "newline" and begins and following.place.column == 1:
                return

    def _parse_statement(self, *, is_parameters: bool) -> None:
        decorators = self._parse_decorators()
        token = self.expect_word("a declaration")
        if is_parameters and token.text in ("using", "param"):
            self._parse_assignment(token.text)
        elif token.text in _REFUSED:
            raise PlaceError(token.place, _REFUSED[token.text])
        else:
            statements: dict[str, Callable[[Decorators], None]] = {
                "targetScope": self._parse_target_scope,
                "metadata": self._parse_metadata,
                "param": self._parse_parameter,
                "var": self._parse_variable,
                "type": self._parse_type_statement,
                "resource": self._parse_resource_statement,
                "output": self._parse_output,
            }
            if token.text not in statements:
                raise PlaceError(token.place, f"{token.text!r} begins no declaration that is taken")
            statements[token.text](decorators)
        if self.peek().kind not in ("newline", "end"):
            raise self.refuse("the end of the line is expected here")

    def _parse_assignment(self, word: str) -> None:
        if word == "using":
            self.parse()
            return
        name = self.expect_word("a parameter's name")
        self.expect("=")
        self.assignments.append((name.text, name.place, self.parse()))

    def _parse_decorators(self) -> Decorators:
        found: Decorators = {}
        while self.take("@"):
            place = self.peek().place
            call = self._parse_accesses(self._parse_primary())
            if not isinstance(call, Call) or call.name not in _DECORATORS:
                raise PlaceError(place, "this decorator is not taken")
            found[call.name] = call
            self.skip_newlines()
        return found

    def _declare(self, what: str) -> Token:
        name = self.expect_word(what)
        if name.text in self._symbols:
            raise PlaceError(name.place, f"{name.text!r} is declared a second time")
        self._symbols.add(name.text)
        return name

    def _parse_target_scope(self, decorators: Decorators) -> None:
        self.expect("=")
        scope = self.parse()
        if not isinstance(scope, Literal) or scope.value != "resourceGroup":
            raise PlaceError(scope.place, "only 'resourceGroup' is taken: say what a resource group holds")

    def _parse_metadata(self, decorators: Decorators) -> None:
        self.expect_word("a name")
        self.expect("=")
        self.parse()

    def _parse_parameter(self, decorators: Decorators) -> None:
        name = self._declare("a parameter's name")
        kind, nullable = self._parse_type()
        rules = [
            (_RULES[key], call.arguments[0]) for key, call in decorators.items() if key in _RULES and call.arguments
        ]
        self.parameters.append(
            Parameter(
                name=name.text,
                place=name.place,
                type=kind,
                default=self.parse() if self.take("=") else None,
                is_nullable=nullable,
                is_secure="secure" in decorators,
                rules=tuple(rules),
            )
        )

    def _parse_type(self) -> tuple[str, bool]:
        """What of a type is used: its plain name, empty for any other, and whether it may be null."""
        tokens = self._skip_type()
        nullable = bool(tokens) and tokens[-1].text == "?"
        plain = tokens[:-1] if nullable else tokens
        words = [token.text for token in plain]
        if len(words) == 1 and words[0] in PARAMETER_TYPES:
            return words[0], nullable
        if words[-2:] == ["[", "]"]:
            return "array", nullable
        if plain and all(token.kind == "string" or token.text == "|" for token in plain):
            return "string", nullable
        return "", nullable

    def _skip_type(self) -> list[Token]:
        tokens: list[Token] = []
        depth = 0
        while self.peek().kind != "end":
            token = self.peek()
            if depth == 0 and (token.text == "=" or (token.kind == "newline" and not self._goes_on())):
                break
            depth += (
                {"{": 1, "(": 1, "[": 1, "}": -1, ")": -1, "]": -1}.get(token.text, 0) if token.kind == "mark" else 0
            )
            tokens.append(self.next())
        return [token for token in tokens if token.kind != "newline"]

    def _goes_on(self) -> bool:
        """Whether the next line continues a union of types."""
        ahead = 0
        while self.peek(ahead).kind == "newline":
            ahead += 1
        return self.peek(ahead).text == "|" and self.peek(ahead).kind == "mark"

    def _parse_type_statement(self, decorators: Decorators) -> None:
        """Types say nothing that a deployment needs: the values themselves are checked by the management API."""
        self.expect_word("a type's name")
        self.expect("=")
        self.skip_newlines()
        self._skip_type()

    def _parse_variable(self, decorators: Decorators) -> None:
        name = self._declare("a variable's name")
        self._skip_type()
        self.expect("=")
        self.variables.append(Variable(name=name.text, place=name.place, value=self.parse()))

    def _parse_output(self, decorators: Decorators) -> None:
        name = self.expect_word("an output's name")
        self._skip_type()
        self.expect("=")
        value = self.parse()
        self.outputs.append(Output(name=name.text, place=name.place, value=value, is_secure="secure" in decorators))

    # Resources

    def _parse_resource_statement(self, decorators: Decorators) -> None:
        self._parse_resource(None)

    def parse_nested(self) -> bool:
        before = self.position
        if self._around and self.is_at("@"):
            self._parse_decorators()
        if not (self._around and self.is_at_word("resource") and self.peek(1).kind == "word"):
            self.position = before
            return False
        self.next()
        self._parse_resource(self._around[-1])
        return True

    def _parse_resource(self, around: Declaration | None) -> None:
        symbol = self._declare("a resource's name")
        written = self.next()
        if written.kind != "string" or len(written.parts) != 1:
            raise PlaceError(written.place, "a resource's type and version are expected here")
        kind = written.text.partition("@")[0]
        if around is not None and "." not in kind.partition("/")[0]:
            kind = f"{around.type}/{kind}"
        is_existing = self.is_at_word("existing")
        if is_existing:
            self.next()
        self.expect("=")
        empty = Object(place=symbol.place, items=())
        declaration = Declaration(
            place=symbol.place,
            symbol=symbol.text,
            type=kind,
            name=Literal(place=symbol.place, value=""),
            body=empty,
            parent=None if around is None else Name(place=symbol.place, name=around.symbol),
            is_existing=is_existing,
        )
        position = len(self.resources)
        self.resources.append(declaration)
        self.resources[position] = self._parse_resource_value(declaration)

    def _parse_resource_value(self, declaration: Declaration) -> Declaration:
        loop: Loop | None = None
        place = self.peek().place
        is_loop = self.take("[")
        if is_loop:
            self.skip_newlines()
            if not self.is_at_word("for"):
                raise self.refuse("'for' is expected here")
            item, index, source = self.parse_loop_head()
            loop = Loop(place=place, source=source, body=declaration.body, item=item, index=index)
        condition = self.parse_condition()
        self._around.append(replace(declaration, loop=loop))
        body = self.parse_object()
        self._around.pop()
        if is_loop:
            self.skip_newlines()
            self.expect("]")
        name = body.find("name")
        if name is None:
            raise PlaceError(declaration.place, "'name' is missing in this resource")
        depends = body.find("dependsOn")
        order = getattr(depends, "items", ()) if depends is not None else ()
        return replace(
            declaration,
            name=name,
            body=body.without(*_NOT_SENT),
            parent=body.find("parent") or declaration.parent,
            scope=body.find("scope"),
            condition=condition,
            loop=loop,
            depends_on=tuple(order),
        )
