"""Forecasts in a process of their own, so that the control process neither waits nor keeps what they load.

`python -m ingate.management.costs.forecast_process` reads a question from its standard input and answers on its
standard output, both in JSON: {"history": [...], "horizon": 30} and {"days": [[expected, lower, upper], ...]} or
{"fault": "..."}.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from ingate.domain.forecast import ForecastBroken, ForecastRefusal, LibraryMissing

TIME_LIMIT = 60.0
"""Seconds; a forecast of a year takes about three, most of them to load the library."""
MISSING = "missing"


class ForecastQuestion(msgspec.Struct):
    history: list[float]
    horizon: int


class ForecastAnswer(msgspec.Struct, omit_defaults=True):
    days: list[tuple[float, float, float]] = []
    fault: str = ""


class ProcessForecaster:
    """Implements `domain.forecast.Forecaster`; one forecast at a time. `command` begins Python."""

    def __init__(self, command: Sequence[str] = (sys.executable,), *, time_limit: float = TIME_LIMIT) -> None:
        self._command = tuple(command)
        self._time_limit = time_limit
        self._turn = asyncio.Lock()

    async def forecast(
        self, history: Sequence[Decimal], horizon: int
    ) -> Sequence[tuple[float, float, float]] | ForecastRefusal:
        question = msgspec.json.encode(ForecastQuestion(history=[float(value) for value in history], horizon=horizon))
        async with self._turn:
            output = await self._ask(question)
        if output is None:
            return ForecastBroken(reason=f"it took longer than {self._time_limit:g} seconds")
        try:
            answer = msgspec.json.decode(output, type=ForecastAnswer)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return ForecastBroken(reason="its process ended without an answer")
        if answer.fault == MISSING:
            return LibraryMissing()
        if answer.fault or len(answer.days) != horizon:
            return ForecastBroken(reason=answer.fault or "it has another length than was asked for")
        return answer.days

    async def _ask(self, question: bytes) -> bytes | None:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            "-m",
            "ingate.management.costs.forecast_process",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(self._time_limit):
                output, _ = await process.communicate(question)
                return output
        except TimeoutError:
            return None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


def answer_question(question: ForecastQuestion) -> ForecastAnswer:
    from .forecast_model import forecast

    try:
        return ForecastAnswer(days=forecast(question.history, question.horizon))
    except ImportError:
        return ForecastAnswer(fault=MISSING)
    except (ArithmeticError, ValueError) as error:
        return ForecastAnswer(fault=f"the history cannot be fitted ({type(error).__name__})")


def main() -> None:
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=ForecastQuestion)
    sys.stdout.write(json.dumps(msgspec.to_builtins(answer_question(question)), allow_nan=False))


if __name__ == "__main__":
    main()
