"""However an answer is cut into reads, the same is read from it."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ingate.wire.messages.usage import AnswerReader, JsonAnswerReader, StreamAnswerReader

Document = dict[str, Any]


def make_cache_creation(tokens: int) -> Document:
    return {"ephemeral_1h_input_tokens": tokens}


counts = st.one_of(st.none(), st.integers(0, 10**9))
usages: st.SearchStrategy[Document] = st.fixed_dictionaries(
    {},
    optional={
        "input_tokens": counts,
        "output_tokens": counts,
        "cache_read_input_tokens": counts,
        "cache_creation": st.builds(make_cache_creation, st.integers(0, 9)),
        "server_tool_use": st.none(),
        "unknown": st.text(max_size=5),
    },
)


def make_start(usage: Document, model: str) -> Document:
    return {"type": "message_start", "message": {"model": model, "usage": usage}}


def make_text(text: str) -> Document:
    return {"type": "content_block_delta", "delta": {"text": text}}


def make_delta(usage: Document, stop_reason: str | None) -> Document:
    return {"type": "message_delta", "delta": {"stop_reason": stop_reason}, "usage": usage}


FIXED: list[Document] = [
    {"type": "error", "error": {"type": "api_error", "message": '"usage"'}},
    {"type": "message_stop"},
    {"type": "ping"},
]
events: st.SearchStrategy[Document] = st.one_of(
    st.builds(make_start, usages, st.text(max_size=8)),
    st.builds(make_text, st.text(max_size=20)),
    st.builds(make_delta, usages, st.sampled_from([None, "end_turn", "refusal"])),
    st.sampled_from(FIXED),
)
cuts = st.lists(st.integers(0, 2000), max_size=30)


def read(reader: AnswerReader, data: bytes, cuts: list[int]) -> Document:
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


@settings(deadline=None)
@given(st.lists(events, max_size=8), cuts, st.sampled_from(["\n", "\r\n", "\r"]), st.integers(0, 40))
def test_of_a_stream(documents: list[Document], cuts: list[int], line_end: str, missing: int) -> None:
    stream = "".join(
        f"event: {document['type']}{line_end}data: {json.dumps(document)}{line_end}{line_end}"
        for document in documents
    ).encode()
    stream = stream[: len(stream) - missing]
    assert read(StreamAnswerReader(), stream, cuts) == read(StreamAnswerReader(), stream, [])


@settings(deadline=None)
@given(st.binary(max_size=300), cuts)
def test_of_bytes_without_sense(data: bytes, cuts: list[int]) -> None:
    for reader in (StreamAnswerReader, JsonAnswerReader):
        assert read(reader(), data, cuts) == read(reader(), data, [])


@settings(deadline=None)
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
    in_pieces = read(StreamAnswerReader(), data, cuts or list(range(len(data))))
    assert in_pieces == whole


@settings(deadline=None)
@given(events, cuts)
def test_of_a_document(document: Document, cuts: list[int]) -> None:
    data = json.dumps(document).encode()
    assert read(JsonAnswerReader(), data, cuts) == read(JsonAnswerReader(), data, [])
