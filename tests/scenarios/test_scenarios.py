"""Scripts as their authors write them, and what a client then sees. The YAML files beside this are the other half."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.scenarios.playing import Player, question

Play = Callable[[str], Player]

WEATHER_TOOL = {"name": "get_weather", "input_schema": {"type": "object"}}
TIME_TOOL = {"name": "get_time", "input_schema": {"type": "object"}}


def after_weather_call(result: dict[str, Any]) -> dict[str, Any]:
    """A conversation in which get_weather was called and has just returned."""
    call: dict[str, Any] = {"type": "tool_use", "id": "toolu_01", "name": "get_weather", "input": {}}
    return question() | {
        "tools": [WEATHER_TOOL],
        "messages": [
            {"role": "user", "content": "Do I need a coat?"},
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_01"} | result]},
        ],
    }


@pytest.mark.parametrize(
    ("request_parts", "rule"),
    [
        ({"deployment": "prod-a"}, "by deployment"),
        ({"model": "claude-opus-4-5"}, "by model"),
        ({"headers": [("X-Tenant", "blue"), ("x-trace", "00c0ffee")]}, "by header"),
        ({"session": "nightly-42"}, "by session"),
        ({"content": "Which one?"}, "by the whole text"),
        ({"content": [{"type": "text", "text": "How is the weather?"}]}, "by a part of the text"),
        ({"content": "Where is Order  #77?"}, "by a pattern in the text"),
        ({"system": [{"type": "text", "text": "You are a pirate."}]}, "by the system prompt"),
        ({"headers": [("anthropic-beta", "interleaved-thinking-2025-05-14, files-api-2025-04-14")]}, "by a beta"),
        ({"body": after_weather_call({"is_error": True, "content": "rain"})}, "by a failed tool"),
        ({"body": after_weather_call({"content": "Heavy rain"})}, "by what a tool returned"),
        ({"body": after_weather_call({"content": "Sun"})}, "by the tool that returned"),
        ({"tools": [TIME_TOOL, WEATHER_TOOL]}, "by a tool on offer"),
        ({"stream": True}, "by stream"),
        ({"content": "turn right now"}, "by a combination"),
    ],
)
def test_each_condition_finds_its_request(play: Play, request_parts: dict[str, Any], rule: str) -> None:
    player = play("matchers")
    assert player.ask(**request_parts).status == 200
    assert player.last["rule"] == rule


def test_turns_are_the_users(play: Play) -> None:
    player = play("matchers")
    turns = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b"},
        {"role": "user", "content": "c"},
        {"role": "user", "content": "still the second turn"},
        {"role": "assistant", "content": "d"},
        {"role": "user", "content": "e"},
    ]
    assert player.ask(messages=turns).text == "turn"
    assert player.ask(messages=turns[:4]).status == 400


def test_counting_tokens_has_rules_of_its_own(play: Play) -> None:
    """A rule that does not name the path leaves it alone, and so does `unmatched`."""
    body = question("weather")
    del body["max_tokens"]
    player = play("matchers")
    assert player.ask(body=body, path=b"/v1/messages/count_tokens").error["type"] == "overloaded_error"
    player = play("answers")
    assert player.ask(body=body, path=b"/v1/messages/count_tokens").json["input_tokens"] > 0


def test_what_no_rule_answers_says_why(play: Play) -> None:
    player = play("matchers")
    seen = player.ask("Something else")
    assert seen.status == 400
    assert (
        "by a part of the text (text: wanted one that contains 'weather', saw 'Something else')"
        in (seen.error["message"])
    )
    missed = {miss["rule"]: miss["failed"] for miss in player.last["near_misses"]}
    assert len(missed) == 17
    assert missed["by a tool on offer"] == [
        "tool_offered: wanted one that equals 'get_weather', saw none",
        "tool_offered: wanted one that equals 'get_time', saw none",
    ]
    assert missed["by the turn"] == ["turn: wanted at least 3, saw 1"]


def test_a_tool_loop_that_ends(play: Play) -> None:
    player = play("agent_loop")
    body = question("Rain in Paris?") | {"tools": [WEATHER_TOOL]}
    call = player.ask(body=body).json
    thinking, text, tool_use = call["content"]
    assert call["stop_reason"] == "tool_use"
    assert (thinking["thinking"], text["text"]) == ("They asked: Rain in Paris?", "Let me look.")
    assert tool_use["input"] == {"city": "Paris"}
    assert tool_use["id"].startswith("toolu_01")

    result = {"type": "tool_result", "tool_use_id": tool_use["id"], "content": "14 degrees, rain"}
    body["messages"] += [{"role": "assistant", "content": call["content"]}, {"role": "user", "content": [result]}]
    final = player.ask(body=body, deployment="prod-a")
    assert final.text == "In turn 2, prod-a heard: 14 degrees, rain"
    assert final.json["stop_reason"] == "end_turn"


def test_the_tool_loop_is_the_same_when_it_is_streamed(play: Play) -> None:
    seen = play("agent_loop").ask("Rain?", tools=[WEATHER_TOOL], stream=True)
    assert [event["content_block"]["type"] for event in seen.data if "content_block" in event] == [
        "thinking",
        "text",
        "tool_use",
    ]
    parts = [event["delta"]["partial_json"] for event in seen.data if "partial_json" in event.get("delta", {})]
    assert "".join(parts) == '{"city":"Paris"}'
    assert seen.events[-1] == "message_stop"


def test_a_sequence_repeats_its_last_step(play: Play) -> None:
    player = play("sequences")
    assert [player.ask("steps").text for _ in range(5)] == ["one", "two", "three", "three", "three"]


def test_a_sequence_can_give_way(play: Play) -> None:
    player = play("sequences")
    assert [player.ask("then on").status for _ in range(4)] == [529, 529, 200, 200]
    assert player.last["near_misses"][1] == {"rule": "steps, then on", "failed": ["sequence: all 2 steps are done"]}


def test_times_and_after(play: Play) -> None:
    player = play("sequences")
    assert [player.ask("twice").text == "still here" for _ in range(4)] == [True, True, False, False]
    assert [player.ask("third").text == "the third" for _ in range(4)] == [False, False, True, True]


def test_sessions_count_for_themselves(play: Play) -> None:
    player = play("sequences")
    assert [player.ask("steps", session=name).text for name in ("a", "b", "a", "b", "")] == [
        "one",
        "one",
        "two",
        "two",
        "one",
    ]


def test_chance_is_the_same_on_every_run(play: Play) -> None:
    runs = [[play_on.ask("flaky").status for _ in range(40)] for play_on in (play("sequences"), play("sequences"))]
    assert runs[0] == runs[1]
    assert 10 < runs[0].count(500) < 30


def test_answers_of_text_with_reasons_counts_and_pace(play: Play) -> None:
    player = play("answers")
    assert player.ask("short").text == "A text is enough."
    long = player.ask("everything", stream=True)
    delta = long.data[-2]
    assert delta["delta"]["stop_reason"] == "max_tokens"
    assert delta["usage"]["output_tokens"] == 1024
    assert delta["usage"]["cache_read_input_tokens"] == 5000
    assert long.waits[0] == pytest.approx(2, rel=0.21)
    assert sum(long.waits) > 2.2
    stopped = player.ask("stop at", stop_sequences=["three"]).json
    assert (stopped["stop_reason"], stopped["stop_sequence"]) == ("stop_sequence", "three")
    refused = player.ask("forbidden").json
    assert (refused["content"], refused["stop_reason"]) == ([], "refusal")
    assert refused["stop_details"]["category"] == "cyber"


def test_a_generated_answer_with_other_counts(play: Play) -> None:
    seen = play("answers").ask("generated")
    assert "simulated" in seen.text
    assert seen.json["usage"]["input_tokens"] == 199000


def test_forwarding_names_the_upstream(play: Play) -> None:
    player = play("answers")
    assert player.ask("elsewhere").forward_to == "anthropic"
    assert (player.last["answered_by"], player.last["status"]) == ("forwarded", None)


def test_bytes_are_sent_as_they_are(play: Play) -> None:
    player = play("answers")
    seen = player.ask("recorded", stream=True)
    assert seen.content == (Path(__file__).parent / "recorded.sse").read_bytes()
    assert seen.headers["content-type"].startswith("text/event-stream")
    assert seen.headers["x-recorded"] == "yes"
    seen = player.ask("recorded")
    assert (seen.status, seen.content) == (203, b'{"not": "a message"}')


def test_an_answer_can_be_late(play: Play) -> None:
    assert play("answers").ask("late").waits == [1.5]


def test_errors_have_the_usual_words(play: Play) -> None:
    player = play("errors")
    seen = player.ask("overloaded")
    assert seen.status == 529
    assert seen.json["type"] == "error"
    assert seen.error == {"type": "overloaded_error", "message": "Overloaded"}
    assert seen.json["request_id"] == seen.headers["request-id"]


def test_errors_with_advice_and_in_azures_envelope(play: Play) -> None:
    player = play("errors")
    seen = player.ask("limited")
    assert (seen.status, seen.headers["retry-after"], seen.headers["x-should-retry"]) == (429, "7", "true")
    assert seen.error == {"type": "rate_limit_error", "message": "Slow down."}
    seen = player.ask("quota")
    assert seen.json == {"error": {"code": "RateLimitReached", "message": "Please wait 23 seconds before retrying."}}
    seen = player.ask("proxy")
    assert (seen.status, seen.content) == (502, b"<html>Bad Gateway</html>")
    assert seen.headers["content-type"] == "text/html"


def test_a_connection_that_is_cut_before_the_answer(play: Play) -> None:
    player = play("errors")
    seen = player.ask("hang up")
    assert (seen.is_cut, seen.content, seen.waits) == (True, b"", [3])
    assert (player.last["status"], player.last["ending"]) == (None, "disconnect")


def test_a_stream_with_an_error_event(play: Play) -> None:
    seen = play("stream_faults").ask("error event", stream=True)
    assert seen.status == 200
    assert seen.events[:3] == ["message_start", "content_block_start", "ping"]
    assert seen.events[6:] == ["error"]
    assert seen.data[-1] == {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}


def test_a_stream_that_is_cut_within_an_event(play: Play) -> None:
    seen = play("stream_faults").ask("disconnect", stream=True)
    assert seen.is_cut
    assert len(seen.content) == 900


def test_a_stream_that_ends_early(play: Play) -> None:
    seen = play("stream_faults").ask("truncate", stream=True)
    assert not seen.is_cut
    assert seen.events == ["message_start", "content_block_start", "ping", *["content_block_delta"] * 2]


def test_a_stream_that_pauses_is_complete_in_the_end(play: Play) -> None:
    seen = play("stream_faults").ask("stall", stream=True)
    assert seen.waits[4] == 45
    assert sum(seen.waits) == 45
    assert seen.streamed_text.endswith("its end is never seen.")
    assert seen.events[-1] == "message_stop"


def test_a_stream_with_garbage_in_it(play: Play) -> None:
    seen = play("stream_faults").ask("malformed", stream=True)
    assert b"data: {oops\n\n" in seen.content
    assert seen.events[-1] == "message_stop"


def test_an_answer_that_is_not_streamed_has_no_events_but_can_be_cut(play: Play) -> None:
    player = play("stream_faults")
    assert player.ask("error event").text.startswith("The answer is longer")
    cut = player.ask("disconnect")
    assert (cut.is_cut, cut.content) == (True, b""), "shorter than 900 bytes, it is cut before its only piece"


def test_strict_before_the_rules_unless_the_script_says_otherwise(play: Play) -> None:
    invalid = question("hello")
    del invalid["max_tokens"]
    player = play("not_validated")
    assert player.ask(body=invalid).text == "Fine by me."
    assert player.ask(body=b"not even JSON").status == 400
    assert player.last["answered_by"] == "refusal"
    player = play("answers")
    assert player.ask(body=invalid).error["message"] == "max_tokens: Field required"
    assert player.last["answered_by"] == "refusal"


def test_the_rest_can_go_to_a_real_upstream(play: Play) -> None:
    player = play("forwarded")
    assert player.ask("local").text == "Answered here."
    assert player.ask("anything").forward_to == "anthropic"
    count = question("anything")
    del count["max_tokens"]
    assert player.ask(body=count, path=b"/v1/messages/count_tokens").forward_to == "anthropic"
