"""Derives the simulator's request schema from the installed official SDK, and reports how the committed one differs.

The SDK's parameter types say which fields and blocks exist, which are required, and which exist only behind a beta.
What they cannot say - bounds, patterns, the order of reports, legacy fields, which beta opens what - stands in
`messages_schema_overlay.json` beside this script, with sources.

    python scripts/generate_messages_schema.py            writes the schema
    python scripts/generate_messages_schema.py --check    compares; exit status 1 and a list when they differ
"""

from __future__ import annotations

import argparse
import collections.abc
import json
import sys
import types
import typing
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, cast

import typing_extensions

ROOT = Path(__file__).resolve().parents[1]
SCHEMA_PATH = ROOT / "src" / "ingate" / "simulator" / "validation" / "schema" / "messages.json"
OVERLAY_PATH = Path(__file__).with_name("messages_schema_overlay.json")

Node: typing.TypeAlias = dict[str, Any]
ANY_BETA = "beta"
"""What a field needs that only the SDK's beta types have, when the overlay names no beta for it."""

_QUALIFIERS = (typing_extensions.Required, typing_extensions.NotRequired, typing.Annotated)


class Generator:
    """Walks a stable type and its beta counterpart side by side; what only the beta has is marked with its needs."""

    def __init__(self, overlay: Node) -> None:
        self._overlay = overlay
        self._names: dict[tuple[object, object], str] = {}
        self.types: dict[str, Node] = {}

    def build_root(self, name: str, stable: Any, beta: Any) -> str:
        return self._name_record(stable, beta, name=name)

    def _build(self, stable: Any, beta: Any) -> Node:
        """The node of a type; either side may be missing (None)."""
        branches: dict[str, Node] = {}
        sides = (split_union(stable), split_union(beta))
        if any(kind is float for side in sides for kind in side):
            return {"is": "number"}
        for plain, node in ((bool, "boolean"), (int, "integer"), (str, "string")):
            if any(kind is plain for side in sides for kind in side):
                branches[node] = {"is": node}
        literals = merge_literals(*sides)
        if literals and "string" not in branches:
            branches["string"] = {"is": "one_of", "values": literals}
        lists = [pick(side, is_list_type) for side in sides]
        if any(lists):
            branches["array"] = {"is": "list", "of": self._build(*[get_item_type(kind) for kind in lists])}
        objects = [[kind for kind in side if is_object_type(kind)] for side in sides]
        if any(objects):
            branches["object"] = self._build_object(*objects)
        if not branches:
            return {"is": "any"}
        return next(iter(branches.values())) if len(branches) == 1 else {"is": "either", **branches}

    def _build_object(self, stable: list[Any], beta: list[Any]) -> Node:
        records = [[kind for kind in side if typing_extensions.is_typeddict(kind)] for side in (stable, beta)]
        maps = [kind for side in (stable, beta) for kind in side if typing_extensions.get_origin(kind) is dict]
        if not any(records):
            values = [
                typing_extensions.get_args(kind)[1]
                for kind in maps
                if typing_extensions.get_args(kind)[1] is not object
            ]
            return {"is": "map", "of": self._build(values[0], values[0])} if values else {"is": "map"}
        if max(map(len, records)) == 1 and (maps or not find_tags(*records[0], *records[1])):
            name = self._name_record(*[side[0] if side else None for side in records])
            return {"is": "record", "type": name} | ({"open": True} if maps else {})
        return self._build_tagged(*records)

    def _build_tagged(self, stable: list[Any], beta: list[Any]) -> Node:
        by = "role" if all("role" in get_hints(kind) for kind in (*stable, *beta)) else "type"
        stable_tags, beta_tags = (dict(iterate_tags(side, by)) for side in (stable, beta))
        tags = sorted({*stable_tags, *beta_tags})
        if not tags:
            return {"is": "map"}
        variants: dict[str, Node] = {}
        for tag in tags:
            record = self._name_record(stable_tags.get(tag), beta_tags.get(tag))
            variants[tag] = {"type": record} | self._get_needs(tag not in stable_tags and bool(stable), f"#{tag}")
        if len(tags) == 1 and variants[tags[0]]["type"] not in self._overlay["always_tagged"]:
            return {"is": "record", "type": variants[tags[0]]["type"]}
        node: Node = {"is": "tagged", "by": by, "variants": variants}
        default = next((tag for tag, kind in {**beta_tags, **stable_tags}.items() if not is_required(kind, by)), None)
        return node | ({"default": default} if default else {})

    def _name_record(self, stable: Any, beta: Any, *, name: str | None = None) -> str:
        stable = stable or (None if name else find_stable_twin(beta))
        key = (stable, beta)
        if key not in self._names:
            found = name or (stable or beta).__name__.removesuffix("Param").removesuffix("Params")
            while found in self.types:
                found += "_"
            self._names[key] = found
            self.types[found] = {}
            self.types[found]["fields"] = self._build_fields(found, stable, beta)
        return self._names[key]

    def _build_fields(self, record: str, stable: Any, beta: Any) -> dict[str, Node]:
        stable_hints, beta_hints = (get_hints(kind) for kind in (stable, beta))
        names = [*stable_hints, *(name for name in beta_hints if name not in stable_hints)]
        fields: dict[str, Node] = {}
        for name in names:
            if f"{record}.{name}" in self._overlay["absent"]:
                continue
            hint, beta_hint = stable_hints.get(name), beta_hints.get(name)
            wide = self._overlay["same_content"].get(record) if name == "content" else None
            if wide:
                hint, beta_hint = (get_content_type(module, alias) for module, alias in wide)
            node: Node = {"type": self._build(hint, beta_hint)}
            if all(is_required(kind, name) for kind in (stable, beta) if kind and name in get_hints(kind)):
                node["required"] = True
            if is_nullable(hint) or is_nullable(beta_hint):
                node["null"] = True
            node |= self._get_needs(stable is not None and hint is None, f"{record}.{name}")
            fields[name] = node
        return fields

    def _get_needs(self, is_beta_only: bool, place: str) -> Node:
        needs = self._overlay["needs"].get(place)
        if needs is not None:
            return {"needs": needs} if needs else {}
        return {"needs": [ANY_BETA]} if is_beta_only else {}


def find_stable_twin(beta: Any) -> Any:
    """The stable type of the same name: so that a record that a beta shape holds is not described twice."""
    return getattr(import_module("anthropic.types"), beta.__name__.removeprefix("Beta"), None)


def split_union(kind: Any) -> list[Any]:
    if kind is None or kind is type(None):
        return []
    origin = typing_extensions.get_origin(kind)
    if origin in _QUALIFIERS:
        return split_union(typing_extensions.get_args(kind)[0])
    if origin in (typing.Union, types.UnionType):
        return [member for part in typing_extensions.get_args(kind) for member in split_union(part)]
    return [kind]


def is_nullable(kind: Any) -> bool:
    origin = typing_extensions.get_origin(kind)
    if origin in _QUALIFIERS:
        return is_nullable(typing_extensions.get_args(kind)[0])
    return kind is type(None) or (
        origin in (typing.Union, types.UnionType) and any(map(is_nullable, typing_extensions.get_args(kind)))
    )


def merge_literals(*sides: list[Any]) -> list[Any]:
    values: dict[Any, None] = {}
    for side in sides:
        for kind in side:
            if typing_extensions.get_origin(kind) is typing.Literal:
                values |= dict.fromkeys(typing_extensions.get_args(kind))
    # typing's caches take literals in another order for the same, so the order is made ours.
    return sorted(values, key=str)


def pick(kinds: list[Any], test: typing.Callable[[Any], bool]) -> Any:
    return next(filter(test, kinds), None)


def is_list_type(kind: Any) -> bool:
    return typing_extensions.get_origin(kind) in (collections.abc.Iterable, collections.abc.Sequence, list)


def is_object_type(kind: Any) -> bool:
    return typing_extensions.is_typeddict(kind) or typing_extensions.get_origin(kind) is dict


def get_item_type(kind: Any) -> Any:
    return typing_extensions.get_args(kind)[0] if kind else None


def get_hints(kind: Any) -> dict[str, Any]:
    return typing_extensions.get_type_hints(kind, include_extras=True) if kind else {}


def is_required(kind: Any, name: str) -> bool:
    """Whether a TypedDict asks for this member; `Required` in its text is not seen by the class itself."""
    hint = get_hints(kind).get(name)
    origin = typing_extensions.get_origin(hint)
    if origin is typing_extensions.Required:
        return True
    return origin is not typing_extensions.NotRequired and name in kind.__required_keys__


def find_tags(*records: Any) -> bool:
    return any(
        "type" in get_hints(record) and merge_literals(split_union(get_hints(record)["type"])) for record in records
    )


def iterate_tags(records: list[Any], by: str) -> collections.abc.Iterator[tuple[str, Any]]:
    for record in records:
        for tag in merge_literals(split_union(get_hints(record).get(by))):
            yield tag, record


def get_content_type(module: str, alias: str) -> Any:
    member = getattr(import_module(f"anthropic.types.{module}"), alias)
    return str | collections.abc.Iterable[member]


def apply_overlay(generated: dict[str, Node], overlay: Node) -> None:
    """Bounds, wording, legacy fields and the order of reports. Raises KeyError for a place that no longer exists."""
    for place, patch in overlay["fields"].items():
        record, name = place.split(".")
        fields = generated[record]["fields"]
        if name not in fields and "is" not in patch.get("type", {}):
            raise KeyError(f"The overlay speaks of {place}, which the SDK does not have")
        merge(fields.setdefault(name, {}), patch)
    for record, order in overlay["order"].items():
        fields = generated[record]["fields"]
        generated[record]["fields"] = {name: fields[name] for name in (*order, *fields) if name in fields}


def merge(target: Node, patch: Node) -> None:
    """A patch's objects are merged, except that one of another kind (`is`) replaces what was there."""
    for name, value in patch.items():
        old = target.get(name)
        if is_node(old) and is_node(value) and value.get("is", old.get("is")) == old.get("is"):
            merge(old, value)
        else:
            target[name] = value


def is_node(value: Any) -> typing.TypeGuard[Node]:
    return isinstance(value, dict)


def fold_equal_records(generated: dict[str, Node]) -> dict[str, Node]:
    """One record for all that have the same members: the toolsets alone hold fifty that differ in name only."""
    while True:
        first: dict[str, str] = {}
        renamed: dict[str, str] = {}
        for name in sorted(generated):
            kept = first.setdefault(json.dumps(generated[name], sort_keys=True), name)
            if kept != name:
                renamed[name] = kept
        if not renamed:
            return generated
        generated = {name: rename(node, renamed) for name, node in generated.items() if name not in renamed}


def rename(node: Any, renamed: dict[str, str]) -> Any:
    if isinstance(node, list):
        return [rename(item, renamed) for item in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    return {
        name: renamed.get(value, value) if name == "type" and isinstance(value, str) else rename(value, renamed)
        for name, value in cast("Node", node).items()
    }


def drop_unused(generated: dict[str, Node], roots: list[str]) -> dict[str, Node]:
    used: dict[str, None] = {}
    waiting = [*roots]
    while waiting:
        name = waiting.pop()
        if name not in used:
            used[name] = None
            waiting.extend(iterate_references(generated[name]))
    return {name: generated[name] for name in sorted(used)}


def iterate_references(node: Any) -> collections.abc.Iterator[str]:
    if isinstance(node, dict):
        for name, value in cast("Node", node).items():
            if name == "type" and isinstance(value, str):
                yield value
            else:
                yield from iterate_references(value)


def generate() -> Node:
    overlay = json.loads(OVERLAY_PATH.read_text())
    generator = Generator(overlay)
    roots: dict[str, str] = {}
    for endpoint, name, module, member in (
        ("messages", "CreateMessage", "message_create_params", "MessageCreateParamsNonStreaming"),
        ("count_tokens", "CountTokens", "message_count_tokens_params", "MessageCountTokensParams"),
    ):
        stable, beta = (
            getattr(import_module(f"anthropic.types.{prefix}{module}"), member) for prefix in ("", "beta.")
        )
        roots[endpoint] = generator.build_root(name, stable, beta)
    apply_overlay(generator.types, overlay)
    return {
        "source": f"anthropic {metadata.version('anthropic')}, scripts/messages_schema_overlay.json",
        "roots": roots,
        "types": drop_unused(fold_equal_records(generator.types), list(roots.values())),
    }


def render(schema: Node) -> str:
    """One line for each field, so that a diff of the file reads as a list of changes."""
    lines = [
        "{",
        f' "source": {json.dumps(schema["source"])},',
        f' "roots": {json.dumps(schema["roots"])},',
        ' "types": {',
    ]
    for place, (name, record) in enumerate(schema["types"].items()):
        fields = [f"   {json.dumps(field)}: {json.dumps(node)}" for field, node in record["fields"].items()]
        body = ",\n".join(fields)
        end = "," if place < len(schema["types"]) - 1 else ""
        lines.append(
            f'  {json.dumps(name)}: {{"fields": {{\n{body}\n  }}}}{end}'
            if fields
            else f'  {json.dumps(name)}: {{"fields": {{}}}}{end}'
        )
    return "\n".join([*lines, " }", "}", ""])


def describe_drift(committed: Node, fresh: Node) -> list[str]:
    """What changed, one line for each field and record; the SDK's version alone is no drift."""
    changes: list[str] = []
    for name in sorted(committed["types"].keys() | fresh["types"].keys()):
        old, new = (side["types"].get(name, {}).get("fields", {}) for side in (committed, fresh))
        changes.extend(
            f"{name}.{field}: {json.dumps(old.get(field))} -> {json.dumps(new.get(field))}"
            for field in dict.fromkeys([*old, *new])
            if old.get(field) != new.get(field)
        )
    if committed["roots"] != fresh["roots"]:
        changes.append(f"roots: {committed['roots']} -> {fresh['roots']}")
    return changes


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; say how the committed schema differs")
    options = parser.parse_args(arguments)
    fresh = generate()
    if not options.check:
        SCHEMA_PATH.write_text(render(fresh))
        print(f"{SCHEMA_PATH.relative_to(ROOT)}: {len(fresh['types'])} types from {fresh['source']}")
        return 0
    changes = describe_drift(json.loads(SCHEMA_PATH.read_text()), fresh)
    print("\n".join(changes) or f"No drift from anthropic {metadata.version('anthropic')}")
    return 1 if changes else 0


if __name__ == "__main__":
    sys.exit(main())
