"""Scalar expressions, by precedence: or, and, comparison, sum, product, sign, path, atom."""

from __future__ import annotations

from collections.abc import Callable

from ingate.kql.refusal import not_supported, semantic_error, syntax_error, too_complex
from ingate.kql.syntax.cursor import CHAIN_LIMIT, Cursor
from ingate.kql.syntax.literals import LONG_LIMIT, parse_number, parse_timespan_literal, parse_typed_literal
from ingate.kql.syntax.parsing_dynamic import parse_dynamic
from ingate.kql.syntax.tree import (
    Between,
    Binary,
    Call,
    Expression,
    Index,
    Literal,
    Logical,
    Member,
    Membership,
    Name,
    Named,
    Star,
    Unary,
)

COMPARISONS = frozenset({"==", "!=", "<>", "<", "<=", ">", ">=", "=~", "!~"})
_TERMS = ("has", "hasprefix", "hassuffix", "contains", "startswith", "endswith")
STRING_OPERATORS = frozenset(
    {f"{negation}{term}{case}" for term in _TERMS for negation in ("", "!") for case in ("", "_cs")}
)
_SIGNED = frozenset({"int", "long", "real", "timespan"})
MEMBERSHIPS = frozenset({"in", "in~", "!in", "!in~", "has_any", "has_all"})
_UNSUPPORTED = frozenset({"like", "notlike", "likecs", "notlikecs"})


class ExpressionParser:
    """`parse_pipe` reads what may stand in parentheses and arguments: an expression, or a whole pipeline."""

    def __init__(self, cursor: Cursor, parse_pipe: Callable[[], Expression]) -> None:
        self._cursor = cursor
        self._parse_pipe = parse_pipe

    def parse(self) -> Expression:
        with self._cursor.deeper():
            return self._parse_logical("or", lambda: self._parse_logical("and", self.parse_comparison))

    def parse_named(self) -> Expression:
        """`name = expression`, `(a, b) = expression`, or an expression."""
        cursor = self._cursor
        at = cursor.at
        if cursor.is_symbol("(") and self._names_follow():
            names = self._parse_name_list()
            cursor.expect("=")
            return Named(at=at, names=names, value=self.parse())
        bracketed = cursor.is_symbol("[") and cursor.ahead().kind == "string" and cursor.ahead(3).text == "="
        if (
            cursor.token.kind == "name" and cursor.ahead().text == "=" and cursor.ahead().kind == "symbol"
        ) or bracketed:
            name = cursor.expect_name().value
            cursor.expect("=")
            return Named(at=at, names=(name,), value=self.parse())
        return self.parse()

    def _names_follow(self) -> bool:
        closing = self._cursor.closing_of_parenthesis()
        after = self._cursor.ahead(closing + 1)
        return closing > 0 and after.kind == "symbol" and after.text == "="

    def _parse_name_list(self) -> tuple[str, ...]:
        cursor = self._cursor
        cursor.expect("(")
        names = [cursor.expect_name().value]
        while cursor.accept(","):
            names.append(cursor.expect_name().value)
        cursor.expect(")")
        return tuple(names)

    def _parse_logical(self, word: str, parse_operand: Callable[[], Expression]) -> Expression:
        at = self._cursor.at
        operands = [parse_operand()]
        while self._cursor.accept(word):
            operands.append(parse_operand())
        return operands[0] if len(operands) == 1 else Logical(at=at, operator=word, operands=tuple(operands))

    def parse_comparison(self) -> Expression:
        left = self.parse_sum()
        for _ in range(CHAIN_LIMIT):
            compared = self._parse_comparison_of(left)
            if compared is None:
                return left
            left = compared
        raise too_complex("A chain of comparisons that is too long", self._cursor.at)

    def _parse_comparison_of(self, left: Expression) -> Expression | None:
        cursor = self._cursor
        at, word = cursor.at, cursor.token.text
        if cursor.token.kind not in ("symbol", "name"):
            return None
        if word in COMPARISONS or word in STRING_OPERATORS:
            cursor.take()
            return Binary(at=at, operator="!=" if word == "<>" else word, left=left, right=self.parse_sum())
        if word in MEMBERSHIPS:
            cursor.take()
            return Membership(at=at, operator=word, left=left, items=self._parse_members())
        if word in ("between", "!between"):
            cursor.take()
            return self._parse_between(at, word == "!between", left)
        if word == "matches":
            cursor.take()
            cursor.expect("regex")
            return Binary(at=at, operator="matches regex", left=left, right=self.parse_sum())
        if cursor.token.kind == "name" and word in _UNSUPPORTED:
            raise not_supported(f"The operator '{word}' is not supported", at)
        return None

    def _parse_members(self) -> tuple[Expression, ...]:
        self._cursor.expect("(")
        with self._cursor.deeper():
            items = [self._parse_pipe()]
            while self._cursor.accept(","):
                items.append(self._parse_pipe())
        self._cursor.expect(")")
        return tuple(items)

    def _parse_between(self, at: int, negated: bool, of: Expression) -> Expression:
        cursor = self._cursor
        cursor.expect("(")
        with cursor.deeper():
            low = self.parse_sum()
            cursor.expect("..")
            high = self.parse_sum()
        cursor.expect(")")
        return Between(at=at, negated=negated, of=of, low=low, high=high)

    def parse_sum(self) -> Expression:
        return self._parse_chain(("+", "-"), lambda: self._parse_chain(("*", "/", "%"), self._parse_sign))

    def _parse_chain(self, symbols: tuple[str, ...], parse_operand: Callable[[], Expression]) -> Expression:
        cursor = self._cursor
        left = parse_operand()
        length = 0
        while cursor.is_symbol(*symbols):
            token = cursor.take()
            left = Binary(at=token.at, operator=token.text, left=left, right=parse_operand())
            length += 1
            if length > CHAIN_LIMIT:
                raise too_complex(f"A chain of more than {CHAIN_LIMIT} operators", token.at)
        return left

    def _parse_sign(self) -> Expression:
        cursor = self._cursor
        if not cursor.is_symbol("-", "+"):
            return self.parse_path()
        token = cursor.take()
        with cursor.deeper():
            operand = self._parse_sign()
        if isinstance(operand, Literal) and isinstance(operand.value, int | float) and operand.type in _SIGNED:
            value = -operand.value if token.text == "-" and operand.value != -LONG_LIMIT else operand.value
            return Literal(at=token.at, type=operand.type, value=value)
        return Unary(at=token.at, operator=token.text, operand=operand) if token.text == "-" else operand

    def parse_path(self) -> Expression:
        cursor = self._cursor
        value = self._parse_atom()
        for _ in range(CHAIN_LIMIT):
            if cursor.is_symbol("."):
                at = cursor.take().at
                value = Member(at=at, of=value, name=cursor.expect_name().value)
            elif cursor.is_symbol("[") and isinstance(value, Name | Member | Index | Call | Literal):
                at = cursor.take().at
                index = self.parse()
                cursor.expect("]")
                value = Index(at=at, of=value, index=index)
            else:
                return value
        raise too_complex(f"A path of more than {CHAIN_LIMIT} members", cursor.at)

    def _parse_atom(self) -> Expression:
        cursor = self._cursor
        token = cursor.token
        if token.kind == "name":
            return self._parse_name()
        if token.kind == "symbol":
            return self._parse_symbol()
        if token.kind == "end":
            raise cursor.unexpected("an expression")
        cursor.take()
        if token.kind == "number":
            number = parse_number(token)
            if number.value == LONG_LIMIT and number.type == "long":
                raise syntax_error("A number that does not fit into a long", token.at)
            return number
        if token.kind == "timespan":
            return parse_timespan_literal(token)
        if token.kind == "literal":
            return parse_typed_literal(token)
        return self._parse_strings(token.at, token.value)

    def _parse_strings(self, at: int, value: str) -> Expression:
        pieces = [value]  # strings that stand side by side are one
        while self._cursor.token.kind == "string":
            pieces.append(self._cursor.take().value)
        joined = "".join(pieces)
        return Literal(at=at, type="string", value=joined)

    def _parse_symbol(self) -> Expression:
        cursor = self._cursor
        token = cursor.token
        if cursor.is_symbol("("):
            cursor.take()
            with cursor.deeper():
                value = self._parse_pipe()
            cursor.expect(")")
            return value
        if cursor.is_symbol("[") and cursor.ahead().kind == "string":
            name = cursor.expect_name()
            return Name(at=name.at, name=name.value)
        if cursor.is_symbol("*"):
            cursor.take()
            return Star(at=token.at)
        if cursor.is_symbol("$"):
            cursor.take()
            name = cursor.expect_name()
            return Name(at=token.at, name="$" + name.value)
        raise cursor.unexpected("an expression")

    def _parse_name(self) -> Expression:
        cursor = self._cursor
        token = cursor.take()
        if token.text in ("true", "false"):
            return Literal(at=token.at, type="bool", value=token.text == "true")
        if token.text == "null" and not cursor.is_symbol("("):
            raise semantic_error("A null needs a type: int(null), datetime(null) ...", token.at)
        if not cursor.is_symbol("("):
            return Name(at=token.at, name=token.value)
        if token.text == "dynamic":
            return parse_dynamic(cursor, token.at)
        return Call(at=token.at, name=token.text, arguments=self.parse_arguments())

    def parse_arguments(self) -> tuple[Expression, ...]:
        cursor = self._cursor
        cursor.expect("(")
        arguments: list[Expression] = []
        with cursor.deeper():
            while not cursor.is_symbol(")"):
                arguments.append(self._parse_argument())
                if not cursor.accept(","):
                    break
        cursor.expect(")")
        return tuple(arguments)

    def _parse_argument(self) -> Expression:
        cursor = self._cursor
        if cursor.token.kind == "name" and cursor.ahead().text == "=" and cursor.ahead().kind == "symbol":
            return self.parse_named()
        return self._parse_pipe()
