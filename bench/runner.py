"""Runs scenarios over contenders, interleaved: A, B, C, A, B, C, so that a slow minute hits all of them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.contenders.contender import Contender
from bench.exchange import NotReadyError
from bench.measurement import DIRECT, Instruments, Measurement, MeasurementError, Scenario
from bench.scenarios.throughput import warm_up


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one run of the benchmark does."""

    scenarios: Sequence[Scenario]
    contenders: Sequence[Contender]
    repeats: int
    seconds: float
    core: int
    """The contenders' own; everything else runs on the load core."""
    load_core: int


class Runner:
    """Owns the contenders' processes while it runs."""

    def __init__(self, plan: Plan, instruments: Instruments) -> None:
        self._plan = plan
        self._instruments = instruments
        self._started: list[Contender] = []
        self.left_out: dict[str, str] = {}
        """Contender or scenario name -> why it is not in the results."""

    def run(self) -> Iterator[Measurement]:
        """Yields each measurement as it is made; all contenders are stopped at the end, however it comes."""
        try:
            for contender in self._plan.contenders:
                self._start(contender)
            self._warm_up()
            for scenario in self._plan.scenarios:
                yield from self._run_scenario(scenario)
        finally:
            for contender in self._started:
                contender.stop()

    def _start(self, contender: Contender) -> None:
        print(f"starting {contender.version} ...", flush=True)
        try:
            contender.start(self._instruments.upstreams, self._instruments.workspace, core=self._plan.core)
        except NotReadyError as error:
            contender.stop()
            self.left_out[contender.name] = str(error)
            print(f"  left out: {error}", flush=True)
        except BaseException:
            contender.stop()
            raise
        else:
            self._started.append(contender)

    def _warm_up(self) -> None:
        for contender in self._started:
            print(f"warming up {contender.name} ...", flush=True)
            try:
                warm_up(contender, self._instruments)
            except MeasurementError as error:
                print(f"  {contender.name}: {error}", flush=True)

    def _run_scenario(self, scenario: Scenario) -> Iterator[Measurement]:
        reason = self._reason_to_leave_out(scenario)
        if reason:
            self.left_out[scenario.name] = reason
            return
        repeats = 1 if scenario.once_on_fresh_process else self._plan.repeats
        for repeat in range(1, repeats + 1):
            if scenario.with_direct:
                yield self._measure(scenario, None, repeat)
            for contender in list(self._started):
                if contender.endurance.open_streams < scenario.least_open_streams:
                    continue
                if scenario.once_on_fresh_process:
                    self._restart(contender)
                if contender in self._started:
                    yield self._measure(scenario, contender, repeat)

    def _reason_to_leave_out(self, scenario: Scenario) -> str:
        if scenario.route not in self._instruments.upstreams.addresses:
            return "its mock upstream needs nginx"
        return ""

    def _restart(self, contender: Contender) -> None:
        contender.stop()
        self._started.remove(contender)
        self._start(contender)
        time.sleep(0.5)

    def _measure(self, scenario: Scenario, contender: Contender | None, repeat: int) -> Measurement:
        name = contender.name if contender else DIRECT
        values: Mapping[str, float] = {}
        failure = ""
        try:
            values = scenario.measure(contender, self._instruments)
        except MeasurementError as error:
            failure = " ".join(str(error).split())[:300]
        return Measurement(scenario=scenario.name, contender=name, repeat=repeat, values=values, failure=failure)
