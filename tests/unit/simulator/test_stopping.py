"""Where an answer of several blocks ends."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ingate.simulator.accounting.tokens import split_tokens
from ingate.simulator.stopping import StoppedContent, stop_content


def text(content: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": content} | more


CALL: dict[str, Any] = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"city": "Rome"}}
SEARCH: dict[str, Any] = {
    "type": "server_tool_use",
    "id": "srvtoolu_1",
    "name": "web_search",
    "input": {"query": "x"},
}
FOUND: dict[str, Any] = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}


def stop(*drafts: dict[str, Any], max_tokens: int = 1000, at: tuple[str, ...] = ()) -> StoppedContent:
    return stop_content(drafts, max_tokens=max_tokens, stop_sequences=at)


def test_without_a_limit_everything_is_written() -> None:
    stopped = stop(text("One two."), CALL)
    assert stopped.content == (text("One two."), CALL)
    assert (stopped.is_cut, stopped.stop_sequence) == (False, None)


def test_max_tokens_are_spent_over_all_blocks() -> None:
    stopped = stop(text("one two three "), text("four five six"), max_tokens=5)
    assert stopped.output_tokens == 5
    assert stopped.is_cut
    assert len(stopped.content) == 2


def test_a_block_that_there_is_no_room_for_is_not_begun() -> None:
    words = "one two three"
    stopped = stop(text(words), CALL, max_tokens=len(split_tokens(words)))
    assert (stopped.content, stopped.is_cut) == ((text(words),), True)


def test_a_call_that_does_not_fit_keeps_its_name_and_loses_its_arguments() -> None:
    stopped = stop(CALL, text("never"), max_tokens=9)
    assert (stopped.content, stopped.output_tokens, stopped.is_cut) == ((CALL | {"input": {}},), 9, True)


def test_what_a_server_says_costs_the_model_no_tokens() -> None:
    assert stop(SEARCH, FOUND).output_tokens == stop(SEARCH).output_tokens


def test_a_stop_sequence_may_begin_in_one_block_of_text_and_end_in_the_next() -> None:
    cited = text("the grass is green", citations=[{"type": "char_location"}])
    stopped = stop(text("It says that "), cited, text(" and more"), at=("green and",))
    assert stopped.stop_sequence == "green and"
    assert stopped.content == (text("It says that "), cited | {"text": "the grass is "})


def test_a_stop_sequence_does_not_reach_over_a_call_nor_into_its_arguments() -> None:
    stopped = stop(text("one "), SEARCH, FOUND, text("two Rome"), CALL, at=("one two", "query"))
    assert (stopped.stop_sequence, len(stopped.content)) == (None, 5)


def test_a_stop_sequence_after_the_limit_is_never_written() -> None:
    stopped = stop(text("one two three END"), max_tokens=2, at=("END",))
    assert (stopped.stop_sequence, stopped.is_cut) == (None, True)


def test_nothing_after_a_stop_sequence_is_written() -> None:
    stopped = stop(text("one END two"), CALL, at=("END",))
    assert (stopped.content, stopped.stop_sequence, stopped.is_cut) == ((text("one "),), "END", False)


BLOCKS = st.one_of(st.text(max_size=40).map(text), st.sampled_from([CALL, SEARCH, FOUND]))


@given(
    st.lists(BLOCKS, min_size=1, max_size=6),
    st.integers(1, 120),
    st.lists(st.text(min_size=1, max_size=3), max_size=3),
)
def test_no_limit_is_ever_overstepped(drafts: list[dict[str, Any]], max_tokens: int, sequences: list[str]) -> None:
    stopped = stop(*drafts, max_tokens=max_tokens, at=tuple(sequences))
    assert 1 <= stopped.output_tokens <= max_tokens
    texts = [str(block.get("text", "")) for block in stopped.content]
    assert not any(sequence in written for sequence in sequences for written in texts)
    assert all(block.get("text", "x") for block in stopped.content)
