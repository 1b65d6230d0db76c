from __future__ import annotations

from typing import Any

import pytest

from ingate.simulator.message_threads import LIFETIME_SECONDS, MessageThreads
from ingate.simulator.refusal import Refusal

HELLO = {"role": "user", "content": "Hello!"}
MORE = {"role": "user", "content": "And now?"}
ANSWER: dict[str, Any] = {"type": "text", "text": "Hello."}
CREATE: dict[str, Any] = {
    "model": "m",
    "max_tokens": 5,
    "system": "Be brief.",
    "tools": [{"name": "t"}],
    "messages": [HELLO],
    "thread": {"type": "create"},
}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def threads(clock: Clock) -> MessageThreads:
    return MessageThreads(clock=clock, most=3)


def go_on(message_id: str, **more: Any) -> dict[str, Any]:
    thread = {"type": "continue", "previous_message_id": message_id}
    return {"model": "m", "max_tokens": 6, "messages": [MORE], "thread": thread, **more}


def hold(threads: MessageThreads, message_id: str, body: dict[str, Any] = CREATE) -> None:
    threads.hold(body, [ANSWER], message_id=message_id, partition="r")


def get_error_code(answer: object) -> object:
    assert isinstance(answer, Refusal)
    assert answer.details is not None
    return answer.details["error_code"]


def test_a_request_goes_on_with_all_that_was_said(threads: MessageThreads) -> None:
    hold(threads, "msg_1")

    whole = threads.restore(go_on("msg_1"), partition="r")

    assert whole == {
        **go_on("msg_1"),
        "system": "Be brief.",
        "tools": [{"name": "t"}],
        "messages": [HELLO, {"role": "assistant", "content": [ANSWER]}, MORE],
    }


def test_each_answer_is_where_the_next_request_goes_on(threads: MessageThreads) -> None:
    hold(threads, "msg_1")
    second = threads.restore(go_on("msg_1"), partition="r")
    assert isinstance(second, dict)
    hold(threads, "msg_2", second)

    third = threads.restore(go_on("msg_2"), partition="r")

    assert isinstance(third, dict)
    assistant = {"role": "assistant", "content": [ANSWER]}
    assert third["messages"] == [HELLO, assistant, MORE, assistant, MORE]
    assert third["system"] == "Be brief."


def test_a_request_without_a_thread_is_left_alone_and_not_held(threads: MessageThreads) -> None:
    body: dict[str, Any] = {name: CREATE[name] for name in CREATE if name != "thread"}

    assert threads.restore(body, partition="r") is body
    hold(threads, "msg_1", body)

    assert get_error_code(threads.restore(go_on("msg_1"), partition="r")) == "thread_not_found"


def test_an_unknown_thread_is_not_found(threads: MessageThreads) -> None:
    answer = threads.restore(go_on("msg_1"), partition="r")

    assert isinstance(answer, Refusal)
    assert answer.status == 404
    assert get_error_code(answer) == "thread_not_found"


def test_another_resource_does_not_see_it(threads: MessageThreads) -> None:
    hold(threads, "msg_1")

    assert get_error_code(threads.restore(go_on("msg_1"), partition="other")) == "thread_not_found"


def test_a_thread_ends_five_minutes_after_its_last_request(threads: MessageThreads, clock: Clock) -> None:
    hold(threads, "msg_1")

    clock.now = LIFETIME_SECONDS - 1
    assert isinstance(threads.restore(go_on("msg_1"), partition="r"), dict)
    clock.now = LIFETIME_SECONDS
    assert get_error_code(threads.restore(go_on("msg_1"), partition="r")) == "thread_not_found"


def test_the_thread_that_was_not_used_for_longest_makes_room(threads: MessageThreads) -> None:
    for number in range(4):
        hold(threads, f"msg_{number}")

    assert isinstance(threads.restore(go_on("msg_0"), partition="r"), Refusal)
    assert isinstance(threads.restore(go_on("msg_1"), partition="r"), dict)


def test_what_the_thread_holds_can_be_said_again_but_not_changed(threads: MessageThreads) -> None:
    hold(threads, "msg_1")

    assert isinstance(threads.restore(go_on("msg_1", system="Be brief."), partition="r"), dict)
    assert (
        get_error_code(threads.restore(go_on("msg_1", system="Be long."), partition="r"))
        == "thread_fingerprint_mismatch"
    )


def test_an_answer_without_content_adds_no_turn(threads: MessageThreads) -> None:
    threads.hold(CREATE, [], message_id="msg_1", partition="r")

    whole = threads.restore(go_on("msg_1"), partition="r")

    assert isinstance(whole, dict)
    assert whole["messages"] == [HELLO, MORE]


@pytest.mark.parametrize("thread", [None, "continue", {"type": "continue"}, {"type": 5}])
def test_a_thread_of_no_known_shape_is_for_the_validation_to_refuse(threads: MessageThreads, thread: object) -> None:
    body: dict[str, Any] = {**CREATE, "thread": thread}

    assert threads.restore(body, partition="r") is body
