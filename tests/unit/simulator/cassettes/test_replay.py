"""Which recording answers a request."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.simulator.cassettes.exchanges import make_body, make_cassette, make_request

from ingate.simulator.cassettes.replay import Cassettes, Mismatch, ReplayedAnswer

WEATHER = [{"name": "get_weather", "input_schema": {"type": "object"}}]


def find(cassettes: Cassettes, body: dict[str, Any], position: int = 0, **how: Any) -> bytes | tuple[str, ...]:
    found = cassettes.find(make_request(**how), body, session_position=position)
    return found.content if isinstance(found, ReplayedAnswer) else found.differences


def test_the_answer_is_the_recorded_one() -> None:
    cassettes = Cassettes([make_cassette(make_body("a"), b"A"), make_cassette(make_body("b"), b"B")])
    found = cassettes.find(make_request(), make_body("b"))
    assert found == ReplayedAnswer(
        status=200, headers=((b"content-type", b"application/json"),), content=b"B", cassette="001-my-claude.yaml"
    )


def test_several_recordings_of_a_request_come_in_order_and_then_the_last_again() -> None:
    bodies = [("a", b"1"), ("other", b"x"), ("a", b"2"), ("a", b"3")]
    cassettes = Cassettes([make_cassette(make_body(text), answer) for text, answer in bodies])
    assert [find(cassettes, make_body("a"), position) for position in range(5)] == [b"1", b"2", b"3", b"3", b"3"]
    assert find(cassettes, make_body("other"), 4) == b"x"


def test_every_turn_of_a_conversation_has_its_own_answer() -> None:
    cassettes = Cassettes([make_cassette(make_body("a"), b"1"), make_cassette(make_body("a", "b", "c"), b"2")])
    assert find(cassettes, make_body("a")) == b"1"
    assert find(cassettes, make_body("a", "b", "c")) == b"2"


def test_counting_tokens_is_another_request() -> None:
    cassettes = Cassettes(
        [make_cassette(make_body()), make_cassette(make_body(), b"5", path="/v1/messages/count_tokens")]
    )
    assert find(cassettes, make_body(), path=b"/v1/messages/count_tokens") == b"5"


def test_requests_that_are_the_same_to_a_recording_have_one_key() -> None:
    cassettes = Cassettes([])
    key = cassettes.get_key(make_request(), make_body("a", metadata={"user_id": "1"}))
    assert key == cassettes.get_key(make_request(), make_body("a", metadata={"user_id": "2"}))
    assert key != cassettes.get_key(make_request(), make_body("b"))
    assert key != cassettes.get_key(make_request(path=b"/v1/messages/count_tokens"), make_body("a"))


# Nothing fits


def test_what_differs_from_the_nearest_recording_is_told() -> None:
    cassettes = Cassettes(
        [
            make_cassette(make_body("Hello", "Hi", "Paris"), name="001-a.yaml"),
            make_cassette(make_body("Hello", "Hi", "Rome?", tools=WEATHER), name="002-a.yaml"),
            make_cassette(make_body("Bonjour"), name="003-a.yaml"),
        ]
    )
    assert find(cassettes, make_body("Hello", "Hi", "Rome", tools=WEATHER)) == (
        "compared with 002-a.yaml, the nearest of 3 recordings",
        'messages.2.content.0.text: recorded "Rome?", sent "Rome"',
    )


def test_the_nearest_recording_shares_the_longest_beginning() -> None:
    """Even if another differs in fewer places."""
    cassettes = Cassettes(
        [
            make_cassette(make_body("x", "y", "z"), name="far.yaml"),
            make_cassette(make_body("a", "b", "c", "d", "e", top_k=1, system="s"), name="near.yaml"),
        ]
    )
    first, *_ = find(cassettes, make_body("a", "b", "z"))
    assert first == "compared with near.yaml, the nearest of 2 recordings"


def test_many_differences_are_cut() -> None:
    cassettes = Cassettes([make_cassette(make_body(**{f"x{i}": i for i in range(30)}))])
    told = find(cassettes, make_body())
    assert len(told) == 12
    assert told[0] == "compared with 001-my-claude.yaml, the only recording"
    assert told[-1] == "and 20 more"


def test_without_recordings_nothing_fits() -> None:
    found = Cassettes([]).find(make_request(), make_body(), session_position=0)
    assert found == Mismatch(differences=("there is no recording",))


def test_a_request_of_any_depth_is_answered() -> None:
    deep: object = []
    for _ in range(3000):
        deep = [deep]
    cassettes = Cassettes([make_cassette(make_body())])
    body = make_body(tools=deep)
    assert cassettes.get_key(make_request(), body) == ""
    assert find(cassettes, body) == ("the request is nested too deeply to be compared",)


@pytest.mark.parametrize("messages", [None, "text", [1, "x"], {}])
def test_a_request_of_any_shape_is_compared(messages: object) -> None:
    cassettes = Cassettes([make_cassette(make_body())])
    assert isinstance(cassettes.find(make_request(), make_body() | {"messages": messages}), Mismatch)
