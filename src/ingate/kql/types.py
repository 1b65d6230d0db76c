"""The names of types in a query's text."""

from __future__ import annotations

from ingate.kql.result import KqlType

_TYPES: dict[str, KqlType] = {
    "bool": "bool",
    "boolean": "bool",
    "date": "datetime",
    "datetime": "datetime",
    "decimal": "decimal",
    "double": "real",
    "dynamic": "dynamic",
    "guid": "guid",
    "int": "int",
    "long": "long",
    "real": "real",
    "string": "string",
    "time": "timespan",
    "timespan": "timespan",
    "uniqueid": "guid",
}


def type_named(name: str) -> KqlType | None:
    return _TYPES.get(name)
