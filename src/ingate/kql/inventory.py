"""What the language has here, read from its tables. `docs/reference/kql.md` is made from it, as a test checks."""

from __future__ import annotations

from ingate.kql.aggregates import AGGREGATES, REFUSED_AGGREGATES
from ingate.kql.functions.catalogue import FUNCTIONS, REFUSED_FUNCTIONS, REFUSED_PREFIXES
from ingate.kql.operators.catalogue import OPERATORS, SOURCES
from ingate.kql.operators.joining import KINDS
from ingate.kql.semantics.calls import SPECIAL_FUNCTIONS
from ingate.kql.syntax.parsing_expressions import COMPARISONS, MEMBERSHIPS, STRING_OPERATORS
from ingate.kql.syntax.parsing_operators import ALIASES, UNSUPPORTED_OPERATORS
from ingate.kql.windows import WINDOWS


def list_inventory() -> dict[str, list[str]]:
    """Heading -> words, sorted."""
    special = [name for name in SPECIAL_FUNCTIONS if name not in ("table", "materialize")]
    return {
        "Tabular operators": sorted({*OPERATORS, *ALIASES}),
        "Beginnings of a query": sorted(SOURCES),
        "Kinds of join": sorted(KINDS),
        "Scalar operators": sorted(
            {*COMPARISONS, *STRING_OPERATORS, *MEMBERSHIPS, "matches regex", "between", "!between"}
        ),
        "Scalar functions": sorted({*FUNCTIONS, *special}),
        "Window functions": sorted(WINDOWS),
        "Aggregates": sorted(AGGREGATES),
        "Operators refused by name": sorted(UNSUPPORTED_OPERATORS),
        "Aggregates refused by name": sorted(REFUSED_AGGREGATES),
        "Functions refused by name": sorted(REFUSED_FUNCTIONS),
        "Families refused by name, but for what is listed above": sorted(f"{prefix}*" for prefix in REFUSED_PREFIXES),
    }


def render_inventory() -> str:
    sections = [
        f"## {heading}\n\n{', '.join(f'`{word}`' for word in words)}\n" for heading, words in list_inventory().items()
    ]
    return "\n".join(sections)
