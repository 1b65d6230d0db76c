"""One exchange at run time: it hears the upstream, writes to the client, and settles exactly once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ingate.domain.exchange import TRANSITIONS, ExchangeEvent, ExchangeRecord, ExchangeState, Outcome
from ingate.domain.price import NOT_PRICED, decide_cost
from ingate.domain.quota import Reservation
from ingate.domain.refusal import NotRecordable, UpstreamUnavailable
from ingate.domain.settlement import NO_CHARGE, Charge, decide_charge
from ingate.domain.upstream import UpstreamCall, UpstreamFailure
from ingate.wire.content_coding import ContentReader
from ingate.wire.http1 import Header, UnsafeHeadError
from ingate.wire.messages.errors import render_error_event
from ingate.wire.messages.usage import AnswerReader, JsonAnswerReader, StreamAnswerReader
from ingate.wire.trace_context import parse_traceparent

from .answer_head import AnswerHead, read_answer_head
from .identifiers import RequestIds
from .refusals import RenderedRefusal, describe_failure, render_refusal

if TYPE_CHECKING:
    from .connection import ClientConnection
    from .directory_index import Destination
    from .head import RequestHead
    from .pipeline import Caller, Pipeline

CLIENT_LEFT_STATUS = 499
"""nginx's convention for a client that left before it was answered."""


class Exchange:
    """Admitted by the pipeline; an `UpstreamSink`. `domain/exchange.py` says which event may follow which."""

    __slots__ = (
        "_answer",
        "_caller",
        "_coded",
        "_connection",
        "_destination",
        "_first_token_at",
        "_head",
        "_left_status",
        "_apim_request_id",
        "_request_bytes",
        "_request_id",
        "_response_bytes",
        "_pipeline",
        "_reader",
        "_reservation",
        "_started_at",
        "_state",
        "_streaming",
        "_tail",
        "call",
    )

    call: UpstreamCall

    def __init__(
        self,
        *,
        pipeline: Pipeline,
        connection: ClientConnection,
        head: RequestHead,
        caller: Caller,
        destination: Destination,
        reservation: Reservation | None,
        streaming: bool,
        apim_request_id: str,
        started_at: float,
        request_bytes: int,
    ) -> None:
        """Without `reservation`, the exchange costs nothing and its answer is somebody's file: it is not read."""
        self._pipeline = pipeline
        self._connection = connection
        self._head = head
        self._caller = caller
        self._destination = destination
        self._reservation = reservation
        self._streaming = streaming
        self._apim_request_id = apim_request_id
        self._started_at = started_at
        self._request_bytes = request_bytes
        self._response_bytes = 0
        self._request_id: str | None = None
        self._state = ExchangeState.ADMITTED
        self._answer: AnswerHead | None = None
        self._reader: AnswerReader | None = None
        self._coded: ContentReader | None = None
        """Of a compressed answer, what shows it to the reader."""
        self._left_status: int | None = None
        """While draining: the status that the client was told before it left."""
        self._first_token_at: float | None = None
        self._tail = b""
        """The last bytes of the stream so far: whether it stands between two events."""

    # What the upstream says

    def on_answer_head(self, status: int, headers: Sequence[Header]) -> None:
        answer = read_answer_head(status, headers)
        reader: AnswerReader
        if self._reservation is None and status < 400:
            answer = answer._replace(is_stream=False, content_coding=None)
            reader = _UnreadAnswer()
        else:
            reader = StreamAnswerReader() if answer.is_stream else JsonAnswerReader()
        self._request_id = answer.request_id
        try:
            if self._state is not ExchangeState.DRAINING:
                self._connection.begin_answer(status, answer.headers, answer.content_length, self._get_ids())
        except UnsafeHeadError as error:
            self._request_id = None
            self.call.cancel()
            self.on_upstream_failure(UpstreamFailure.MALFORMED, str(error))
            return
        self._advance(ExchangeEvent.ANSWER_BEGAN)
        self._answer = answer
        self._reader = reader
        if answer.content_coding is not None:
            self._coded = ContentReader(answer.content_coding, reader.read)

    def on_answer_read(self, data: bytes, ended: bool) -> None:
        answer, reader = self._answer, self._reader
        if answer is None or reader is None or self._state is ExchangeState.SETTLED:
            return
        if data:
            self._response_bytes += len(data)
            if self._coded is None:
                reader.read(data)
            else:
                self._coded.read(data)
            if answer.is_stream:
                self._tail = data[-4:] if len(data) >= 4 else (self._tail + data)[-4:]
                if self._first_token_at is None and isinstance(reader, StreamAnswerReader) and reader.saw_content:
                    self._first_token_at = self._pipeline.clock()
        if ended:
            self._advance(ExchangeEvent.ANSWER_ENDED)
            if self._left_status is not None:
                self._settle("client-gone", self._left_status)
                return
            outcome = "completed" if answer.status < 400 else "refused-by-upstream"
            self._settle(outcome, answer.status, partial(self._connection.send, data, True))
        elif self._left_status is None and (data or answer.is_stream):
            self._connection.send(data, False)

    def on_upstream_failure(self, failure: UpstreamFailure, detail: str) -> None:
        answer = self._answer
        self._advance(ExchangeEvent.UPSTREAM_FAILED)
        if self._left_status is not None:
            self._settle("client-gone", self._left_status, failure=failure, detail=detail)
            return
        if failure is UpstreamFailure.CUT:
            status = CLIENT_LEFT_STATUS if answer is None else answer.status
            self._settle("upstream-failed", status, self._connection.cut, failure=failure, detail=detail)
            return
        if answer is None:
            ids = self._get_ids()
            rendered = render_refusal(UpstreamUnavailable(failure=failure), ids.request_id)
            last = partial(self._connection.answer_refusal, rendered, ids)
            self._settle(
                "upstream-failed", rendered.status, last, error_code=rendered.code, failure=failure, detail=detail
            )
            return
        error_type, message = describe_failure(failure)
        if answer.is_stream and answer.content_coding is None and answer.content_length is None:
            between_events = self._tail.endswith((b"\n\n", b"\r\n\r\n", b"\r\r"))
            after = b"" if between_events else self._tail
            event = render_error_event(error_type, message, self._get_ids().request_id, after=after)
            last = partial(self._connection.send, event, True)
        else:
            last = self._connection.cut
        self._settle("upstream-failed", answer.status, last, error_code=error_type, failure=failure, detail=detail)

    # What the client's connection says

    def on_client_slow(self) -> None:
        self.call.pause()

    def on_client_ready(self) -> None:
        self.call.resume()

    def on_client_left(self) -> None:
        """The connection is gone; whatever the upstream would still send is in vain, but for what it says it cost."""
        if self._state is ExchangeState.SETTLED:
            return
        status = self._answer.status if self._answer is not None else CLIENT_LEFT_STATUS
        if self._pipeline.drains.begin(self, self._pipeline.clock()):
            self._advance(ExchangeEvent.DRAIN_BEGAN)
            self._left_status = status
            self.call.resume()
        else:
            self.call.cancel()
            self._advance(ExchangeEvent.CLIENT_LEFT)
            self._settle("client-gone", status)

    # What the worker says

    def on_drain_expired(self) -> None:
        """The client left, and the upstream has not come to its end in time."""
        self.call.cancel()
        self._advance(ExchangeEvent.DRAIN_EXPIRED)
        self._settle("client-gone", self._left_status or CLIENT_LEFT_STATUS)

    def on_worker_stopped(self) -> None:
        if self._state is ExchangeState.SETTLED:
            return
        self.call.cancel()
        self._advance(ExchangeEvent.WORKER_STOPPED)
        if self._left_status is not None:
            self._settle("client-gone", self._left_status)
        else:
            self._settle("shut-down", self._answer.status if self._answer is not None else CLIENT_LEFT_STATUS)

    # The end

    def _advance(self, event: ExchangeEvent) -> None:
        self._state = TRANSITIONS[self._state, event]

    def _get_ids(self) -> RequestIds:
        request_id = self._request_id
        if request_id is None:
            request_id = self._request_id = self._pipeline.make_request_id()
        return RequestIds(request_id, self._apim_request_id)

    def _settle(
        self,
        outcome: Outcome,
        status: int,
        last: Callable[[], None] | None = None,
        *,
        error_code: str | None = None,
        failure: UpstreamFailure | None = None,
        detail: str | None = None,
    ) -> None:
        """Every ending comes here, once: the quota is corrected and the record written, before `last` sends the last
        byte of the answer."""
        pipeline, reader, caller, destination = self._pipeline, self._reader, self._caller, self._destination
        head, identity = self._head, caller.identity
        now = pipeline.clock()
        charge = self._charge(failure)
        if self._left_status is not None:
            pipeline.drains.end(self)
        started = self._started_at
        first_token_at = self._first_token_at
        time = pipeline.wall_clock() - (now - started)
        priced = decide_cost(charge.usage, destination.prices, time) if caller.endpoint.takes_quota else NOT_PRICED
        trace = parse_traceparent(head.traceparent)
        resource = caller.resource.resource
        record = ExchangeRecord(
            time=time,
            request_id=self._get_ids().request_id,
            apim_request_id=self._apim_request_id,
            resource=resource.name,
            resource_id=resource.resource_id,
            location=resource.location,
            deployment=destination.deployment_name,
            model=destination.model_id,
            model_version=destination.model_version,
            deployment_type=destination.deployment_type,
            upstream=destination.upstream_name,
            response_model=reader.response_model if reader is not None else None,
            operation=caller.endpoint.operation,
            status=status,
            error_code=error_code or (reader.error_type if reader is not None else None),
            outcome=outcome,
            streaming=self._streaming,
            duration_ms=round((now - started) * 1000, 3),
            first_token_ms=round((first_token_at - started) * 1000, 3) if first_token_at is not None else None,
            usage=charge.usage,
            cost=priced.cost,
            price=priced.label,
            usage_is_estimate=charge.is_estimate,
            usage_unread=self._coded.problem if self._coded is not None else None,
            authentication=identity.authentication,
            key_number=identity.key_number,
            principal_id=identity.principal_id,
            caller_address=head.address,
            user_agent=head.recorded_user_agent,
            request_bytes=self._request_bytes,
            response_bytes=self._response_bytes,
            trace_id=trace.trace_id if trace else None,
            parent_span_id=trace.span_id if trace else None,
            stop_reason=reader.stop_reason if reader is not None else None,
            upstream_detail=detail,
        )
        if not pipeline.log.append(record, None if last is None else partial(self._end, last)):
            self._end_unrecorded(record, last)

    def _charge(self, failure: UpstreamFailure | None) -> Charge:
        """Corrects the quota, and says what to record."""
        answer, reader, takes_quota = self._answer, self._reader, self._caller.endpoint.takes_quota
        reservation = self._reservation
        if reader is not None:
            reader.end()
        if reservation is None:
            return NO_CHARGE
        charge = decide_charge(
            status=answer.status if answer is not None else None,
            reader=reader,
            failure=failure,
            takes_quota=takes_quota,
            reserved_input_tokens=reservation.input_tokens,
            unread_bytes=self._coded.unread_bytes if self._coded is not None else 0,
        )
        limiter, usage = self._pipeline.limiter, charge.usage
        if charge.is_released:
            limiter.give_back(reservation)
        elif usage is None or not takes_quota:
            limiter.settle(reservation, input_tokens=0, output_tokens=0)
        else:
            limiter.settle(reservation, input_tokens=usage.uncached_input_tokens, output_tokens=usage.output_tokens)
        return charge

    def _end(self, last: Callable[[], None], is_safe: bool) -> None:
        """The record is where it has to be; or the disk failed, and nobody knows what it has."""
        if self._connection.is_gone:
            return
        if is_safe or self._take_back_answer() is None:
            last()

    def _end_unrecorded(self, record: ExchangeRecord, last: Callable[[], None] | None) -> None:
        """There is no room for the record, which waits in memory. An answer that has not begun is not given; one that
        has is finished."""
        refusal = None
        if last is not None and not self._connection.is_gone:
            refusal = self._take_back_answer()
            if refusal is None:
                last()
        if refusal is not None:
            record = replace(record, status=refusal.status, error_code=refusal.code)
        self._pipeline.log.keep(record)

    def _take_back_answer(self) -> RenderedRefusal | None:
        """Refuses in its place, unless some of it has been sent."""
        if self._answer is not None and not self._connection.withdraw_answer():
            return None
        ids = self._get_ids()
        rendered = render_refusal(NotRecordable(), ids.request_id)
        self._connection.answer_refusal(rendered, ids)
        return rendered


class _UnreadAnswer(AnswerReader):
    """Of somebody's file, whatever it says: it is not the answer that says it."""

    __slots__ = ()

    def read(self, data: bytes) -> None:
        pass

    def measure_content(self) -> int:
        return 0
