"""Where the parser stands in its tokens, and how deep."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from ingate.kql.refusal import Refused, syntax_error, too_complex
from ingate.kql.syntax.tokens import Token

DEPTH_LIMIT = 40
"""Parentheses, calls and subqueries inside one another."""
CHAIN_LIMIT = 100
"""Operands of one chain of `+` or `*`, members of one path. `and` and `or` are flat and have no such bound."""


class Cursor:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._index = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        return self._tokens[self._index]

    @property
    def at(self) -> int:
        return self.token.at

    def ahead(self, count: int = 1) -> Token:
        return self._tokens[min(self._index + count, len(self._tokens) - 1)]

    def take(self) -> Token:
        token = self.token
        if token.kind != "end":
            self._index += 1
        return token

    def is_symbol(self, *symbols: str) -> bool:
        return self.token.kind == "symbol" and self.token.text in symbols

    def is_word(self, *words: str) -> bool:
        return self.token.kind == "name" and self.token.text in words

    def accept(self, text: str) -> Token | None:
        """Takes the next token when it is this symbol or word."""
        return self.take() if self.token.kind in ("symbol", "name") and self.token.text == text else None

    def expect(self, text: str) -> Token:
        token = self.accept(text)
        if token is None:
            raise self.unexpected(f"'{text}'")
        return token

    def expect_name(self) -> Token:
        """A name: plain, or in brackets and quotes."""
        if self.is_symbol("[") and self.ahead().kind == "string" and self.ahead(2).text == "]":
            bracket = self.take()
            token = self.take()
            self.take()
            return Token(kind="name", text=token.text, value=token.value, at=bracket.at, end=token.end)
        if self.token.kind != "name":
            raise self.unexpected("a name")
        return self.take()

    def unexpected(self, wanted: str) -> Refused:
        found = f"'{self.token.text[:40]}'" if self.token.kind != "end" else "the end of the query"
        return syntax_error(f"Expected {wanted}, found {found}", self.at)

    @contextmanager
    def deeper(self) -> Generator[None]:
        if self._depth >= DEPTH_LIMIT:
            raise too_complex(f"More than {DEPTH_LIMIT} levels inside one another", self.at)
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def closing_of_parenthesis(self) -> int:
        """How many tokens ahead the parenthesis here is closed; 0 when it is not."""
        open_count = 0
        for index in range(self._index, len(self._tokens)):
            text = self._tokens[index].text if self._tokens[index].kind == "symbol" else ""
            open_count += (text == "(") - (text == ")")
            if open_count == 0:
                return index - self._index
        return 0

    def word_with_dashes(self) -> str:
        """The operator's keyword here (`project-away`), without taking it. Dashes must touch both words."""
        word, index = self.token.text, self._index
        while (
            self._tokens[index + 1].text == "-"
            and self._tokens[index].end == self._tokens[index + 1].at
            and self._tokens[index + 2].kind == "name"
            and self._tokens[index + 1].end == self._tokens[index + 2].at
        ):
            word += "-" + self._tokens[index + 2].text
            index += 2
        return word

    def take_word_with_dashes(self) -> str:
        word = self.word_with_dashes()
        for _ in range(2 * word.count("-") + 1):
            self.take()
        return word
