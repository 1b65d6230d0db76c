from __future__ import annotations

import json

import pytest
from bench.mocks.refusals import INVALID_REQUESTS, render_invalid
from bench.workload import Shape, render_body

from ingate.simulator.incoming import ServedAs, SimulatorRequest
from ingate.simulator.simulator import Simulator, SimulatorSettings

MODEL = "claude-haiku-4-5"


def answer_status(body: bytes) -> int:
    headers = [(b"anthropic-version", b"2023-06-01")]
    request = SimulatorRequest(path=b"/v1/messages", headers=headers, body=body, served_as=ServedAs())
    return Simulator(settings=SimulatorSettings()).answer(request).status


@pytest.mark.parametrize("name", INVALID_REQUESTS)
def test_each_is_one_change_away_from_a_valid_request(name: str) -> None:
    valid = json.loads(render_body(Shape.JSON, MODEL))
    changed = json.loads(render_invalid(INVALID_REQUESTS[name], MODEL))
    assert valid | changed != valid or set(valid) - set(changed)
    assert answer_status(json.dumps(valid).encode()) == 200
    assert answer_status(json.dumps(changed).encode()) == 400


def test_a_field_can_be_taken_away() -> None:
    changed = json.loads(render_invalid({"max_tokens": ...}, MODEL))
    assert "max_tokens" not in changed
    assert changed["messages"]
