"""The last look at a statement before it runs: it reads the query's own tables and nothing else.

The compiler writes nothing else, and the connection may open nothing but the logs. But the logs are everybody's, and
a statement that opened them by itself would see the rows of others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import msgspec

if TYPE_CHECKING:
    import duckdb

TABLE_FUNCTIONS = frozenset({"generate_series", "json_each", "range", "unnest"})
"""That open nothing."""
FUNCTIONS_OF_THE_PROCESS = frozenset(
    {"current_setting", "getenv", "getvariable", "query", "query_table", "read_blob"}
)


class StatementForbidden(Exception):
    """Says what was reached for. It is a bug of the compiler."""


def check_statement(connection: duckdb.DuckDBPyConnection, sql: str, tables: frozenset[str]) -> None:
    """Raises StatementForbidden, duckdb.Error."""
    found = connection.execute("SELECT json_serialize_sql($sql)", {"sql": sql}).fetchone()
    tree: dict[str, Any] = msgspec.json.decode(found[0]) if found is not None else {}
    if tree.get("error") or len(tree["statements"]) != 1:
        raise StatementForbidden("it is not one SELECT statement")
    nodes = list(_walk(tree["statements"]))
    known = tables | {name for node in nodes for name in _list_ctes(node)}
    for node in nodes:
        if node.get("type") == "BASE_TABLE" and (node["table_name"] not in known or node.get("schema_name")):
            raise StatementForbidden(f"the table {node['table_name']}")
        if node.get("type") == "TABLE_FUNCTION":
            name = node["function"].get("function_name", "")
            if name not in TABLE_FUNCTIONS:
                raise StatementForbidden(f"the table function {name}")
        elif node.get("function_name") in FUNCTIONS_OF_THE_PROCESS:
            raise StatementForbidden(f"the function {node['function_name']}")


def _list_ctes(node: dict[str, Any]) -> Iterator[str]:
    entries = node.get("cte_map")
    if isinstance(entries, dict):
        for entry in cast("dict[str, list[dict[str, Any]]]", entries).get("map", []):
            yield entry["key"]


def _walk(root: object) -> Iterator[dict[str, Any]]:
    pending: list[object] = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            yield cast("dict[str, Any]", node)
            pending.extend(cast("dict[str, object]", node).values())
        elif isinstance(node, list):
            pending.extend(cast("list[object]", node))
