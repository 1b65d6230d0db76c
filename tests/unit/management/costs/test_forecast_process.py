from __future__ import annotations

import sys
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import pytest

from ingate.domain.forecast import ForecastBroken, LibraryMissing
from ingate.management.costs.forecast_process import ProcessForecaster

pytestmark = pytest.mark.anyio

HAS_LIBRARY = find_spec("statsmodels") is not None
WEEKS = [Decimal(amount) for amount in (10, 11, 12, 11, 10, 3, 2)] * 5


@pytest.mark.skipif(HAS_LIBRARY, reason="statsmodels is installed")
async def test_without_its_library_the_process_says_so() -> None:
    assert await ProcessForecaster().forecast(WEEKS, 7) == LibraryMissing()


@pytest.mark.skipif(not HAS_LIBRARY, reason="needs ingate[forecast]")
async def test_weeks_that_repeat_are_expected_to() -> None:
    days = await ProcessForecaster().forecast(WEEKS, 7)
    assert isinstance(days, list)
    assert [round(expected) for expected, _, _ in days] == [10, 11, 12, 11, 10, 3, 2]
    assert all(0 <= lower <= expected <= upper for expected, lower, upper in days)


def write_program(folder: Path, text: str) -> tuple[str, ...]:
    """In place of Python: a script that is given `-m` and a module's name, and does as it likes."""
    script = folder / "program.py"
    script.write_text(text)
    return sys.executable, str(script)


async def test_a_process_that_dies_is_no_answer(tmp_path: Path) -> None:
    command = write_program(tmp_path, "import sys; sys.exit(9)")
    answer = await ProcessForecaster(command).forecast(WEEKS, 7)
    assert answer == ForecastBroken(reason="its process ended without an answer")


async def test_a_process_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    command = write_program(tmp_path, "import time; time.sleep(60)")
    answer = await ProcessForecaster(command, time_limit=0.3).forecast(WEEKS, 7)
    assert answer == ForecastBroken(reason="it took longer than 0.3 seconds")


async def test_an_answer_of_another_length_is_none(tmp_path: Path) -> None:
    command = write_program(tmp_path, "print('{\"days\": [[1, 0, 2]]}')")
    answer = await ProcessForecaster(command).forecast(WEEKS, 7)
    assert answer == ForecastBroken(reason="it has another length than was asked for")
