"""The expressions in an ARM template's strings, `"[concat('a', parameters('b'))]"`."""

from __future__ import annotations

import re

from ingate.cli.apply.problem import Place, PlaceError

from .model import Access, Call, Expression, Literal

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?[0-9]+)|(?P<word>[A-Za-z_][A-Za-z0-9_.]*)|(?P<mark>[()\[\],.?]))"
)
DEEPEST = 100


def parse_text(text: str, place: Place) -> Expression:
    """A string of a template: an expression in brackets, or only a text. Raises PlaceError."""
    if not text.startswith("[") or not text.endswith("]"):
        return Literal(place=place, value=text)
    if text.startswith("[["):
        return Literal(place=place, value=text[1:])
    return _Parser(text[1:-1], Place(place.line, place.column + 2)).parse()


class _Parser:
    def __init__(self, text: str, place: Place) -> None:
        self._text = text
        self._start = place
        self._at = 0

    def parse(self) -> Expression:
        expression = self._parse_expression(1)
        if self._text[self._at :].strip():
            raise self._refuse(f"{self._text[self._at :].strip()[:20]!r} follows the end of the expression")
        return expression

    def _place(self) -> Place:
        return Place(self._start.line, self._start.column + self._at)

    def _refuse(self, message: str) -> PlaceError:
        return PlaceError(self._place(), message)

    def _peek(self) -> str:
        rest = self._text[self._at :].lstrip()
        return rest[:1]

    def _take(self, mark: str) -> bool:
        if self._peek() != mark:
            return False
        self._at = self._text.index(mark, self._at) + 1
        return True

    def _parse_expression(self, depth: int) -> Expression:
        if depth > DEEPEST:
            raise self._refuse("the expression is nested too deep")
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            raise self._refuse("an expression is expected here")
        place = Place(self._start.line, self._start.column + found.start(found.lastgroup or 0))
        if found["mark"]:
            raise self._refuse(f"an expression is expected here, not {found['mark']!r}")
        self._at = found.end()
        if found["text"]:
            expression: Expression = Literal(place=place, value=found["text"][1:-1].replace("''", "'"))
        elif found["number"]:
            expression = Literal(place=place, value=int(found["number"]))
        else:
            expression = self._parse_call(found["word"], place, depth)
        return self._parse_accesses(expression, depth)

    def _parse_call(self, name: str, place: Place, depth: int) -> Expression:
        if not self._take("("):
            raise PlaceError(place, f"{name!r} is no function call; a text stands in single quotation marks")
        arguments: list[Expression] = []
        while self._peek() != ")":
            arguments.append(self._parse_expression(depth + 1))
            if not self._take(","):
                break
        if not self._take(")"):
            raise self._refuse("a comma or the closing parenthesis is missing")
        return Call(place=place, name=name, arguments=tuple(arguments))

    def _parse_accesses(self, target: Expression, depth: int) -> Expression:
        while True:
            is_safe = self._take("?")
            place = self._place()
            if self._take("."):
                is_safe = self._take("?") or is_safe
                found = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)").match(self._text, self._at)
                if found is None:
                    raise self._refuse("the name of a property is expected here")
                self._at = found.end()
                key: Expression = Literal(place=place, value=found[1])
            elif self._take("["):
                is_safe = self._take("?") or is_safe
                key = self._parse_expression(depth + 1)
                if not self._take("]"):
                    raise self._refuse("the closing bracket is missing")
            else:
                return target
            target = Access(place=place, target=target, key=key, is_safe=is_safe)
