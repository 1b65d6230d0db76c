"""The documentation of scripts: its examples work, and it names every key there is."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from ingate.simulator.scripting import (
    condition_reader,
    error_reader,
    fault_reader,
    response_reader,
    script_reader,
)
from ingate.simulator.scripting.script_reader import parse_script

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = DOCS / "reference" / "script.md"
HOWTO = DOCS / "howto" / "script-the-simulator.md"

KEYS = {
    key
    for module in (script_reader, response_reader, error_reader, fault_reader)
    for key in vars(module)["_KEYS"] + vars(module).get("_RULE_KEYS", ())
} | set(vars(condition_reader)["_CONDITIONS"])


def list_examples(page: Path) -> list[str]:
    """Indented blocks, each as its author would type it."""
    blocks = re.findall(r"(?:^ {4,}.*\n(?:\n(?= {4}))?)+", page.read_text(), re.MULTILINE)
    return [dedent(block) for block in blocks]


@pytest.mark.parametrize("page", [REFERENCE, HOWTO], ids=lambda page: page.stem)
def test_the_examples_work(page: Path) -> None:
    scripts = [block for block in list_examples(page) if block.startswith("version:")]
    rules = [block for block in list_examples(page) if block.startswith(("- respond:", "when:"))]
    assert scripts
    assert rules
    for block in scripts:
        parse_script(block, source_name=page.name)
    for block in rules:
        rule = block if block.startswith("-") else f"- respond: x\n{dedent(block)}".replace("\n", "\n  ").rstrip()
        parse_script(f"version: 1\nrules:\n{rule}\n", source_name=page.name)


@pytest.mark.parametrize("key", sorted(KEYS))
def test_every_key_is_in_the_reference(key: str) -> None:
    assert re.search(rf"`{key}`", REFERENCE.read_text()), key
