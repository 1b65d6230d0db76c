"""Whatever a request is made of, it is answered or refused: never a 5xx, never an exception."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.simulator.validation.invalid_requests import INVALID_REQUESTS
from tests.unit.simulator.validation.request_parts import TOOL, asking, assistant, call, having, result, saying, user

from ingate.simulator.incoming import SimulatorRequest
from ingate.simulator.json_value import is_list, is_object
from ingate.simulator.simulator import Simulator, SimulatorSettings
from ingate.simulator.validation import schema_file

SIMULATORS = [Simulator(settings=SimulatorSettings(lenient=lenient)) for lenient in (False, True)]
PATHS = (b"/v1/messages", b"/v1/messages/count_tokens")
VERSIONS = (b"2023-06-01", b"2026-10-21")
BETAS = (b"", b"context-management-2025-06-27,mcp-client-2025-11-20,structured-outputs-2025-11-13,compact-2026-01-12")
SEEDS: list[dict[str, Any]] = [
    having(system="Be brief.", tools=[TOOL], tool_choice={"type": "auto"}, stop_sequences=["END"], stream=True),
    saying(user("a"), assistant(call()), user(result(content=[{"type": "text", "text": "b"}])), tools=[TOOL]),
    asking({"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}),
    having(
        "claude-opus-5-5", thinking={"type": "adaptive"}, output_config={"effort": "low"}, metadata={"user_id": "u"}
    ),
    *[invalid.body for invalid in INVALID_REQUESTS if len(json.dumps(invalid.body)) < 2000],
]

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
values = st.recursive(
    scalars | st.sampled_from(["text", "tool_use", "tool_result", "thinking", "image", "document", "user", "object"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "text", "content", "a"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def answer_everywhere(body: Any) -> None:
    content = json.dumps(body).encode()
    for simulator in SIMULATORS:
        for path in PATHS:
            for version, betas in zip(VERSIONS, BETAS, strict=True):
                headers = [(b"anthropic-version", version), *([(b"anthropic-beta", betas)] if betas else [])]
                answer = simulator.answer(SimulatorRequest(path=path, headers=headers, body=content))
                assert answer.status in (200, 400, 404)
                assert b"".join(piece for _, piece in answer.chunks)


def get_holders(holder: object) -> list[object]:
    """The lists and objects in a list or object, those that hold something."""
    items = holder.values() if is_object(holder) else holder if is_list(holder) else ()
    return [item for item in items if item and (is_object(item) or is_list(item))]


@st.composite
def mutated_bodies(draw: st.DrawFn) -> Any:
    """A request in which up to three places hold something else, are gone, or are there twice."""
    body = copy.deepcopy(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 3))):
        holder: object = body
        for _ in range(draw(st.integers(0, 6))):
            inner = get_holders(holder)
            if not inner:
                break
            holder = draw(st.sampled_from(inner))
        mutate(draw, holder)
    return body


def mutate(draw: st.DrawFn, holder: object) -> None:
    change = draw(st.sampled_from(["remove", "add", "replace"]))
    if is_object(holder) and holder:
        name = draw(st.sampled_from(list(holder)))
        if change == "remove":
            del holder[name]
        else:
            holder[name if change == "replace" else draw(st.text(max_size=5))] = draw(values)
    elif is_list(holder) and holder:
        place = draw(st.integers(0, len(holder) - 1))
        if change == "remove":
            del holder[place]
        elif change == "add":
            holder.append(copy.deepcopy(holder[place]))
        else:
            holder[place] = draw(values)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated_bodies())
def test_a_mutated_request_is_answered_or_refused(body: Any) -> None:
    answer_everywhere(body)


@cache
def load_schema() -> dict[str, Any]:
    return json.loads((Path(schema_file.__file__).parent / "schema" / "messages.json").read_text())


def shaped(node: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    """Values that fit a node of the generated schema, or nearly do."""
    if depth <= 0:
        return scalars
    match node["is"]:
        case "string":
            return st.sampled_from(
                ["", "a", "toolu_1", "srvtoolu_1", "https://example.com", "QUJD", "claude-sonnet-4-5"]
            )
        case "integer" | "number":
            return st.integers(-1, 2000)
        case "boolean":
            return st.booleans()
        case "one_of":
            return st.sampled_from(node["values"])
        case "list":
            return st.lists(shaped(node["of"], depth - 1), max_size=2)
        case "map":
            return st.just({"type": "object"}) | values
        case "record":
            return record(node["type"], depth)
        case "tagged":
            tags = sorted(node["variants"])
            return st.sampled_from(tags).flatmap(
                lambda tag: record(node["variants"][tag]["type"], depth, {node["by"]: tag})
            )
        case "either":
            return st.one_of(
                *[
                    shaped(node[kind], depth)
                    for kind in ("string", "boolean", "integer", "array", "object")
                    if kind in node
                ]
            )
        case _:
            return values


def record(name: str, depth: int, known: dict[str, str] | None = None) -> st.SearchStrategy[Any]:
    fields = load_schema()["types"][name]["fields"]
    required = {field: shaped(node["type"], depth - 1) for field, node in fields.items() if node.get("required")}
    optional = {field: shaped(node["type"], depth - 1) for field, node in fields.items() if not node.get("required")}
    few = st.lists(st.sampled_from(sorted(optional)), max_size=2, unique=True) if optional else st.just([])
    return few.flatmap(
        lambda chosen: st.fixed_dictionaries(required | {field: optional[field] for field in chosen}).map(
            lambda made: made | (known or {})
        )
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.deferred(lambda: record("CreateMessage", 7)))
def test_a_request_by_the_schema_is_answered_or_refused(body: Any) -> None:
    answer_everywhere(body)
    answer_everywhere(body | {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": [user("Hello")]})
