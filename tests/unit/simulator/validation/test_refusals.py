"""What is refused, and in which words: the whole of `invalid_requests`, and what stands in no JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.unit.simulator.conftest import Ask
from tests.unit.simulator.validation.invalid_requests import INVALID_REQUESTS, InvalidRequest
from tests.unit.simulator.validation.request_parts import OLD, asking, enabled, having, pdf, picture, saying, user

from ingate.simulator.incoming import ServedAs, SimulatorRequest
from ingate.simulator.signatures import sign
from ingate.simulator.simulator import Simulator, SimulatorSettings
from ingate.simulator.validation import finding
from ingate.simulator.validation.rules import RULES

SIMULATOR = Simulator(settings=SimulatorSettings())


def render(invalid: InvalidRequest) -> SimulatorRequest:
    headers = [(b"anthropic-version", invalid.version.encode())]
    headers += [(b"anthropic-beta", beta.encode()) for beta in invalid.betas]
    return SimulatorRequest(
        path=invalid.path.encode(),
        headers=headers,
        body=json.dumps(invalid.body).encode(),
        served_as=ServedAs(hosting=invalid.hosting),
    )


@pytest.mark.parametrize("invalid", INVALID_REQUESTS, ids=lambda invalid: invalid.name)
def test_a_request_is_refused_with_claudes_words(invalid: InvalidRequest) -> None:
    answer = SIMULATOR.answer(render(invalid))
    [(_, content)] = answer.chunks
    error = json.loads(content)
    assert error["error"]["message"] == invalid.message
    assert (answer.status, error["error"]["type"]) == (invalid.status, invalid.error_type)
    assert error["type"] == "error"
    assert error["request_id"].startswith("req_")


def test_the_table_is_long_and_says_nothing_twice() -> None:
    assert len(INVALID_REQUESTS) >= 170
    assert len({invalid.name for invalid in INVALID_REQUESTS}) == len(INVALID_REQUESTS)


def iterate_broken_rules() -> Iterator[str]:
    original = finding.get_rules

    def spy(members: frozenset[str]) -> tuple[Any, ...]:
        return tuple(watch(rule) for rule in original(members))

    seen: set[str] = set()

    def watch(rule: Any) -> Any:
        def ask(inspection: Any) -> Any:
            problem = rule(inspection)
            if problem is not None:
                seen.add(rule.__name__)
            return problem

        return ask

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finding, "get_rules", spy)
        for invalid in INVALID_REQUESTS:
            SIMULATOR.accept(render(invalid))
        for body in too_long_requests():
            SIMULATOR.accept(SimulatorRequest(path=b"/v1/messages", headers=FIRST, body=json.dumps(body).encode()))
    yield from seen


FIRST = [(b"anthropic-version", b"2023-06-01")]


def too_long_requests() -> list[dict[str, Any]]:
    return [saying(user("word " * 250_000))]


def test_every_rule_is_broken_by_something_in_the_table() -> None:
    broken = set(iterate_broken_rules())
    assert [rule.__name__ for rule, _ in RULES if rule.__name__ not in broken] == []


def read_message(ask: Ask, body: Any, **how: Any) -> tuple[int, str]:
    answer = ask(body, **how)
    [(_, content)] = answer.chunks
    return answer.status, json.loads(content)["error"]["message"]


def test_a_prompt_longer_than_the_window_is_refused_with_its_size(ask: Ask) -> None:
    status, message = read_message(ask, saying(user("word " * 250_000)))
    assert status == 400
    assert message.startswith("prompt is too long: 2")
    assert message.endswith(" tokens > 200000 maximum")
    assert (
        ask(saying(user("word " * 250_000)), extra_headers=[(b"anthropic-beta", b"context-1m-2025-08-07")]).status
        == 200
    )


def test_pages_fill_the_window_too(ask: Ask) -> None:
    """A page costs far more than the bytes that it takes to say that there is one."""
    page = b"1 0 obj <</Type /Page>> endobj\n"
    assert ask(asking(pdf(b"%PDF-1.4\n" + page * 60))).status == 200
    status, message = read_message(ask, asking(*[pdf(b"%PDF-1.4\n" + page * 99)] * 2))
    assert (status, message.partition(":")[0]) == (400, "prompt is too long")


def test_old_models_count_the_answer_into_the_window(ask: Ask) -> None:
    body = saying(user("word " * 190_000), model="claude-opus-4-1-20250805", max_tokens=32_000)
    status, message = read_message(ask, body)
    assert status == 400
    assert message.startswith("input length and `max_tokens` exceed context limit: ")
    assert message.endswith(" + 32000 > 200000, decrease input length or `max_tokens` and try again")
    assert ask(body | {"model": OLD}).status == 200, "newer ones stop when the window is full"


def test_an_image_too_large_is_told_to_programs_too(ask: Ask) -> None:
    [(_, content)] = ask(asking(picture(8001, 10))).chunks
    assert json.loads(content)["error"]["details"] == {
        "error_code": "image_dimensions_too_large",
        "max_side_length_pixels": 8000,
        "paths": ["messages.0.content.0.image.source.base64.data"],
    }


def test_a_request_of_more_than_32_megabytes_is_too_large(ask: Ask) -> None:
    answer = ask(json.dumps(having()).encode() + b" " * (32 << 20))
    [(_, content)] = answer.chunks
    assert answer.status == 413
    assert json.loads(content)["error"] == {
        "type": "request_too_large",
        "message": "Request exceeds the maximum size",
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The request body is not valid JSON: "),
        (b"{not json", "The request body is not valid JSON: "),
        (b'{"model": "\xff"}', "The request body is not valid JSON: "),
        (b"[" * 100_000, "The request body is nested too deeply"),
        (b'[{"model": "claude-sonnet-4-5"}]', "The request body is not a JSON object"),
        (b"null", "The request body is not a JSON object"),
    ],
    ids=["empty", "malformed", "not UTF-8", "too deep", "a list", "null"],
)
def test_a_body_that_is_no_json_object_is_refused(ask: Ask, body: bytes, message: str) -> None:
    status, found = read_message(ask, body)
    assert (status, found[: len(message)]) == (400, message)


def test_the_version_header_is_required_and_known(ask: Ask) -> None:
    assert read_message(ask, having(), version=None) == (400, "anthropic-version: header is required")
    assert read_message(ask, having(), version=b"2024-01-01") == (
        400,
        'anthropic-version: "2024-01-01" is not a valid version',
    )


@pytest.mark.parametrize("depth", [100, 300, 450, 480, 490, 600, 900, 960, 980, 990, 5_000])
def test_a_deep_body_is_answered_or_refused_wherever_it_is_deep(ask: Ask, depth: int) -> None:
    deep = b"[" * depth + b"]" * depth
    for place in (
        b'"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"t",'
        b'"name":"f","input":{"a":%b}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t"}]}]',
        b'"messages":[{"role":"user","content":%b}]',
        b'"messages":[{"role":"user","content":"x"}],"zzz":%b',
        b'"messages":[{"role":"user","content":"x"}],"tools":[{"name":"f","input_schema":'
        b'{"type":"object","properties":{"a":{"default":%b}},"required":["a"]}}]',
        b'"messages":[{"role":"user","content":"x"}],"tools":[{"name":"f","input_schema":'
        b'{"type":"object","properties":{"a":' + b'{"items":' * depth + b"true" + b"}" * depth + b"%.0b}}}]",
    ):
        answer = ask(b'{"model":"claude-sonnet-4-5","max_tokens":200,' + place % deep + b"}")
        assert answer.status in (200, 400)
        assert answer.status == 400 or depth < 1_000


def test_thinking_that_an_answer_signed_may_come_back_only_as_it_was(ask: Ask) -> None:
    def talk(thought: str) -> dict[str, Any]:
        block = {"type": "thinking", "thinking": thought, "signature": sign("A thought.", model=OLD)}
        turns = [user("a"), {"role": "assistant", "content": [block, {"type": "text", "text": "b"}]}, user("c")]
        return saying(*turns, thinking=enabled(), max_tokens=2000)

    assert ask(talk("A thought.")).status == 200
    assert (
        read_message(ask, talk("Another thought."))[1]
        == "messages.1.content.0: Invalid `signature` in `thinking` block"
    )
