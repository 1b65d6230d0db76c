"""Usage as read in passing, against recordings of real answers. The truth is computed here, by another parser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from tests.support.sse_events import parse_events

from ingate.wire.messages.usage import (
    CARRY_LIMIT,
    JSON_LIMIT,
    OTHER_LIMIT,
    AnswerReader,
    CacheCreation,
    JsonAnswerReader,
    OutputTokensDetails,
    ReportedUsage,
    ServerToolUse,
    StreamAnswerReader,
)

_STREAMS = [
    "advisor_stream", "cache_read", "cache_read_stream", "cache_write", "code_exec_stream", "mcp_stream",
    "pause_turn",
    "redacted_stream", "stop_sequence", "text_stream", "thinking_stream", "thinking_tool_json", "tool_search",
    "tool_use_stream", "web_search_stream",
]  # fmt: skip
_DOCUMENTS = [
    "code_exec_json", "compaction", "error_400_effort", "error_404_model", "mcp_json", "parallel_tools",
    "redacted_json", "text_json", "thinking_json", "tool_use_json", "web_fetch_json",
]  # fmt: skip


def read(reader: AnswerReader, data: bytes, chunk: int) -> AnswerReader:
    for index in range(0, len(data), chunk):
        reader.read(data[index : index + chunk])
    reader.end()
    return reader


def flatten(reported: ReportedUsage | None) -> dict[str, Any]:
    """What was reported, under the names that the wire has for it."""
    if reported is None:
        return {}
    found: dict[str, Any] = {}
    for name in ReportedUsage.__struct_fields__:
        value = getattr(reported, name)
        if isinstance(value, msgspec.Raw):
            value = json.loads(bytes(value) or b"null")
        inner = getattr(value, "__struct_fields__", None)
        if inner is not None:
            found.update({f"{name}.{field}": getattr(value, field) for field in inner if getattr(value, field)})
        elif value is not None:
            found[name] = value
    return found


def flatten_wire(usage: dict[str, Any]) -> dict[str, Any]:
    """The same of a wire usage, for the fields that a reader knows."""
    found: dict[str, Any] = {}
    for name, value in usage.items():
        if name not in ReportedUsage.__struct_fields__ or value is None:
            continue
        if isinstance(value, dict) and name != "iterations":
            inner = cast("dict[str, int | None]", value)
            found.update({f"{name}.{key}": count for key, count in inner.items() if count})
        else:
            found[name] = value
    known = {"cache_creation": ("ephemeral_5m", "ephemeral_1h"), "server_tool_use": ("web_search_r", "web_fetch_r")}
    return {
        name: value
        for name, value in found.items()
        if "." not in name
        or name.split(".")[0] not in known
        or name.split(".")[1].startswith(known[name.split(".")[0]])
    }


def find_truth_of_stream(data: bytes) -> dict[str, Any]:
    """Later figures replace earlier ones, whole sub-objects included."""
    truth: dict[str, Any] = {"usage": {}, "model": None, "stop_reason": None, "ended": False, "content": False}
    for event in parse_events(data):
        document = json.loads(event.data)
        match document["type"]:
            case "message_start":
                truth["model"] = document["message"]["model"]
                truth["usage"].update(document["message"]["usage"])
            case "message_delta":
                truth["usage"].update({k: v for k, v in document.get("usage", {}).items() if v is not None})
                truth["stop_reason"] = document["delta"].get("stop_reason") or truth["stop_reason"]
            case "message_stop":
                truth["ended"] = True
            case "content_block_start":
                truth["content"] = True
            case _:
                pass
    return truth


class TestStreams:
    @pytest.mark.parametrize(
        ("chunk", "line_end"), [(1, b"\n"), (7, b"\r\n"), (7, b"\r"), (1000, b"\n"), (10**9, b"\r\n")]
    )
    @pytest.mark.parametrize("name", _STREAMS)
    def test_a_recording(self, fixtures_dir: Path, name: str, chunk: int, line_end: bytes) -> None:
        data = (fixtures_dir / "claude" / f"{name}.sse").read_bytes().replace(b"\r\n", b"\n")
        truth = find_truth_of_stream(data)
        reader = read(StreamAnswerReader(), data.replace(b"\n", line_end), chunk)
        assert isinstance(reader, StreamAnswerReader)
        assert flatten(reader.usage) == flatten_wire(truth["usage"])
        assert reader.usage is not None
        assert (reader.usage.input_tokens, reader.usage.output_tokens) == (
            truth["usage"]["input_tokens"],
            truth["usage"]["output_tokens"],
        )
        assert reader.response_model == truth["model"]
        assert reader.stop_reason == truth["stop_reason"]
        assert reader.ended_well is truth["ended"]
        assert reader.saw_content is truth["content"]
        assert reader.error_type is None

    def test_every_recording_is_in_the_list(self, fixtures_dir: Path) -> None:
        assert {path.stem for path in (fixtures_dir / "claude").glob("*.sse")} == set(_STREAMS)

    def test_the_first_token_is_seen_when_a_block_begins(self) -> None:
        reader = StreamAnswerReader()
        reader.read(
            b'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":1}}}\n\n'
        )
        assert not reader.saw_content
        reader.read(b'event: content_block_start\ndata: {"type":"content_block_start"}\n')
        assert not reader.saw_content
        reader.read(b"\n")
        assert reader.saw_content

    def test_an_error_event_is_noted_and_is_no_good_end(self) -> None:
        reader = StreamAnswerReader()
        reader.read(b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n')
        reader.end()
        assert (reader.error_type, reader.ended_well) == ("overloaded_error", False)

    def test_words_that_look_like_usage_inside_text_are_text(self) -> None:
        reader = StreamAnswerReader()
        text = json.dumps('"usage":{"output_tokens":9}} "message_stop" "error"')
        reader.read(b'data: {"type":"content_block_delta","delta":{"text":%b}}\n\n' % text.encode())
        reader.read(b'data: {"type":"content_block_delta","usage":{"output_tokens":9},"x":"message_stop"}\n\n')
        assert (reader.usage, reader.ended_well, reader.error_type) == (None, False, None)

    def test_data_over_several_lines_is_one_document(self) -> None:
        reader = StreamAnswerReader()
        reader.read(b'data: {"type":"message_delta",\ndata: "usage":{"output_tokens":9}}\n\n')
        assert reader.usage == ReportedUsage(output_tokens=9)

    def test_an_event_without_end_is_not_kept_for_ever(self) -> None:
        reader = StreamAnswerReader()
        for _ in range(20):
            reader.read(b"data: " + b"x" * (CARRY_LIMIT // 16))
        reader.read(b'\n\ndata: {"type":"message_delta","usage":{"output_tokens":9}}\n\n')
        assert reader.usage == ReportedUsage(output_tokens=9)

    @pytest.mark.parametrize("model", [b'"\xff"', b'"\\ud800"', b"1", b"{}", b"[" * 100_000])
    def test_an_event_that_cannot_be_read_is_passed_over(self, model: bytes) -> None:
        reader = StreamAnswerReader()
        reader.read(b'data: {"type":"message_start","message":{"model":%b,"usage":{}}}\n\n' % model)
        reader.read(b'data: {"type":"message_delta","usage":{"output_tokens":9}}\n\n')
        reader.end()
        assert reader.usage == ReportedUsage(output_tokens=9)


class TestDocuments:
    @pytest.mark.parametrize("chunk", [1, 1000, 10**9])
    @pytest.mark.parametrize("name", _DOCUMENTS)
    def test_a_recording(self, fixtures_dir: Path, name: str, chunk: int) -> None:
        data = (fixtures_dir / "claude" / f"{name}.json").read_bytes()
        meta = json.loads((fixtures_dir / "claude" / f"{name}.meta.json").read_bytes())
        truth = json.loads(data)
        reader = read(JsonAnswerReader(), data, chunk)
        assert flatten(reader.usage) == flatten_wire(truth.get("usage", {}))
        assert reader.response_model == truth.get("model")
        assert reader.stop_reason == truth.get("stop_reason")
        assert (reader.error_type is not None) == (meta["status"] >= 400)
        assert reader.error_type == truth.get("error", {}).get("type")
        assert reader.ended_well

    def test_a_token_count(self, fixtures_dir: Path) -> None:
        data = (fixtures_dir / "claude" / "count_tokens.json").read_bytes()
        reader = read(JsonAnswerReader(), data, 5)
        assert reader.usage == ReportedUsage(input_tokens=json.loads(data)["input_tokens"])

    @pytest.mark.parametrize(
        "data", [b"", b"{", b"[]", b"null", b'{"model":"\xff"}', b"[" * 100_000, b'{"usage":{}} {}']
    )
    def test_what_is_no_answer_says_nothing(self, data: bytes) -> None:
        reader = read(JsonAnswerReader(), data, 10**9)
        assert (reader.usage, reader.ended_well) == (None, False)

    def test_an_answer_too_long_to_keep_passes_unread(self) -> None:
        reader = JsonAnswerReader()
        reader.read(b'{"usage":{"input_tokens":1},"x":"')
        for _ in range(17):
            reader.read(b"x" * (CARRY_LIMIT // 16))
        reader.read(b'"}')
        reader.end()
        assert reader.usage is None


def test_a_later_figure_replaces_an_earlier_one_and_silence_does_not() -> None:
    first = ReportedUsage(input_tokens=5, output_tokens=1, service_tier="standard")
    assert first.updated(ReportedUsage(output_tokens=9)) == ReportedUsage(
        input_tokens=5, output_tokens=9, service_tier="standard"
    )
    assert first.updated(ReportedUsage(input_tokens=0)).input_tokens == 0


def test_a_split_of_cache_writes_does_not_outlive_the_total_that_it_was_of() -> None:
    first = ReportedUsage(cache_creation_input_tokens=5, cache_creation=CacheCreation(ephemeral_1h_input_tokens=5))
    assert first.updated(ReportedUsage(cache_creation_input_tokens=0)).cache_creation is None
    assert first.updated(ReportedUsage(cache_creation_input_tokens=9)).cache_creation == first.cache_creation
    assert first.updated(ReportedUsage(output_tokens=9)).cache_creation == first.cache_creation


def read_usage_of(usage: str) -> ReportedUsage:
    """As the usage of an answer, and as both usages of a stream."""
    document = read(JsonAnswerReader(), b'{"type":"message","usage":%b}' % usage.encode(), 7)
    stream = StreamAnswerReader()
    stream.read(b'data: {"type":"message_start","message":{"model":"m","usage":%b}}\n\n' % usage.encode())
    stream.read(b'data: {"type":"message_delta","delta":{},"usage":%b}\n\n' % usage.encode())
    assert stream.response_model == "m"
    assert document.usage == stream.usage
    assert document.usage is not None
    return document.usage


class TestUnknownFields:
    def test_they_are_kept_as_they_came(self) -> None:
        usage = read_usage_of('{"input_tokens":5, "wishes": {"granted": [3, 1.50]}, "mood":"good","gone":null}')
        assert usage.input_tokens == 5
        assert usage.other == {"wishes": msgspec.Raw(b'{"granted": [3, 1.50]}'), "mood": msgspec.Raw(b'"good"')}

    def test_a_part_with_one_is_kept_whole_beside_what_is_known_of_it(self) -> None:
        usage = read_usage_of(
            '{"output_tokens":5,"server_tool_use":{"web_search_requests":2,"map_requests":7},'
            '"output_tokens_details":{"thinking_tokens":4,"joking_tokens":1},"cache_creation":{"ephemeral_2d":1}}'
        )
        assert usage.server_tool_use == ServerToolUse(web_search_requests=2)
        assert usage.output_tokens_details == OutputTokensDetails(thinking_tokens=4)
        assert usage.other is not None
        assert set(usage.other) == {"server_tool_use", "output_tokens_details", "cache_creation"}
        assert json.loads(bytes(usage.other["server_tool_use"])) == {"web_search_requests": 2, "map_requests": 7}

    @pytest.mark.parametrize("value", ['"many"', "-1", "1.5", "[]", "1e400", "9007199254740993"])
    def test_a_figure_that_is_none_does_not_take_the_others_with_it(self, value: str) -> None:
        usage = read_usage_of(f'{{"input_tokens":{value},"output_tokens":3,"other":{{}}}}')
        assert (usage.input_tokens, usage.output_tokens) == (None, 3)
        assert usage.other == {"input_tokens": msgspec.Raw(value.encode()), "other": msgspec.Raw(b"{}")}

    def test_a_later_one_replaces_an_earlier_one_and_silence_does_not(self) -> None:
        reader = StreamAnswerReader()
        reader.read(b'data: {"type":"message_delta","usage":{"a":1,"b":1}}\n\n')
        reader.read(b'data: {"type":"message_delta","usage":{"b":2}}\n\n')
        assert reader.usage == ReportedUsage(other={"a": msgspec.Raw(b"1"), "b": msgspec.Raw(b"2")})

    def test_no_more_of_them_than_a_record_can_hold(self) -> None:
        fields = ",".join(f'"field{number}":"{"x" * 1000}"' for number in range(100))
        usage = read_usage_of(f'{{"input_tokens":5,{fields}}}')
        assert usage.input_tokens == 5
        assert usage.other is not None
        assert 10 < len(usage.other) < OTHER_LIMIT / 1000

    def test_a_usage_that_is_no_object_is_none(self) -> None:
        reader = read(JsonAnswerReader(), b'{"type":"message","model":"m","usage":[]}', 100)
        assert (reader.usage, reader.response_model, reader.ended_well) == (None, "m", True)

    def test_they_are_kept_of_a_long_answer_too(self) -> None:
        text = b'{"content":"%b","usage":{"output_tokens":7,"new":{"x":1}}}' % (b"x" * JSON_LIMIT)
        reader = read(JsonAnswerReader(), text, 10_000)
        assert reader.usage == ReportedUsage(output_tokens=7, other={"new": msgspec.Raw(b'{"x":1}')})
        assert reader.usage_is_final


def render_text(text: str, kind: str = "text") -> bytes:
    delta = json.dumps({"type": "content_block_delta", "index": 0, "delta": {"type": f"{kind}_delta", kind: text}})
    return f"event: content_block_delta\ndata: {delta}\n\n".encode()


class TestMeasuringContent:
    @pytest.mark.parametrize("kind", ["text", "thinking", "partial_json"])
    @pytest.mark.parametrize("chunk", [1, 50, 10**9])
    def test_of_a_short_stream_to_the_byte(self, kind: str, chunk: int) -> None:
        data = b"".join(render_text(text, kind) for text in ("one", ' "two" \n', "{}", ""))
        reader = StreamAnswerReader()
        for start in range(0, len(data), chunk):
            reader.read(data[start : start + chunk])
        assert reader.measure_content() == len(b'one \\"two\\" \\n{}')

    def test_whatever_the_order_and_spelling_of_a_deltas_fields(self) -> None:
        reader = StreamAnswerReader()
        reader.read(b'data: {"delta" : { "text": "four" , "type":"text_delta"},"type":"content_block_delta"}\n\n')
        assert reader.measure_content() == 4

    def test_a_torn_event_counts_as_far_as_it_came(self) -> None:
        reader = StreamAnswerReader()
        reader.read(render_text("four") + render_text("twelve bytes")[:-10])
        before = reader.measure_content()
        reader.end()
        assert before == reader.measure_content() == 4 + 7

    @pytest.mark.parametrize("chunk", [1, 140, 3000, 64 * 1024])
    def test_of_a_long_stream_within_a_tenth(self, chunk: int) -> None:
        texts = [f"{number} says {'so ' * (number % 7)}" for number in range(3000)]
        data = b"".join(map(render_text, texts))
        reader = StreamAnswerReader()
        for start in range(0, len(data), chunk):
            reader.read(data[start : start + chunk])
        truth = sum(map(len, texts))
        assert abs(reader.measure_content() - truth) < truth / 10

    def test_what_server_tools_found_is_no_content_of_the_answer(self) -> None:
        reader = StreamAnswerReader()
        found = json.dumps({"type": "content_block_start", "content_block": {"text": "x" * 50_000}}).encode()
        for _ in range(100):
            reader.read(render_text("twelve bytes"))
            reader.read(b"event: content_block_start\ndata: %b\n\n" % found)
        assert 1100 < reader.measure_content() < 1300
