"""What of earlier turns is counted: thinking by the model's manner, and nothing from before a compaction."""

from __future__ import annotations

from typing import Any

import pytest

from ingate.simulator.accounting.tokens import count_input_tokens

KEEPS = "claude-opus-4-5"
STRIPS = "claude-sonnet-4-5"
THOUGHT = {"type": "thinking", "thinking": "Let me think about this for a good while. " * 10, "signature": "c2ln"}
CALL: dict[str, Any] = {"type": "tool_use", "id": "t1", "name": "f", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "42"}


def count(messages: list[tuple[str, Any]], **fields: Any) -> int:
    listed = [{"role": role, "content": content} for role, content in messages]
    body: dict[str, Any] = {"messages": listed, "thinking": {"type": "enabled"}}
    return count_input_tokens(body | fields)


def count_thought(
    before: list[tuple[str, Any]], answer: list[Any], after: list[tuple[str, Any]], **fields: Any
) -> int:
    """What the thinking in front of an answer adds."""
    whole = count([*before, ("assistant", [THOUGHT, *answer]), *after], **fields)
    return whole - count([*before, ("assistant", answer), *after], **fields)


QUESTION: list[tuple[str, Any]] = [("user", "Why?")]
TEXT = [{"type": "text", "text": "Because."}]


@pytest.mark.parametrize(
    ("model", "answer", "after", "is_counted"),
    [
        (KEEPS, TEXT, [("user", "And then?")], True),
        (STRIPS, TEXT, [("user", "And then?")], False),
        (KEEPS, [CALL], [("user", [RESULT])], True),
        (STRIPS, [CALL], [("user", [RESULT])], True),
        (STRIPS, [CALL], [("user", [RESULT, {"type": "text", "text": "Go on."}])], False),
    ],
    ids=["kept", "stripped by a new turn", "tool loop", "tool loop, stripping model", "text after the result"],
)
def test_thinking_counts_as_long_as_its_model_reads_it(
    model: str, answer: list[Any], after: list[tuple[str, Any]], is_counted: bool
) -> None:
    assert (count_thought(QUESTION, answer, after, model=model) > 0) == is_counted


def test_thinking_does_not_count_once_the_request_does_not_think() -> None:
    after: list[tuple[str, Any]] = [("user", "And then?")]
    assert count_thought(QUESTION, TEXT, after, model=KEEPS, thinking={"type": "disabled"}) == 0


@pytest.mark.parametrize(
    ("keep", "counted_turns"), [("all", 3), ({"type": "thinking_turns", "value": 2}, 2), (None, 0)]
)
def test_an_edit_decides_how_many_turns_keep_their_thinking(keep: Any, counted_turns: int) -> None:
    turns: list[tuple[str, Any]] = []
    for number in range(3):
        turns += [("user", f"Question {number}"), ("assistant", [THOUGHT, *TEXT])]
    messages = [*turns, ("user", "One more")]
    edit = {"type": "clear_thinking_20251015"} | ({"keep": keep} if keep else {})
    managed = count(messages, model=STRIPS, context_management={"edits": [edit]})
    without = count(messages, model=STRIPS)
    one = count([("user", "x"), ("assistant", [THOUGHT])], model=STRIPS) - count(
        [("user", "x"), ("assistant", [{"type": "text", "text": ""}])], model=STRIPS
    )
    assert managed - without == counted_turns * one


def test_what_stands_before_a_compaction_block_is_not_counted() -> None:
    summary = {"type": "compaction", "content": "Everything so far, in short."}
    after: list[tuple[str, Any]] = [("user", "Go on.")]
    long = count([("user", "word " * 5_000), ("assistant", [*TEXT, summary, *TEXT]), *after])
    assert long == count([("assistant", [summary, *TEXT]), *after])


def test_a_compaction_that_failed_changes_nothing() -> None:
    failed = {"type": "compaction", "content": None}
    assert count([("user", "word " * 500), ("assistant", [failed]), ("user", "Go on.")]) > 500
