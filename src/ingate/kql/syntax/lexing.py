"""Query text -> tokens. Bounds the length of what it reads."""

from __future__ import annotations

import re
from dataclasses import replace

from ingate.kql.refusal import syntax_error, too_complex
from ingate.kql.syntax.tokens import BLANK, LITERAL_TYPES, NAME, NUMBER, RAW_LITERAL, SYMBOL, Token

LENGTH_LIMIT = 100_000
"""Characters in a query. Log Analytics allows 10 MB bodies but documents no bound on a query; this one bounds our
work."""
TOKEN_LIMIT = 20_000

_LETTER_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "'": "'", "0": "\0", "a": "\a", "b": "\b"}
_ESCAPES = {**_LETTER_ESCAPES, "f": "\f", "v": "\v"}
_HEX_ESCAPE = re.compile(r"u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([0-7]{3})")


def parse_tokens(text: str) -> list[Token]:
    if len(text) > LENGTH_LIMIT:
        raise too_complex(f"The query has {len(text)} characters; at most {LENGTH_LIMIT} are compiled", 0)
    tokens: list[Token] = []
    at = 0
    while True:
        blank = BLANK.match(text, at)
        at = blank.end() if blank else at
        if at >= len(text):
            break
        token = _parse_token(text, at)
        tokens.append(token)
        at = token.end
        if len(tokens) > TOKEN_LIMIT:
            raise too_complex(f"The query has more than {TOKEN_LIMIT} tokens", at)
    tokens.append(Token(kind="end", text="", value="", at=len(text), end=len(text)))
    return tokens


def _parse_token(text: str, at: int) -> Token:
    quoted = _parse_string(text, at)
    if quoted is not None:
        return _whole(quoted)
    if match := NAME.match(text, at):
        return _parse_name(text, at, match.group())
    if match := NUMBER.match(text, at):
        return _parse_number(text, at, match)
    if match := SYMBOL.match(text, at):
        return Token(kind="symbol", text=match.group(), value=match.group(), at=at, end=match.end())
    raise syntax_error(f"A character that begins nothing: {text[at]!r}", at)


def _whole(token: Token) -> Token:
    """Escapes may spell a character as two surrogates; one alone is half a character, and cannot be stored."""
    if not any("\ud800" <= character <= "\udfff" for character in token.value):
        return token
    try:
        value = token.value.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise syntax_error("A string with half a character (an unpaired surrogate)", token.at) from None
    return replace(token, value=value)


def _parse_name(text: str, at: int, name: str) -> Token:
    end = at + len(name)
    if name == "in" and text[end : end + 1] == "~":
        return Token(kind="symbol", text="in~", value="in~", at=at, end=end + 1)
    if name in LITERAL_TYPES and (inside := RAW_LITERAL.match(text, end)):
        content = inside.group(1).strip()
        return Token(kind="literal", text=name, value=content.strip("\"'"), at=at, end=inside.end())
    return Token(kind="name", text=name, value=name, at=at, end=end)


def _parse_number(text: str, at: int, number: re.Match[str]) -> Token:
    end = number.end()
    unit = NAME.match(text, end)
    if unit is None:
        return Token(kind="number", text=number.group(), value=number.group(), at=at, end=end)
    if unit.group() not in TICKS_OF_UNIT:
        raise syntax_error(f"A number followed by '{unit.group()}', which is no unit of time", at)
    whole = text[at : unit.end()]
    return Token(kind="timespan", text=whole, value=whole, at=at, end=unit.end())


_TICKS_OF_NAMES = {
    ("d", "day", "days"): 864_000_000_000,
    ("h", "hr", "hrs", "hour", "hours"): 36_000_000_000,
    ("m", "min", "minute", "minutes"): 600_000_000,
    ("s", "sec", "second", "seconds"): 10_000_000,
    ("ms", "milli", "millis", "millisecond", "milliseconds"): 10_000,
    ("micro", "micros", "microsecond", "microseconds"): 10,
    ("tick", "ticks"): 1,
}
TICKS_OF_UNIT = {name: ticks for names, ticks in _TICKS_OF_NAMES.items() for name in names}


def _parse_string(text: str, at: int) -> Token | None:
    start = at + 1 if text[at] in "hH" and text[at + 1 : at + 2] in ("'", '"', "@", "`") else at
    if text.startswith("```", start) or text.startswith("~~~", start):
        return _parse_fenced(text, at, start)
    verbatim = text[start] == "@" and text[start + 1 : start + 2] in ("'", '"')
    start = start + 1 if verbatim else start
    if text[start] not in "'\"":
        return None
    value, end = _parse_verbatim(text, start) if verbatim else _parse_escaped(text, start)
    return Token(kind="string", text=text[at:end], value=value, at=at, end=end)


def _parse_fenced(text: str, at: int, start: int) -> Token:
    close = text.find(text[start : start + 3], start + 3)
    if close < 0:
        raise syntax_error("A string that is not closed", at)
    return Token(kind="string", text=text[at : close + 3], value=text[start + 3 : close], at=at, end=close + 3)


def _parse_verbatim(text: str, start: int) -> tuple[str, int]:
    quote = text[start]
    pieces: list[str] = []
    at = start + 1
    while True:
        close = text.find(quote, at)
        if close < 0:
            raise syntax_error("A string that is not closed", start)
        pieces.append(text[at:close])
        if text[close + 1 : close + 2] != quote:
            return "".join(pieces), close + 1
        pieces.append(quote)
        at = close + 2


def _parse_escaped(text: str, start: int) -> tuple[str, int]:
    quote = text[start]
    pieces: list[str] = []
    at = start + 1
    while at < len(text):
        character = text[at]
        if character == quote:
            return "".join(pieces), at + 1
        if character == "\n":
            break
        if character == "\\":
            piece, at = _parse_escape(text, at + 1)
            pieces.append(piece)
        else:
            pieces.append(character)
            at += 1
    raise syntax_error("A string that is not closed", start)


def _parse_escape(text: str, at: int) -> tuple[str, int]:
    if match := _HEX_ESCAPE.match(text, at):
        digits = next(group for group in match.groups() if group is not None)
        code = int(digits, 8 if match.group(4) else 16)
        if code > 0x10FFFF:
            raise syntax_error("An escape of no character", at)
        return chr(code), match.end()
    if text[at : at + 1] in _ESCAPES:
        return _ESCAPES[text[at]], at + 1
    raise syntax_error("An unknown escape in a string; write '\\\\' for a backslash, or @'...'", at - 1)
