"""What a mock does with requests that Claude refuses with status 400: a mock that answers them has less to do, and
hides its user's mistakes."""

from __future__ import annotations

import json
from collections.abc import Mapping

from bench.mocks.answers import post
from bench.workload import Json, Shape, Target, render_body

_QUESTION = "bench:json What should I wear in Oslo tomorrow?"

INVALID_REQUESTS: Mapping[str, Json] = {
    "unknown field": {"max_token": 100},
    "max_tokens missing": {"max_tokens": ...},
    "max_tokens -1": {"max_tokens": -1},
    "max_tokens above the model's": {"max_tokens": 10_000_000},
    "temperature 3": {"temperature": 3},
    "temperature text": {"temperature": "hot"},
    "no message": {"messages": []},
    "unknown role": {"messages": [{"role": "robot", "content": _QUESTION}]},
    "empty text block": {
        "messages": [{"role": "user", "content": [{"type": "text", "text": ""}, {"type": "text", "text": _QUESTION}]}]
    },
    "result without its call": {
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "toolu_01", "content": "21 degrees"},
                    {"type": "text", "text": _QUESTION},
                ],
            }
        ]
    },
    "tool without a schema": {"tools": [{"name": "get_weather"}]},
    "choice of no tool": {"tool_choice": {"type": "tool", "name": "get_weather"}},
}
"""Name -> what is changed in a valid request; `...` takes a field away."""


def list_statuses(target: Target) -> dict[str, int]:
    """The status that each invalid request gets; 0 when there was no answer."""
    return {
        name: post(target, render_invalid(changes, target.model))[0] for name, changes in INVALID_REQUESTS.items()
    }


def render_invalid(changes: Json, model: str) -> bytes:
    valid: Json = json.loads(render_body(Shape.JSON, model))
    changed = {**valid, **changes}
    return json.dumps({name: value for name, value in changed.items() if value is not ...}).encode()
