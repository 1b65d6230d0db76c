"""What stands in a journal is written down, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from ingate.domain.exchange import ExchangeRecord, Outcome
from ingate.domain.usage import TokenUsage
from ingate.telemetry.journal_file import JournalHeader

REFERENCE = (Path(__file__).parents[2] / "docs" / "reference" / "journal.md").read_text(encoding="utf-8")
_TABLE = re.findall(r"^\| (`.+?`) \|", REFERENCE, re.MULTILINE)
WRITTEN_DOWN = {name for cell in _TABLE for name in re.findall(r"`(\w+)`", cell)}


def test_every_field_of_a_record_has_its_row_and_no_other() -> None:
    assert set(ExchangeRecord.__struct_fields__) == WRITTEN_DOWN


@pytest.mark.parametrize("name", TokenUsage.__struct_fields__)
def test_every_part_of_a_usage_is_explained(name: str) -> None:
    assert f"`{name}`" in REFERENCE


@pytest.mark.parametrize("outcome", get_args(Outcome))
def test_every_outcome_is_listed(outcome: str) -> None:
    assert f"`{outcome}`" in REFERENCE


@pytest.mark.parametrize("name", JournalHeader.__struct_fields__)
def test_the_header_is_shown_as_it_is(name: str) -> None:
    [shown] = [line for line in REFERENCE.splitlines() if line.startswith('    {"journal_format"')]
    assert f'"{name}":' in shown
