"""How the compiler stops: raised anywhere inside, caught by `compile_query` alone, which returns a `KqlError`.

The functions make what is raised, one for each code.
"""

from __future__ import annotations

from ingate.kql.result import ErrorCode


class Refused(Exception):
    """`at` is an offset into the query's text."""

    def __init__(self, code: ErrorCode, message: str, at: int) -> None:
        super().__init__(message)
        self.code: ErrorCode = code
        self.message = message
        self.at = at


def syntax_error(message: str, at: int) -> Refused:
    return Refused("SyntaxError", message, at)


def semantic_error(message: str, at: int) -> Refused:
    return Refused("SemanticError", message, at)


def not_supported(message: str, at: int) -> Refused:
    return Refused("NotSupported", message, at)


def too_complex(message: str, at: int) -> Refused:
    return Refused("TooComplex", message, at)
