"""From the generated schema to shapes. It is read at the first request, not when the simulator is imported."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from ingate.simulator.validation.shape import (
    AnyObject,
    Anything,
    Either,
    Grants,
    Items,
    Member,
    Number,
    OneOf,
    Open,
    Record,
    Shape,
    Tagged,
    Text,
    Truth,
    Variant,
)

Endpoint = Literal["messages", "count_tokens"]


class _Field(msgspec.Struct, frozen=True):
    type: dict[str, Any]
    required: bool = False
    null: bool = False
    needs: frozenset[str] = frozenset()


class _RecordFields(msgspec.Struct, frozen=True):
    fields: dict[str, _Field]


class _SchemaFile(msgspec.Struct, frozen=True):
    source: str
    roots: dict[Endpoint, str]
    types: dict[str, _RecordFields]


@cache
def get_schema() -> Mapping[Endpoint, Record]:
    """The body of each endpoint."""
    data = resources.files(__package__ or "").joinpath("schema", "messages.json").read_bytes()
    return build_schema(msgspec.json.decode(data, type=_SchemaFile))


def build_schema(schema: _SchemaFile) -> Mapping[Endpoint, Record]:
    records = {name: Record() for name in schema.types}
    for name, record in records.items():
        record.fill({field: build_member(node, records) for field, node in schema.types[name].fields.items()})
    return MappingProxyType({endpoint: records[name] for endpoint, name in schema.roots.items()})


def build_member(node: _Field, records: Mapping[str, Record]) -> Member:
    return Member(shape=build_shape(node.type, records), required=node.required, nullable=node.null, needs=node.needs)


def build_shape(node: dict[str, Any], records: Mapping[str, Record]) -> Shape:
    match node["is"]:
        case "string":
            pattern = re.compile(node["pattern"]) if "pattern" in node else None
            return Text(shortest=node.get("min", 0), longest=node.get("max"), pattern=pattern)
        case "integer" | "number" as kind:
            bounds = {name: node.get(name) for name in ("ge", "gt", "le", "range")}
            return Number(whole=kind == "integer", **bounds)
        case "boolean":
            return Truth()
        case "one_of":
            return OneOf(values=tuple(node["values"]))
        case "list":
            item = build_shape(node["of"], records)
            return Items(of=item, fewest=node.get("min", 0), few=node.get("few"), most=node.get("max"))
        case "map":
            return AnyObject(of=build_shape(node["of"], records) if "of" in node else None)
        case "record":
            record = records[node["type"]]
            return Open(record) if node.get("open") else record
        case "tagged":
            return build_tagged(node, records)
        case "either":
            return build_either(node, records)
        case _:
            return Anything()


def build_tagged(node: dict[str, Any], records: Mapping[str, Record]) -> Tagged:
    return Tagged(
        by=node["by"],
        variants={
            tag: Variant(record=records[variant["type"]], needs=Grants(variant.get("needs", ())))
            for tag, variant in node["variants"].items()
        },
        default=node.get("default"),
        is_silent=node.get("silent", False),
        unknown=node.get("unknown"),
        tags=tuple(node.get("tags", ())),
    )


def build_either(node: dict[str, Any], records: Mapping[str, Record]) -> Either:
    branches = {name: build_shape(node[name], records) for name in ("array", "object") if name in node}
    for name, kinds in (("text", ("string",)), ("flag", ("boolean",)), ("number", ("integer", "number"))):
        for kind in kinds:
            if kind in node:
                branches[name] = build_shape(node[kind], records)
    return Either(label=node.get("label"), **branches)
