"""RE2, typed: the syntax of regular expressions in Kusto and in DuckDB. Constant ones are checked while compiling."""

from __future__ import annotations

from typing import Any

import re2 as untyped_re2

_re2: Any = untyped_re2


def escape(text: str) -> str:
    return str(_re2.escape(text))


def group_count(pattern: str) -> int | str:
    """How many groups a pattern has, or why it is none."""
    options = _re2.Options()
    options.log_errors = False
    try:
        return int(_re2.compile(pattern, options).groups)
    except _re2.error as error:
        detail = error.args[0] if error.args else ""
        return detail.decode(errors="replace") if isinstance(detail, bytes) else str(detail)
