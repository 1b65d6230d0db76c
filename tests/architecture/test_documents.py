"""What can be set is written down, and what is written down can be set."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from ingate.settings import PREFIX, Settings

DOCS = Path(__file__).parents[2] / "docs"
SETTINGS = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
DOCUMENTS = sorted(DOCS.rglob("*.md"))

VARIABLES = {PREFIX + field.name.upper(): field for field in fields(Settings)}
SOURCE = DOCS.parent / "src" / "ingate"


@pytest.mark.parametrize("variable", VARIABLES)
def test_every_setting_has_its_row(variable: str) -> None:
    [row] = [line for line in SETTINGS.splitlines() if line.startswith(f"| `{variable}` |")]
    assert len(row.split("|")[-2].strip()) > 20, "a row says what the setting means"


@pytest.mark.parametrize("variable", VARIABLES)
def test_the_default_is_the_one_that_is_written_down(variable: str) -> None:
    [row] = [line for line in SETTINGS.splitlines() if line.startswith(f"| `{variable}` |")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    default = VARIABLES[variable].default
    match default:
        case bool():
            expected = "`yes`" if default else "`no`"
        case float() | int():
            expected = f"`{default:g}`" if default < 10_000 else f"`{default:.0f}`"
        case str() if default:
            expected = f"`{default}`"
        case _:
            expected = None
    if expected is None:
        assert cells[-2] in ("none", "the platform's directory for state")
    else:
        assert cells[-2] == expected


def test_no_variable_is_named_that_does_nothing() -> None:
    read = VARIABLES.keys() | {"INGATE_FIXTURES"}  # which only the tests read
    for file in SOURCE.rglob("*.py"):
        read |= set(re.findall(r"\bINGATE_[A-Z_]+\b", file.read_text(encoding="utf-8")))
    for document in DOCUMENTS:
        named = set(re.findall(r"\bINGATE_[A-Z_]+\b", document.read_text(encoding="utf-8")))
        assert named <= read, document.name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (document.parent / target).exists(), target
