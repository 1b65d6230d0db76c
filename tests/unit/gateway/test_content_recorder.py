from __future__ import annotations

import pytest
from tests.unit.gateway.fake_front import BODY, JSON, SSE, FakeFront, render_request

from ingate.domain.content import ContentRecording
from ingate.domain.upstream import UpstreamFailure
from ingate.gateway.content_recorder import KEPT_BYTES

RECORDING = ContentRecording(retention_days=7)


@pytest.fixture
def front() -> FakeFront:
    return FakeFront(record_content=RECORDING)


def test_nothing_is_recorded_of_a_deployment_that_does_not_ask_for_it() -> None:
    front = FakeFront()
    front.connect().sends(render_request())
    front.call.answers(200, [JSON], b"{}")
    assert front.content_log.contents == []
    assert type(front.call.sink).__name__ == "Exchange", "nothing stands between"


def test_request_and_answer_are_handed_over_after_the_last_byte_has_gone(front: FakeFront) -> None:
    front.connect().sends(render_request())
    front.call.answers(200, [SSE, (b"content-encoding", b"br")], b"one", ended=False)
    front.call.sends(b"two", ended=True)
    [content] = front.content_log.contents
    assert (content.request, content.request_bytes) == (BODY, len(BODY))
    assert (content.answer, content.answer_bytes) == (b"onetwo", 6)
    assert (content.status, content.is_stream, content.content_coding) == (200, True, b"br")
    assert (content.deployment, content.operation, content.ending) == ("my-claude", "messages", "completed")
    assert content.apim_request_id == front.log.records[0].apim_request_id
    assert content.recording is RECORDING
    assert front.transcript[-1] == ("content", "completed")
    assert ("record", "completed") in front.transcript[:-2]


def test_what_is_long_is_cut(front: FakeFront) -> None:
    body = BODY[:-1] + b',"x":"' + b"x" * KEPT_BYTES + b'"}'
    front.connect().sends(render_request(body))
    front.call.answers(200, [JSON], b"a" * (KEPT_BYTES - 1), ended=False)
    front.call.sends(b"bcd", ended=True)
    [content] = front.content_log.contents
    assert (content.request, content.request_bytes) == (None, len(body))
    assert (len(content.answer), content.answer[-2:], content.answer_bytes) == (KEPT_BYTES, b"ab", KEPT_BYTES + 2)


def test_an_upstream_that_fails_is_said_to_have(front: FakeFront) -> None:
    front.connect().sends(render_request())
    front.call.fails(UpstreamFailure.UNREACHABLE)
    [content] = front.content_log.contents
    assert (content.ending, content.status, content.answer_bytes) == ("upstream-failed", None, 0)


def test_a_client_that_leaves_cancels_the_upstream_and_what_came_is_handed_over(front: FakeFront) -> None:
    client = front.connect()
    client.sends(render_request())
    front.call.answers(200, [SSE], b"data", ended=False)
    client.leaves()
    assert front.call.cancelled
    [content] = front.content_log.contents
    assert (content.ending, content.answer) == ("cancelled", b"data")


def test_a_head_that_cannot_be_passed_on_ends_it_once(front: FakeFront) -> None:
    front.connect().sends(render_request())
    front.call.answers(200, [JSON, (b"x-bad", b"a\r\nb")], b"{}")
    assert [content.ending for content in front.content_log.contents] == ["cancelled"]


def test_a_slow_client_slows_its_upstream(front: FakeFront) -> None:
    client = front.connect()
    client.sends(render_request())
    client.transport.stalled = True
    front.call.answers(200, [JSON], b"x" * 5_000_000, ended=False)
    assert front.call.paused
    client.transport.drain()
    assert not front.call.paused


def test_a_request_that_is_refused_is_not_recorded(front: FakeFront) -> None:
    front.connect().sends(render_request(b'{"model":"nobody"}'))
    assert front.content_log.contents == []
