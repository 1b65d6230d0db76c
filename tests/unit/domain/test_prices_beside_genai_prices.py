"""The catalogue's prices beside those of `genai-prices`, which others maintain: a second opinion, not a source."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.util import find_spec

import pytest
from scripts.check_prices import USAGES, ask_genai_prices, compare_prices

pytestmark = pytest.mark.skipif(find_spec("genai_prices") is None, reason="needs genai-prices (requirements/dev.txt)")


def test_every_model_that_both_know_costs_the_same() -> None:
    rows = list(compare_prices(datetime.now(UTC)))
    assert [row for row in rows if row[2] != row[3]] == []
    assert {"claude-opus-4-5", "claude-sonnet-4-5", "claude-opus-4-1", "claude-haiku-4-5"} <= {row[0] for row in rows}


def test_a_model_that_it_does_not_know_is_no_difference() -> None:
    assert ask_genai_prices("no-such-model", USAGES["input"], datetime.now(UTC)) is None
