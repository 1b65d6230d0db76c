"""The recorder: stands between an exchange and its upstream where a deployment asks for its content to be kept.

Everything passes through at once and unchanged; of what passes, it keeps a bounded part, and hands it on at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ingate.domain.content import ContentLog, ContentRecording, ExchangeContent, ExchangeEnding
from ingate.domain.upstream import UpstreamCall, UpstreamFailure, UpstreamSink
from ingate.wire.http1 import Header

from .answer_head import AnswerHead, read_answer_head

KEPT_BYTES = 1024 * 1024
"""Of a request, and of an answer. A longer request is not kept at all: only a whole one can be read."""


class ContentRecorder:
    """The upstream's `UpstreamSink` in the exchange's place, and the exchange's `UpstreamCall`."""

    __slots__ = (
        "_answer",
        "_answer_bytes",
        "_apim_request_id",
        "_clock",
        "_deployment",
        "_head",
        "_is_over",
        "_log",
        "_operation",
        "_recording",
        "_request",
        "_request_bytes",
        "_resource",
        "_resource_id",
        "_sink",
        "call",
    )

    call: UpstreamCall

    def __init__(
        self,
        sink: UpstreamSink,
        *,
        log: ContentLog,
        recording: ContentRecording,
        wall_clock: Callable[[], float],
        apim_request_id: str,
        resource: str,
        resource_id: str,
        deployment: str,
        operation: str,
        request: bytes,
    ) -> None:
        self._sink = sink
        self._log = log
        self._recording = recording
        self._clock = wall_clock
        self._apim_request_id = apim_request_id
        self._resource = resource
        self._resource_id = resource_id
        self._deployment = deployment
        self._operation = operation
        self._request = request if len(request) <= KEPT_BYTES else None
        self._request_bytes = len(request)
        self._head: AnswerHead | None = None
        self._answer = bytearray()
        self._answer_bytes = 0
        self._is_over = False

    # What the upstream says

    def on_answer_head(self, status: int, headers: Sequence[Header]) -> None:
        self._sink.on_answer_head(status, headers)
        self._head = read_answer_head(status, headers)

    def on_answer_read(self, data: bytes, ended: bool) -> None:
        self._sink.on_answer_read(data, ended)
        if self._is_over:
            return
        self._answer_bytes += len(data)
        room = KEPT_BYTES - len(self._answer)
        if room > 0:
            self._answer += data[:room]
        if ended:
            self._end("completed")

    def on_upstream_failure(self, failure: UpstreamFailure, detail: str) -> None:
        self._sink.on_upstream_failure(failure, detail)
        self._end("upstream-failed")

    # What the exchange says

    def cancel(self) -> None:
        self.call.cancel()
        self._end("cancelled")

    def pause(self) -> None:
        self.call.pause()

    def resume(self) -> None:
        self.call.resume()

    def _end(self, ending: ExchangeEnding) -> None:
        if self._is_over:
            return
        self._is_over = True
        head = self._head
        content = ExchangeContent(
            time=self._clock(),
            apim_request_id=self._apim_request_id,
            resource=self._resource,
            resource_id=self._resource_id,
            deployment=self._deployment,
            operation=self._operation,
            recording=self._recording,
            ending=ending,
            status=head.status if head is not None else None,
            is_stream=head is not None and head.is_stream,
            content_coding=head.content_coding if head is not None else None,
            request=self._request,
            request_bytes=self._request_bytes,
            answer=bytes(self._answer),
            answer_bytes=self._answer_bytes,
        )
        self._request, self._answer = None, bytearray()
        self._log.append(content)
