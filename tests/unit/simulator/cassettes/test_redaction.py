"""What is taken out of requests and answers."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.simulator.cassettes.exchanges import SECRET, make_body, make_redaction

from ingate.simulator.cassettes.cassette import MARK
from ingate.simulator.cassettes.redaction import PathInvalid, parse_path


def test_a_secret_is_taken_out_of_any_text() -> None:
    body = make_body(f"My password is {SECRET}.", system=[{"type": "text", "text": SECRET}], top_k=5)
    redacted = make_redaction().redact_request(body)
    assert redacted["messages"] == [{"role": "user", "content": f"My password is {MARK}."}]
    assert redacted["system"] == [{"type": "text", "text": MARK}]
    assert redacted["top_k"] == 5


def test_a_chosen_field_of_a_request_is_replaced_whole() -> None:
    body = make_body("a", "b", system=[{"type": "text", "text": "s"}], metadata={"user_id": "u", "x": 1})
    redacted = make_redaction("messages.*.content", "system", "metadata.user_id").redact_request(body)
    assert redacted["messages"] == [{"role": "user", "content": MARK}, {"role": "assistant", "content": MARK}]
    assert redacted["system"] == MARK
    assert redacted["metadata"] == {"user_id": MARK, "x": 1}


def test_an_index_chooses_one() -> None:
    redacted = make_redaction("messages.1.content").redact_request(make_body("a", "b", "c"))
    assert [message["content"] for message in _list(redacted["messages"])] == ["a", MARK, "c"]


def test_a_path_that_leads_nowhere_changes_nothing() -> None:
    body = make_body("a")
    assert make_redaction("messages.*.content.x", "no.such").redact_request(body) == body


def test_a_chosen_field_of_an_answer_keeps_its_shape() -> None:
    """A client has to be able to read it when it is replayed."""
    answer = {
        "type": "message",
        "content": [
            {"type": "text", "text": "private"},
            {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"type": "x", "list": [1, "y", True, None]}},
        ],
        "usage": {"input_tokens": 5},
    }
    redacted = make_redaction("content.*.text", "content.*.input").redact_answer(answer)
    assert redacted == {
        "type": "message",
        "content": [
            {"type": "text", "text": MARK},
            {
                "type": "tool_use",
                "id": "toolu_1",
                "name": "f",
                "input": {"type": MARK, "list": [0, MARK, True, None]},
            },
        ],
        "usage": {"input_tokens": 5},
    }


@pytest.mark.parametrize(
    "block",
    [
        {"type": "tool_use", "id": SECRET, "name": "f", "input": {}},
        {"type": "tool_result", "tool_use_id": SECRET, "content": "x"},
        {"type": "web_search_tool_result", "tool_use_id": SECRET},
        {"type": "thinking", "thinking": "x", "signature": SECRET},
        {"type": "redacted_thinking", "data": SECRET},
        {"type": "web_search_result", "encrypted_content": SECRET, "encrypted_index": SECRET},
        {"type": "image", "source": {"type": "base64", "data": SECRET}},
    ],
    ids=lambda block: block["type"],
)
def test_what_the_api_made_stays(block: dict[str, Any]) -> None:
    """What looks like a key there is none, and turns that refer to each other go on to do so."""
    body = make_body(mention=block)
    assert make_redaction().redact_request(body) == body


def test_within_a_tools_input_everything_is_looked_at() -> None:
    block = {"type": "tool_use", "id": "t", "input": {"type": "tool_use", "id": SECRET, "tool_use_id": SECRET}}
    redacted = make_redaction().redact_answer(block)
    assert redacted == block | {"input": {"type": "tool_use", "id": MARK, "tool_use_id": MARK}}


def test_even_what_the_api_made_can_be_chosen() -> None:
    block = {"content": [{"type": "thinking", "thinking": "x", "signature": "s"}]}
    redacted = make_redaction("content.*.signature").redact_answer(block)
    assert redacted == {"content": [{"type": "thinking", "thinking": "x", "signature": MARK}]}


@pytest.mark.parametrize("text", ["", ".", "a..b", ".a", "a."])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(PathInvalid, match="names or"):
        parse_path(text)


def _list(value: object) -> list[dict[str, Any]]:
    assert isinstance(value, list)
    return value  # pyright: ignore[reportUnknownVariableType]
