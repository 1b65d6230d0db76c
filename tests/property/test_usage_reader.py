"""However an answer is cut into reads, the same is read from it."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ingate.wire.messages.usage import AnswerReader, JsonAnswerReader, StreamAnswerReader

counts = st.one_of(st.none(), st.integers(0, 10**9))
usages = st.fixed_dictionaries(
    {},
    optional={
        "input_tokens": counts,
        "output_tokens": counts,
        "cache_read_input_tokens": counts,
        "cache_creation": st.fixed_dictionaries({}, optional={"ephemeral_1h_input_tokens": st.integers(0, 9)}),
        "server_tool_use": st.none(),
        "unknown": st.text(max_size=5),
    },
)
events = st.one_of(
    st.builds(
        lambda usage, model: {"type": "message_start", "message": {"model": model, "usage": usage}},
        usages,
        st.text(max_size=8),
    ),
    st.builds(lambda text: {"type": "content_block_delta", "delta": {"text": text}}, st.text(max_size=20)),
    st.builds(
        lambda usage, reason: {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage},
        usages,
        st.sampled_from([None, "end_turn", "refusal"]),
    ),
    st.just({"type": "error", "error": {"type": "api_error", "message": '"usage"'}}),
    st.just({"type": "message_stop"}),
    st.just({"type": "ping"}),
)
cuts = st.lists(st.integers(0, 2000), max_size=30)


def read(reader: AnswerReader, data: bytes, cuts: list[int]) -> dict[str, Any]:
    bounds = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    for start, end in pairwise(bounds):
        reader.read(data[start:end])
    reader.end()
    return {
        "usage": reader.usage,
        "model": reader.response_model,
        "stop": reader.stop_reason,
        "error": reader.error_type,
        "ended": reader.ended_well,
        "content": getattr(reader, "saw_content", None),
    }


@given(st.lists(events, max_size=8), cuts, st.sampled_from(["\n", "\r\n", "\r"]), st.integers(0, 40))
def test_of_a_stream(documents: list[dict[str, Any]], cuts: list[int], line_end: str, missing: int) -> None:
    stream = "".join(
        f"event: {document['type']}{line_end}data: {json.dumps(document)}{line_end}{line_end}"
        for document in documents
    ).encode()
    stream = stream[: len(stream) - missing]
    assert read(StreamAnswerReader(), stream, cuts) == read(StreamAnswerReader(), stream, [])


@given(st.binary(max_size=300), cuts)
def test_of_bytes_without_sense(data: bytes, cuts: list[int]) -> None:
    for reader in (StreamAnswerReader, JsonAnswerReader):
        assert read(reader(), data, cuts) == read(reader(), data, [])


@given(
    st.lists(
        st.sampled_from([b"\n", b"\r", b"\r\n", b"data:", b'{"type":"message_delta","usage":{"output_tokens":1}}',
                         b'{"type":"message_stop"}', b"content_block", b" ", b"x"]),
        max_size=20,
    ),
    cuts,
)  # fmt: skip
def test_of_lines_that_end_in_every_way(pieces: list[bytes], cuts: list[int]) -> None:
    data = b"".join(pieces)
    whole = read(StreamAnswerReader(), data, [])
    in_pieces = read(StreamAnswerReader(), data, [*cuts, *range(len(data))] if not cuts else cuts)
    assert in_pieces == whole


@given(events, cuts)
def test_of_a_document(document: dict[str, Any], cuts: list[int]) -> None:
    data = json.dumps(document).encode()
    assert read(JsonAnswerReader(), data, cuts) == read(JsonAnswerReader(), data, [])
