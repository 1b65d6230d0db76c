"""The tokens of a Bicep file: https://learn.microsoft.com/azure/azure-resource-manager/bicep/file"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ingate.cli.apply.problem import Place, PlaceError

TokenKind = Literal["word", "number", "string", "mark", "newline", "end"]
LONGEST = 1024 * 1024

_SKIPPED = re.compile(r"[ \t\r\ufeff]+|//[^\n]*|/\*.*?\*/|#(?:disable|restore)[^\n]*", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"[0-9]+")
_MARK = re.compile(r"\.\.\.|=>|==|!=|=~|!~|<=|>=|&&|\|\||\?\?|::|\.\?|\[\?|[{}()\[\],.:?!=<>+\-*/%@|]")
_ESCAPES = {"'": "'", "\\": "\\", "n": "\n", "r": "\r", "t": "\t", "$": "$"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    kind: TokenKind
    place: Place
    text: str
    parts: tuple[str | tuple[Token, ...], ...] = ()
    """Of a string: its texts, and the tokens of the expressions between them."""


def lex(text: str) -> tuple[Token, ...]:
    """Raises PlaceError at what is no token."""
    if len(text) > LONGEST:
        raise PlaceError(Place(1, 1), f"it is longer than {LONGEST} characters")
    lexer = _Lexer(text)
    return lexer.lex(closing="")


class _Lexer:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._line = 0

    def _place(self) -> Place:
        while self._line + 1 < len(self._starts) and self._starts[self._line + 1] <= self._at:
            self._line += 1
        return Place(self._line + 1, self._at - self._starts[self._line] + 1)

    def lex(self, *, closing: str) -> tuple[Token, ...]:
        """Up to the end, or up to the `closing` brace of an expression in a string."""
        tokens: list[Token] = []
        depth = 0
        while self._at < len(self._text):
            token = self._next()
            if token is None:
                continue
            if closing and depth == 0 and token.text == closing and token.kind == "mark":
                return (*tokens, Token(kind="end", place=token.place, text=""))
            depth += {"{": 1, "}": -1}.get(token.text, 0) if token.kind == "mark" else 0
            tokens.append(token)
        if closing:
            raise PlaceError(self._place(), f"the closing {closing!r} is missing")
        return (*tokens, Token(kind="end", place=self._place(), text=""))

    def _next(self) -> Token | None:
        if skipped := _SKIPPED.match(self._text, self._at):
            self._at = skipped.end()
            return None
        place = self._place()
        if self._text[self._at] == "\n":
            self._at += 1
            return Token(kind="newline", place=place, text="\n")
        if self._text.startswith("'''", self._at):
            return self._lex_lines(place)
        if self._text[self._at] == "'":
            return self._lex_string(place)
        patterns: tuple[tuple[TokenKind, re.Pattern[str]], ...] = (
            ("word", _WORD),
            ("number", _NUMBER),
            ("mark", _MARK),
        )
        for kind, pattern in patterns:
            if found := pattern.match(self._text, self._at):
                self._at = found.end()
                return Token(kind=kind, place=place, text=found.group())
        raise PlaceError(place, f"{self._text[self._at]!r} has no meaning here")

    def _lex_lines(self, place: Place) -> Token:
        end = self._text.find("'''", self._at + 3)
        if end < 0:
            raise PlaceError(place, "the closing ''' is missing")
        value = self._text[self._at + 3 : end]
        self._at = end + 3
        value = value.removeprefix("\r").removeprefix("\n")
        return Token(kind="string", place=place, text=value, parts=(value,))

    def _lex_string(self, place: Place) -> Token:
        parts: list[str | tuple[Token, ...]] = []
        text = ""
        self._at += 1
        while True:
            character = self._text[self._at : self._at + 1]
            if character in ("", "\n"):
                raise PlaceError(place, "the closing quotation mark is missing")
            if character == "'":
                self._at += 1
                return Token(kind="string", place=place, text=text if not parts else "", parts=(*parts, text))
            if self._text.startswith("${", self._at):
                self._at += 2
                parts += [text, self.lex(closing="}")]
                text = ""
            elif character == "\\":
                text += self._lex_escape()
            else:
                text += character
                self._at += 1

    def _lex_escape(self) -> str:
        if found := re.compile(r"\\u\{([0-9A-Fa-f]{1,6})\}").match(self._text, self._at):
            number = int(found[1], 16)
            if number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF:
                self._at = found.end()
                return chr(number)
        letter = self._text[self._at + 1 : self._at + 2]
        if letter not in _ESCAPES or not letter:
            raise PlaceError(self._place(), f"the escape \\{letter} is none that Bicep has")
        self._at += 2
        return _ESCAPES[letter]
