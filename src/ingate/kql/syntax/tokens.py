"""Tokens, and the patterns they are found by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ingate.kql.result import KqlType

TokenKind = Literal["name", "number", "timespan", "string", "literal", "symbol", "end"]

LITERAL_TYPES: dict[str, KqlType] = {
    "bool": "bool",
    "boolean": "bool",
    "date": "datetime",
    "datetime": "datetime",
    "decimal": "decimal",
    "double": "real",
    "guid": "guid",
    "int": "int",
    "long": "long",
    "real": "real",
    "time": "timespan",
    "timespan": "timespan",
}
"""Words that, right before a parenthesis, begin a literal whose content has a grammar of its own."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
BLANK = re.compile(r"(?:[ \t\r\n\f\v\u00a0\ufeff]+|//[^\n]*)+")
NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
SYMBOL = re.compile(
    r"!(?:contains_cs|contains|hasprefix_cs|hasprefix|hassuffix_cs|hassuffix|has_cs|has|startswith_cs|startswith"
    r"|endswith_cs|endswith|between|in)\b~?"
    r"|in~|has_any_cs\b"
    r"|=~|!~|==|!=|<=|>=|<>|\.\.|=>|[-+*/%<>=()\[\]{},;:|.$!@?]"
)
RAW_LITERAL = re.compile(r"\s*\(([^()\"'\n]{0,200}|\s*\"[^\"\n]{0,200}\"\s*|\s*'[^'\n]{0,200}'\s*)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """`text` is what stands in the query; `value` is what it means (a string's content, a literal's inside)."""

    kind: TokenKind
    text: str
    value: str
    at: int
    end: int
