"""A tap on an upstream: whole exchanges, as they passed, for whoever wants to keep them.

Every byte goes on before it is copied, and none is changed. An exchange is handed over once its answer has ended.
One that ends early - the client left, the upstream failed - is not: what was cut off by accident would be replayed
as a fault that nobody asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ingate.domain.upstream import Upstream, UpstreamCall, UpstreamFailure, UpstreamRequest, UpstreamSink
from ingate.wire.http1 import Header

EXCHANGE_BYTES = 64 * 1024 * 1024
"""Of a request and its answer together. A longer exchange is left out."""

HELD_BYTES = 256 * 1024 * 1024
"""Of all exchanges under way. One that would need more is left out."""

LeftOut = Literal["cancelled", "upstream-failed", "too-long"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TappedExchange:
    """A request, and the whole answer to it."""

    started_at: float
    """Seconds since 1970."""
    request: UpstreamRequest
    request_body: bytes
    status: int
    headers: Sequence[Header]
    answer: bytes
    """Transfer coding removed, content coding not."""


class RecordingUpstream:
    """Sends what it is given to another upstream, and listens. None of the callbacks may raise."""

    def __init__(
        self,
        upstream: Upstream,
        *,
        on_exchange: Callable[[TappedExchange], None],
        on_left_out: Callable[[LeftOut], None],
        wall_clock: Callable[[], float],
        exchange_bytes: int = EXCHANGE_BYTES,
        held_bytes: int = HELD_BYTES,
    ) -> None:
        self._upstream = upstream
        self.on_exchange = on_exchange
        self.on_left_out = on_left_out
        self._wall_clock = wall_clock
        self._exchange_bytes = exchange_bytes
        self._room = held_bytes

    def send(self, request: UpstreamRequest, sink: UpstreamSink) -> UpstreamCall:
        tap = _Tap(self, request, sink, started_at=self._wall_clock())
        tap.call = self._upstream.send(request, tap)
        return tap

    def take_room(self, held: int, more: int) -> bool:
        """For an exchange that holds so many bytes to hold more."""
        if held + more > self._exchange_bytes or more > self._room:
            return False
        self._room -= more
        return True

    def give_back_room(self, held: int) -> None:
        self._room += held


class _Tap:
    """One exchange: the upstream's sink in the other's place, and the other's call."""

    __slots__ = ("_answer", "_head", "_held", "_is_over", "_recorder", "_request", "_sink", "_started_at", "call")

    call: UpstreamCall

    def __init__(
        self, recorder: RecordingUpstream, request: UpstreamRequest, sink: UpstreamSink, *, started_at: float
    ) -> None:
        self._recorder = recorder
        self._request: UpstreamRequest | None = request
        self._sink = sink
        self._started_at = started_at
        self._head: tuple[int, Sequence[Header]] | None = None
        self._answer: list[bytes] = []
        self._held = 0
        self._is_over = False
        self._hold(request.content_length)

    # What the upstream says

    def on_answer_head(self, status: int, headers: Sequence[Header]) -> None:
        self._sink.on_answer_head(status, headers)
        self._head = (status, headers)

    def on_answer_read(self, data: bytes, ended: bool) -> None:
        self._sink.on_answer_read(data, ended)
        if self._is_over or (data and not self._hold(len(data))):
            return
        self._answer.append(data)
        if ended:
            self._hand_over()

    def on_upstream_failure(self, failure: UpstreamFailure, detail: str) -> None:
        self._sink.on_upstream_failure(failure, detail)
        self._leave_out("upstream-failed")

    # What the gateway says

    def cancel(self) -> None:
        self.call.cancel()
        self._leave_out("cancelled")

    def pause(self) -> None:
        self.call.pause()

    def resume(self) -> None:
        self.call.resume()

    # The end

    def _hold(self, size: int) -> bool:
        if not self._recorder.take_room(self._held, size):
            self._leave_out("too-long")
            return False
        self._held += size
        return True

    def _hand_over(self) -> None:
        request, head = self._request, self._head
        if request is None or head is None:
            return
        exchange = TappedExchange(
            started_at=self._started_at,
            request=request,
            request_body=b"".join(request.body),
            status=head[0],
            headers=head[1],
            answer=b"".join(self._answer),
        )
        self._end()
        self._recorder.on_exchange(exchange)

    def _leave_out(self, why: LeftOut) -> None:
        if not self._is_over:
            self._end()
            self._recorder.on_left_out(why)

    def _end(self) -> None:
        self._is_over = True
        self._request = None
        self._answer = []
        self._recorder.give_back_room(self._held)
        self._held = 0
