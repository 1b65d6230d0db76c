"""docs/reference/foundry-file.md and templates.md say what there is, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ingate.cli.apply import foundry_schema
from ingate.cli.apply.foundry_file import parse_foundry_file
from ingate.cli.apply.schema import Key
from ingate.cli.apply.template.functions import FUNCTIONS

REFERENCE = Path(__file__).parents[4] / "docs" / "reference"


def read(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def test_every_key_of_foundry_yaml_is_in_the_reference() -> None:
    text = read("foundry-file.md")
    for keys in _list_schemas():
        for key in keys:
            assert f"`{key}`" in text, key


def _list_schemas() -> Iterator[Mapping[str, Key]]:
    for name in ("FOUNDRY", "RESOURCE", "DEPLOYMENT", "PROJECT", "NETWORK", "UPSTREAM", "PRINCIPAL"):
        yield getattr(foundry_schema, name)
    for name in ("FEDERATED_CREDENTIAL", "ROLE", "ASSIGNMENT"):
        yield getattr(foundry_schema, name)


def test_the_references_example_is_a_foundry_yaml() -> None:
    example = "\n".join(line[4:] for line in read("foundry-file.md").splitlines() if line.startswith("    "))
    assert "search-service" in example
    parse_foundry_file(example, "foundry.yaml")


def test_every_function_is_in_the_reference() -> None:
    section = read("templates.md").partition("## Functions")[2].partition("\n- ")[0]
    named = {name.lower() for name in re.findall(r"`([A-Za-z0-9]+)`", section)}
    assert FUNCTIONS.keys() <= named
