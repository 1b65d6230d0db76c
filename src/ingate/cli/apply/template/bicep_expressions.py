"""Bicep's expressions: https://learn.microsoft.com/azure/azure-resource-manager/bicep/operators"""

from __future__ import annotations

from collections.abc import Sequence

from ingate.cli.apply.problem import Place, PlaceError

from .bicep_lexer import Token
from .model import Access, Array, Call, Expression, Lambda, Literal, Loop, Name, Object

DEEPEST = 32

_LEVELS: tuple[dict[str, str], ...] = (
    {"??": "coalesce"},
    {"||": "or"},
    {"&&": "and"},
    {"==": "equals", "!=": "!equals", "=~": "~equals", "!~": "!~equals"},
    {"<": "less", "<=": "lessOrEquals", ">": "greater", ">=": "greaterOrEquals"},
    {"+": "add", "-": "sub"},
    {"*": "mul", "/": "div", "%": "mod"},
)
"""Operators, the weakest first, and the functions that they stand for."""
_ON_NEXT_LINE = frozenset({"?", ":", "??", "||", "&&"})
"""Operators that may begin a line."""
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
NAMESPACES = frozenset({"az", "sys"})


class ExpressionParser:
    """Reads expressions from tokens; `position` is where it has come to."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self.position = 0
        self._depth = 0

    # Tokens

    def peek(self, ahead: int = 0) -> Token:
        return self._tokens[min(self.position + ahead, len(self._tokens) - 1)]

    def next(self) -> Token:
        token = self.peek()
        self.position += 1
        return token

    def is_at(self, *marks: str) -> bool:
        token = self.peek()
        return token.kind == "mark" and token.text in marks

    def is_at_word(self, *words: str) -> bool:
        token = self.peek()
        return token.kind == "word" and token.text in words

    def take(self, mark: str) -> bool:
        if not self.is_at(mark):
            return False
        self.position += 1
        return True

    def expect(self, mark: str) -> Token:
        if not self.is_at(mark):
            raise self.refuse(f"{mark!r} is expected here")
        return self.next()

    def expect_word(self, what: str) -> Token:
        if self.peek().kind != "word":
            raise self.refuse(f"{what} is expected here")
        return self.next()

    def skip_newlines(self) -> None:
        while self.peek().kind == "newline":
            self.position += 1

    def refuse(self, message: str) -> PlaceError:
        token = self.peek()
        found = {"newline": "the end of the line", "end": "the end", "string": "a string"}.get(token.kind, token.text)
        return PlaceError(token.place, f"{message}, not {found}")

    # Expressions

    def parse(self) -> Expression:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self.refuse("something less deeply nested is expected here")
        if self._is_lambda():
            expression = self._parse_lambda()
        else:
            expression = self._parse_choice()
        self._depth -= 1
        return expression

    def _parse_choice(self) -> Expression:
        condition = self._parse_level(0)
        if not self._take_operator("?"):
            return condition
        self.skip_newlines()
        when_true = self.parse()
        if not self._take_operator(":"):
            raise self.refuse("':' is expected here")
        self.skip_newlines()
        when_false = self.parse()
        return Call(place=condition.place, name="if", arguments=(condition, when_true, when_false))

    def _take_operator(self, mark: str) -> bool:
        """Also at the beginning of a next line, where that is allowed."""
        before = self.position
        if mark in _ON_NEXT_LINE:
            self.skip_newlines()
        if self.take(mark):
            return True
        self.position = before
        return False

    def _parse_level(self, level: int) -> Expression:
        if level == len(_LEVELS):
            return self._parse_unary()
        left = self._parse_level(level + 1)
        while True:
            mark = next((mark for mark in _LEVELS[level] if self._take_operator(mark)), None)
            if mark is None:
                return left
            self.skip_newlines()
            left = _combine(_LEVELS[level][mark], left, self._parse_level(level + 1))

    def _parse_unary(self) -> Expression:
        token = self.peek()
        if self.take("!"):
            return Call(place=token.place, name="not", arguments=(self._parse_unary(),))
        if self.take("-"):
            zero = Literal(place=token.place, value=0)
            return Call(place=token.place, name="sub", arguments=(zero, self._parse_unary()))
        return self._parse_accesses(self._parse_primary())

    def _parse_accesses(self, target: Expression) -> Expression:
        while True:
            token = self.peek()
            if self.take("!"):
                continue
            if self.take(".") or self.take(".?"):
                word = self.expect_word("the name of a property")
                if self.is_at("("):
                    target = self._parse_method(target, word)
                    continue
                key: Expression = Literal(place=word.place, value=word.text)
            elif self.is_at("[", "[?"):
                self.next()
                key = self.parse()
                self.expect("]")
            elif self.take("::"):
                word = self.expect_word("the name of a nested resource")
                target = Name(place=word.place, name=word.text)
                continue
            else:
                return target
            target = Access(place=token.place, target=target, key=key, is_safe=token.text.endswith("?"))

    def _parse_method(self, target: Expression, word: Token) -> Expression:
        arguments = self._parse_arguments()
        if isinstance(target, Name) and target.name in NAMESPACES:
            return Call(place=word.place, name=word.text, arguments=arguments)
        return Call(place=word.place, name=word.text, arguments=(target, *arguments))

    def _parse_arguments(self) -> tuple[Expression, ...]:
        self.expect("(")
        arguments: list[Expression] = []
        self.skip_newlines()
        while not self.is_at(")"):
            arguments.append(self.parse())
            self.skip_newlines()
            if not self.take(","):
                break
            self.skip_newlines()
        self.expect(")")
        return tuple(arguments)

    def _parse_primary(self) -> Expression:
        token = self.peek()
        if token.kind == "string":
            return self._parse_string(self.next())
        if token.kind == "number":
            return Literal(place=token.place, value=int(self.next().text))
        if token.kind == "word":
            self.next()
            if self.is_at("("):
                return Call(place=token.place, name=token.text, arguments=self._parse_arguments())
            if token.text in _WORDS:
                return Literal(place=token.place, value=_WORDS[token.text])
            return Name(place=token.place, name=token.text)
        if self.is_at("["):
            return self.parse_array()
        if self.is_at("{"):
            return self.parse_object()
        if self.take("("):
            self.skip_newlines()
            inner = self.parse()
            self.skip_newlines()
            self.expect(")")
            return inner
        raise self.refuse("an expression is expected here")

    def _parse_string(self, token: Token) -> Expression:
        if len(token.parts) == 1:
            return Literal(place=token.place, value=token.text)
        arguments: list[Expression] = []
        for part in token.parts:
            if isinstance(part, str):
                arguments += [Literal(place=token.place, value=part)] if part else []
            else:
                inner = ExpressionParser(part)
                inner.skip_newlines()
                arguments.append(inner.parse())
                inner.skip_newlines()
                if inner.peek().kind != "end":
                    raise inner.refuse("'}' is expected here")
        return Call(place=token.place, name="interpolate", arguments=tuple(arguments))

    def parse_array(self) -> Expression:
        place = self.expect("[").place
        self.skip_newlines()
        if self.is_at_word("for"):
            return self.parse_loop(place)
        items: list[Expression] = []
        while not self.is_at("]"):
            items.append(self.parse())
            self._end_item("]")
        self.expect("]")
        return Array(place=place, items=tuple(items))

    def parse_loop(self, place: Place) -> Loop:
        """After `[`: `for item in items: body]`, or `for (item, index) in items: if (condition) body]`."""
        item, index, source = self.parse_loop_head()
        condition = self.parse_condition()
        body = self.parse()
        self.skip_newlines()
        self.expect("]")
        return Loop(place=place, source=source, body=body, item=item, index=index, condition=condition)

    def parse_loop_head(self) -> tuple[str, str, Expression]:
        self.next()
        index = ""
        if self.take("("):
            item = self.expect_word("the name of a loop variable").text
            if self.take(","):
                index = self.expect_word("the name of a loop variable").text
            self.expect(")")
        else:
            item = self.expect_word("the name of a loop variable").text
        if not self.is_at_word("in"):
            raise self.refuse("'in' is expected here")
        self.next()
        source = self._parse_level(0)
        self.expect(":")
        self.skip_newlines()
        return item, index, source

    def parse_condition(self) -> Expression | None:
        if not self.is_at_word("if"):
            return None
        self.next()
        self.expect("(")
        self.skip_newlines()
        condition = self.parse()
        self.skip_newlines()
        self.expect(")")
        return condition

    def parse_object(self) -> Object:
        place = self.expect("{").place
        items: list[tuple[Expression | None, Expression]] = []
        self.skip_newlines()
        while not self.is_at("}"):
            if self.take("..."):
                items.append((None, self.parse()))
            elif not self.parse_nested():
                items.append(self._parse_member())
            self._end_item("}")
        self.expect("}")
        return Object(place=place, items=tuple(items))

    def parse_nested(self) -> bool:
        """A declaration inside an object; only resources have them."""
        return False

    def _parse_member(self) -> tuple[Expression, Expression]:
        token = self.next()
        if token.kind == "word":
            key: Expression = Literal(place=token.place, value=token.text)
        elif token.kind == "string":
            key = self._parse_string(token)
        else:
            self.position -= 1
            raise self.refuse("a key is expected here")
        self.expect(":")
        self.skip_newlines()
        return key, self.parse()

    def _end_item(self, closing: str) -> None:
        if not self.take(",") and self.peek().kind != "newline" and not self.is_at(closing):
            raise self.refuse(f"a new line, a comma or {closing!r} is expected here")
        self.skip_newlines()

    def _is_lambda(self) -> bool:
        if self.peek().kind == "word":
            return self.peek(1).text == "=>" and self.peek(1).kind == "mark"
        ahead = 1 if self.is_at("(") else 0
        while ahead and (self.peek(ahead).kind == "word" or self.peek(ahead).text == ","):
            ahead += 1
        return ahead > 0 and self.peek(ahead).text == ")" and self.peek(ahead + 1).text == "=>"

    def _parse_lambda(self) -> Lambda:
        place = self.peek().place
        names: list[str] = []
        while not self.is_at("=>"):
            token = self.next()
            if token.kind == "word":
                names.append(token.text)
        self.expect("=>")
        self.skip_newlines()
        return Lambda(place=place, arguments=tuple(names), body=self.parse())


def _combine(function: str, left: Expression, right: Expression) -> Expression:
    """`!` before the function's name negates it, `~` compares without regard to case."""
    name = function.lstrip("!~")
    arguments: tuple[Expression, ...] = (left, right)
    if "~" in function:
        arguments = tuple(Call(place=side.place, name="toLower", arguments=(side,)) for side in arguments)
    call = Call(place=left.place, name=name, arguments=arguments)
    return Call(place=left.place, name="not", arguments=(call,)) if function.startswith("!") else call
