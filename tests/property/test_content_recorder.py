"""Whether content is recorded or not, client, upstream and journal see the same bytes in the same order."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.gateway.fake_front import BODY, JSON, SSE, STREAM_BODY, FakeFront, Transcript, render_request

from ingate.domain.content import ContentRecording
from ingate.domain.upstream import UpstreamFailure
from ingate.wire.http1 import Header

HEADERS: list[list[Header]] = [
    [JSON],
    [SSE],
    [JSON, (b"content-encoding", b"gzip")],
    [SSE, (b"request-id", b"req_upstream")],
    [JSON, (b"x-bad", b"a\r\nb")],
]


@dataclass(frozen=True)
class Story:
    body: bytes
    status: int
    headers: list[Header]
    pieces: list[bytes]
    stalls: bool
    ending: str


STORIES = st.builds(
    Story,
    body=st.sampled_from([BODY, STREAM_BODY]),
    status=st.sampled_from([200, 400, 529]),
    headers=st.sampled_from(HEADERS),
    pieces=st.lists(st.binary(max_size=50) | st.just(b"x" * 700_000) | st.just(b"data: {}\n\n"), max_size=5),
    stalls=st.booleans(),
    ending=st.sampled_from(["ended", "failed", "unanswered", "left", "stopped"]),
)


def play(story: Story, recording: ContentRecording | None) -> tuple[Transcript, int]:
    front = FakeFront(record_content=recording)
    client = front.connect()
    client.sends(render_request(story.body))
    client.transport.stalled = story.stalls
    call = front.call
    if story.ending != "unanswered":
        call.answers(story.status, story.headers, b"", ended=False)
        for piece in story.pieces:
            if not call.cancelled:
                call.sends(piece)
    client.transport.drain()
    match story.ending:
        case "left":
            client.leaves()
        case "stopped":
            front.server.abort()
        case "ended" if not call.cancelled:
            call.sends(b"last", ended=True)
        case _ if not call.cancelled:
            call.fails(UpstreamFailure.TIMEOUT)
        case _:
            pass
    seen = [entry for entry in front.transcript if entry[0] != "content"]
    return [*seen, ("end", (front.log.records, bytes(client.transport.written)))], len(front.content_log.contents)


@given(STORIES)
def test_recording_changes_no_byte_and_no_order_and_hands_over_once(story: Story) -> None:
    without, none = play(story, None)
    recorded, one = play(story, ContentRecording(retention_days=7))
    assert recorded == without
    assert (none, one) == (0, 1)
