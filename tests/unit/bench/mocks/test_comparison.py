from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from bench.contenders.contender import Endurance
from bench.exchange import NotReadyError
from bench.measurement import Instruments
from bench.mocks import comparison as under_test
from bench.mocks.answers import CheckedAnswer, InvalidAnswerError
from bench.mocks.comparison import NO_UPSTREAMS, Comparison
from bench.upstreams import MockUpstreams
from bench.workload import Route, Shape, Target


class Mock:
    """Its model says how many words it answers with."""

    version = "1"
    endurance = Endurance()

    def __init__(self, name: str, words: int, *, starts: bool = True) -> None:
        self.name = name
        self._words = words
        self._starts = starts
        self.is_stopped = False

    def start(self, upstreams: MockUpstreams, workspace: Path, *, core: int) -> None:
        if not self._starts:
            raise NotReadyError("no answer after 30 s")

    def stop(self) -> None:
        self.is_stopped = True

    def target(self, route: Route) -> Target:
        return Target(host="127.0.0.1", port=1, path="/v1/messages", headers=(), model=str(self._words))

    def measured_pids(self) -> Sequence[int]:
        return ()


def ask(target: Target, shape: Shape) -> CheckedAnswer:
    if target.model == "0":
        raise InvalidAnswerError("it is no assistant's message")
    return CheckedAnswer(text="word " * int(target.model), body_bytes=1, events=0)


def list_statuses(target: Target) -> dict[str, int]:
    return {"unknown field": 200}


@pytest.fixture
def comparison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Comparison:
    monkeypatch.setattr(under_test, "ask", ask)
    monkeypatch.setattr(under_test, "list_statuses", list_statuses)
    instruments = Instruments(upstreams=NO_UPSTREAMS, wrk=None, workspace=tmp_path, seconds=1)
    comparison = Comparison(instruments, core=0)
    assert comparison.admit(Mock("first", 50))
    return comparison


def test_a_mock_whose_answers_are_as_long_is_admitted(comparison: Comparison) -> None:
    assert comparison.admit(Mock("second", 53))
    assert comparison.names == ["first", "second"]
    assert comparison.statuses["second"] == {"unknown field": 200}
    assert comparison.answers["second"]["sse"].words == 53


@pytest.mark.parametrize(
    ("mock", "reason"),
    [
        (Mock("other", 25), "json: 25 words, where 50 are due"),
        (Mock("other", 60), "json: 60 words, where 50 are due"),
        (Mock("other", 0), "it is no assistant's message"),
        (Mock("other", 50, starts=False), "no answer after 30 s"),
    ],
)
def test_a_mock_that_cannot_be_compared_is_stopped_and_left_out(
    comparison: Comparison, mock: Mock, reason: str
) -> None:
    assert not comparison.admit(mock)
    assert mock.is_stopped
    assert comparison.left_out == {"other": reason}
    assert comparison.names == ["first"]


def test_a_measurement_that_fails_says_why_and_does_not_end_the_rounds(comparison: Comparison) -> None:
    measured = list(comparison.measure(repeats=2))
    assert [(made.repeat, made.scenario) for made in measured] == [(1, "json"), (1, "sse"), (2, "json"), (2, "sse")]
    assert {made.failure for made in measured} == {"needs wrk"}
