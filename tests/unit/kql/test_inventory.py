"""The reference page lists what the compiler knows, no more and no less."""

from __future__ import annotations

from pathlib import Path

from ingate.kql.inventory import render_inventory

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "kql.md"


def test_the_reference_lists_what_the_compiler_knows() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.partition("<!-- inventory -->\n")[2] == render_inventory()
