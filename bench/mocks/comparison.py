"""The rounds: starts the mocks, checks that they answer alike, and measures them in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bench.contenders.contender import Contender
from bench.exchange import NotReadyError
from bench.measurement import Instruments, Measurement, MeasurementError, Metric, Scenario
from bench.mocks.answers import CheckedAnswer, InvalidAnswerError, ask
from bench.mocks.refusals import list_statuses
from bench.processes import resident_bytes
from bench.scenarios.throughput import measure_throughput, warm_up
from bench.upstreams import MockUpstreams
from bench.workload import Route, Shape

NO_UPSTREAMS = MockUpstreams(addresses={}, certificate=Path(), processes=())
"""Mocks answer themselves."""

_WORDS_APART = 0.1
"""Of Ingate's words: an answer that is longer or shorter by more is other work."""


def _metrics(what: str) -> tuple[Metric, ...]:
    return (
        Metric(key="per_second", label=f"{what}/s"),
        Metric(key="per_cpu_second", label="per CPU s", compared=True),
        Metric(key="core_use", label="core use", digits=2),
        Metric(key="p50_ms", label="p50 ms", digits=1),
        Metric(key="p99_ms", label="p99 ms", digits=1),
        Metric(key="resident_mb", label="RSS MB"),
    )


def _measure_with_memory(shape: Shape) -> Callable[[Contender | None, Instruments], Mapping[str, float]]:
    measure = measure_throughput(shape, Route.FAST)

    def measure_both(contender: Contender | None, instruments: Instruments) -> Mapping[str, float]:
        values = measure(contender, instruments)
        pids = contender.measured_pids() if contender else ()
        return {**values, "resident_mb": resident_bytes(pids) / 2**20}

    return measure_both


SHAPES: Mapping[str, Shape] = {"json": Shape.JSON, "sse": Shape.BURST}
SCENARIOS = (
    Scenario(
        name="json",
        title="whole answers of about 50 words",
        route=Route.FAST,
        metrics=_metrics("answers"),
        measure=_measure_with_memory(Shape.JSON),
    ),
    Scenario(
        name="sse",
        title="the same, streamed as fast as each will",
        route=Route.FAST,
        metrics=_metrics("streams"),
        measure=_measure_with_memory(Shape.BURST),
    ),
)


class Comparison:
    """Owns the mocks' processes while it is open."""

    def __init__(self, instruments: Instruments, *, core: int) -> None:
        self._instruments = instruments
        self._core = core
        self._started: list[Contender] = []
        self.left_out: dict[str, str] = {}
        """Mock -> why it is not in the results."""
        self.answers: dict[str, dict[str, CheckedAnswer]] = {}
        self.statuses: dict[str, dict[str, int]] = {}

    @property
    def names(self) -> list[str]:
        return [contender.name for contender in self._started]

    def admit(self, contender: Contender) -> bool:
        """Starts a mock, and keeps it if its answers are valid and as long as those of the first one."""
        print(f"starting {contender.name} ({contender.version}) ...", flush=True)
        try:
            contender.start(NO_UPSTREAMS, self._instruments.workspace, core=self._core)
            answers = {name: ask(contender.target(Route.FAST), shape) for name, shape in SHAPES.items()}
            self._require_same_work(answers)
            self.statuses[contender.name] = list_statuses(contender.target(Route.FAST))
        except (NotReadyError, InvalidAnswerError) as error:
            contender.stop()
            self.left_out[contender.name] = str(error)
            print(f"  left out: {error}", flush=True)
            return False
        except BaseException:
            contender.stop()
            raise
        self.answers[contender.name] = answers
        self._started.append(contender)
        return True

    def stop(self) -> None:
        for contender in self._started:
            contender.stop()

    def measure(self, repeats: int) -> Iterator[Measurement]:
        for contender in self._started:
            print(f"warming up {contender.name} ...", flush=True)
            try:
                warm_up(contender, self._instruments)
            except MeasurementError as error:
                print(f"  {contender.name}: {error}", flush=True)
        for repeat in range(1, repeats + 1):
            for scenario in SCENARIOS:
                for contender in self._started:
                    yield self._measure(scenario, contender, repeat)

    def _measure(self, scenario: Scenario, contender: Contender, repeat: int) -> Measurement:
        values: Mapping[str, float] = {}
        failure = ""
        try:
            values = scenario.measure(contender, self._instruments)
        except MeasurementError as error:
            failure = " ".join(str(error).split())[:300]
        return Measurement(
            scenario=scenario.name, contender=contender.name, repeat=repeat, values=values, failure=failure
        )

    def _require_same_work(self, answers: Mapping[str, CheckedAnswer]) -> None:
        if not self.answers:
            return
        yardstick = next(iter(self.answers.values()))
        for name, answer in answers.items():
            due = yardstick[name].words
            if abs(answer.words - due) > due * _WORDS_APART:
                raise InvalidAnswerError(f"{name}: {answer.words} words, where {due} are due")
