"""Query text -> tree: statements, pipelines, functions."""

from __future__ import annotations

from ingate.kql.refusal import not_supported, syntax_error, too_complex
from ingate.kql.result import KqlType
from ingate.kql.syntax.cursor import Cursor
from ingate.kql.syntax.lexing import parse_tokens
from ingate.kql.syntax.parsing_expressions import ExpressionParser
from ingate.kql.syntax.parsing_operators import OperatorParser
from ingate.kql.syntax.tree import Expression, Function, Let, Operator, Parameter, Pipeline, Query, Star
from ingate.kql.types import type_named

OPERATOR_LIMIT = 150
"""Steps of one pipeline; each is a level of nesting in SQL."""

HARMLESS_SETTINGS = frozenset(
    {"notruncation", "norequesttimeout", "servertimeout", "maxmemoryconsumptionperiterator"}
)
"""`set` statements that are read over: they change how much work Kusto does, never an answer."""


def parse_query(text: str) -> Query:
    parser = QueryParser(Cursor(parse_tokens(text)))
    query = parser.parse_statements()
    if parser.cursor.token.kind != "end":
        raise parser.cursor.unexpected("'|', ';' or the end of the query")
    return query


class QueryParser:
    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.expressions = ExpressionParser(cursor, self.parse_pipe)
        self.operators = OperatorParser(cursor, self.expressions, self.parse_pipe, self.parse_type, self.parse_body)

    def parse_statements(self) -> Query:
        cursor = self.cursor
        at = cursor.at
        lets: list[Let] = []
        result: Expression | None = None
        while cursor.token.kind != "end" and not cursor.is_symbol("}", ")"):
            if cursor.accept(";"):
                continue
            if result is not None:
                raise syntax_error("Only the last statement of a query may be an expression", cursor.at)
            if cursor.is_word("let"):
                lets.append(self._parse_let())
            elif cursor.is_word("set"):
                self._parse_set()
            elif cursor.is_word("declare", "alias", "restrict"):
                raise not_supported(f"The statement '{cursor.token.text}' is not supported", cursor.at)
            else:
                result = self.parse_pipe()
            if not cursor.accept(";"):
                break
        if result is None:
            raise syntax_error("The query has no expression to answer", cursor.at if lets else at)
        return Query(at=at, lets=tuple(lets), result=result)

    def _parse_set(self) -> None:
        cursor = self.cursor
        cursor.expect("set")
        name = cursor.expect_name()
        if name.value.lower() not in HARMLESS_SETTINGS:
            raise not_supported(f"'set {name.value}' is not supported", name.at)
        if cursor.accept("="):
            self.expressions.parse_path()

    def _parse_let(self) -> Let:
        cursor = self.cursor
        at = cursor.expect("let").at
        name = cursor.expect_name().value
        cursor.expect("=")
        if cursor.is_word("view") and cursor.ahead().text == "(":
            cursor.take()
        if cursor.is_symbol("(") and cursor.ahead(cursor.closing_of_parenthesis() + 1).text == "{":
            return Let(at=at, name=name, value=self._parse_function())
        return Let(at=at, name=name, value=self.parse_pipe())

    def _parse_function(self) -> Function:
        cursor = self.cursor
        at = cursor.expect("(").at
        parameters: list[Parameter] = []
        while not cursor.is_symbol(")"):
            parameters.append(self._parse_parameter())
            if not cursor.accept(","):
                break
        cursor.expect(")")
        cursor.expect("{")
        with cursor.deeper():
            body = self.parse_statements()
        cursor.expect("}")
        return Function(at=at, parameters=tuple(parameters), body=body)

    def _parse_parameter(self) -> Parameter:
        cursor = self.cursor
        name = cursor.expect_name()
        cursor.expect(":")
        if cursor.is_symbol("("):
            for _ in range(cursor.closing_of_parenthesis() + 1):
                cursor.take()
            return Parameter(at=name.at, name=name.value, type=None, default=None)
        kql_type = self.parse_type()
        default = self.expressions.parse() if cursor.accept("=") else None
        return Parameter(at=name.at, name=name.value, type=kql_type, default=default)

    def parse_type(self) -> KqlType:
        token = self.cursor.expect_name()
        kql_type = type_named(token.value)
        if kql_type is None:
            raise syntax_error(f"'{token.value}' is no type", token.at)
        return kql_type

    def parse_pipe(self) -> Expression:
        """An expression, or a pipeline."""
        cursor = self.cursor
        at = cursor.at
        with cursor.deeper():
            source = self.operators.parse_source() or self.expressions.parse_named()
        operators = self._parse_operators()
        return Pipeline(at=at, source=source, operators=operators) if operators else source

    def parse_body(self) -> Pipeline:
        """The pipeline of mv-apply, which begins with an operator and no source."""
        cursor = self.cursor
        at = cursor.at
        first = self.operators.parse_operator()
        return Pipeline(at=at, source=Star(at=at), operators=(first, *self._parse_operators()))

    def _parse_operators(self) -> tuple[Operator, ...]:
        operators: list[Operator] = []
        while self.cursor.accept("|"):
            operators.append(self.operators.parse_operator())
            if len(operators) > OPERATOR_LIMIT:
                raise too_complex(f"A pipeline of more than {OPERATOR_LIMIT} operators", self.cursor.at)
        return tuple(operators)
