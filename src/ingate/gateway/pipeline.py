"""The pipeline: the steps that every request goes through, in one order.

    locate resource -> network rules -> authenticate -> authorize -> (body read) -> resolve deployment -> admit
      -> forward -> relay -> settle

Those before the body need only the head, so a caller who does not belong here never gets a body buffered. An endpoint
supplies its differences as data and so cannot forget a step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from ingate.domain.content import ContentLog
from ingate.domain.exchange import ExchangeLog, ExchangeRecord
from ingate.domain.network import AddressNotAllowed, PublicAccessDisabled
from ingate.domain.quota import QuotaLimiter, Reservation
from ingate.domain.refusal import (
    BudgetExceeded,
    DeploymentNotFound,
    DeploymentPaused,
    InvalidRequest,
    KeysDisabled,
    MethodNotAllowed,
    NotRecordable,
    PermissionDenied,
    QuotaExceeded,
    QuotaUnavailable,
    Refusal,
    ResourceNotFound,
    ShuttingDown,
    TokenRequired,
    Unauthenticated,
)
from ingate.domain.token_estimate import estimate_input_tokens
from ingate.domain.upstream import UpstreamRequest, UpstreamSink
from ingate.wire.http1 import Header
from ingate.wire.messages.request import MalformedRequest, ParsedRequest, parse_request, splice_model
from ingate.wire.trace_context import make_span_id, parse_traceparent, render_traceparent

from .authentication import Identity, decide_identity
from .content_recorder import ContentRecorder
from .directory_index import DeploymentEntry, SharedUpstream
from .drains import Drains
from .endpoints import ENDPOINTS, Endpoint, find_storage_endpoint
from .exchange import Exchange
from .identifiers import RequestIds
from .refusals import render_refusal

if TYPE_CHECKING:
    from .connection import ClientConnection
    from .directory_index import DirectoryIndex, ResourceEntry
    from .head import RequestHead


LONGEST_NAME = 64
"""Of a deployment, in characters."""


class Caller(NamedTuple):
    """Who asks, and for which resource: what a request's head decides."""

    endpoint: Endpoint
    resource: ResourceEntry
    identity: Identity


_MAY_HAVE_BEEN_GRANTED = (
    ResourceNotFound,
    Unauthenticated,
    PermissionDenied,
    KeysDisabled,
    PublicAccessDisabled,
    AddressNotAllowed,
)
_MAY_HAVE_BEEN_DEPLOYED = (DeploymentNotFound, DeploymentPaused, BudgetExceeded)


class Pipeline:
    """One worker's. `directory` is replaced whole when the control plane publishes a new revision."""

    def __init__(
        self,
        *,
        directory: DirectoryIndex | None,
        limiter: QuotaLimiter,
        log: ExchangeLog,
        clock: Callable[[], float],
        wall_clock: Callable[[], float],
        make_request_id: Callable[[], str],
        make_apim_request_id: Callable[[], str],
        drains: Drains | None = None,
        content_log: ContentLog | None = None,
        look_for_directory: Callable[[], None] | None = None,
        continues_traces: bool = False,
    ) -> None:
        """`clock` is monotonic, in seconds; `wall_clock` counts from 1970. Without `drains`, a client that leaves
        takes its upstream with it; without `content_log`, no content is recorded, whoever asks for it.
        `look_for_directory` replaces the directory at once if there is a newer one. `continues_traces` makes
        every exchange a span of its client's trace, and its upstream's parent; otherwise `traceparent` goes on as it
        came."""
        self.directory = directory
        self._look_for_directory = look_for_directory
        self.limiter = limiter
        self.log = log
        self.clock = clock
        self.wall_clock = wall_clock
        self.make_request_id = make_request_id
        self.make_apim_request_id = make_apim_request_id
        self.drains = drains if drains is not None else Drains(patience=0)
        self.content_log = content_log
        self.draining = False
        self._continues_traces = continues_traces

    def decide_caller(self, head: RequestHead) -> Caller | Refusal:
        """The steps that need no body. What was refused may have been granted a moment ago: whoever has a new key or
        role in hand is served with the very next request."""
        decided = self._decide_caller(head)
        if isinstance(decided, _MAY_HAVE_BEEN_GRANTED) and self._has_newer_directory():
            return self._decide_caller(head)
        return decided

    def _has_newer_directory(self) -> bool:
        before = self.directory
        if self._look_for_directory is not None:
            self._look_for_directory()
        return self.directory is not before

    def _decide_caller(self, head: RequestHead) -> Caller | Refusal:
        endpoint = ENDPOINTS.get(head.path)
        if endpoint is None:
            found = find_storage_endpoint(head.method, head.path)
            if not isinstance(found, Endpoint):
                return found
            endpoint = found
        elif head.method != b"POST":
            return MethodNotAllowed(allowed="POST")
        if self.draining or self.directory is None:
            return ShuttingDown()
        host = head.host or b""
        resource = self.directory.find_resource(host)
        if resource is None:
            return ResourceNotFound(host=host.decode("latin-1"))
        shut_out = resource.network.decide(head.address)
        if shut_out is not None:
            return shut_out
        identity = decide_identity(head, resource.resource, self.directory.tokens, self.wall_clock)
        if not isinstance(identity, Identity):
            return identity
        if head.version is None:
            return InvalidRequest(message="anthropic-version: header is required")
        if head.content_encoding not in (None, b"identity"):
            return InvalidRequest(message="content-encoding: only an unencoded request body is accepted")
        if endpoint.feature is not None:
            shared = resource.decide_shared_upstream(endpoint.feature)
            if not isinstance(shared, SharedUpstream):
                return shared
        return Caller(endpoint, resource, identity)

    def forward(
        self, head: RequestHead, caller: Caller, body: bytes, connection: ClientConnection, started_at: float
    ) -> None:
        """The steps from the body on: the connection is given an exchange, or the refusal is answered."""
        if caller.endpoint.feature is not None:
            return self._forward_to_storage(head, caller, body, connection, started_at)
        parsed = parse_request(body)
        if isinstance(parsed, MalformedRequest):
            return self.refuse(head, caller, None, InvalidRequest(message=parsed.message), connection, started_at)
        entry = self._find_deployment(caller, parsed.deployment_name)
        if isinstance(entry, _MAY_HAVE_BEEN_DEPLOYED) and self._has_newer_directory():
            renewed = self._decide_caller(head)
            if not isinstance(renewed, Caller):
                return self.refuse(head, caller, parsed.deployment_name, renewed, connection, started_at)
            caller = renewed
            entry = self._find_deployment(caller, parsed.deployment_name)
        if not isinstance(entry, DeploymentEntry):
            return self.refuse(head, caller, parsed.deployment_name, entry, connection, started_at)
        decided = partial(self._admit, head, caller, entry, parsed, body, connection, started_at)
        if caller.endpoint.takes_quota:
            tokens = estimate_input_tokens(body)
            self.limiter.reserve(entry.quota_key, entry.limits, tokens, self.clock(), decided)
        else:
            self.limiter.reserve(entry.counting_quota_key, entry.counting_limits, 0, self.clock(), decided)
        return None

    def _find_deployment(self, caller: Caller, deployment_name: str) -> DeploymentEntry | Refusal:
        """One that serves this caller, quotas aside."""
        entry = caller.resource.deployments.get(deployment_name)
        if entry is None:
            return DeploymentNotFound()
        if entry.deployment.requires_token and caller.identity.authentication == "key":
            return TokenRequired()
        if entry.deployment.is_paused:
            return DeploymentPaused()
        if entry.deployment.blocked_by_budget is not None:
            return BudgetExceeded(budget=entry.deployment.blocked_by_budget)
        return entry if self.log.is_ready() else NotRecordable()

    def _admit(
        self,
        head: RequestHead,
        caller: Caller,
        entry: DeploymentEntry,
        parsed: ParsedRequest,
        body: bytes,
        connection: ClientConnection,
        started_at: float,
        decision: Reservation | QuotaExceeded | QuotaUnavailable,
    ) -> None:
        """The quota's answer is there: at once when it is kept in process, a moment later when it is shared."""
        if connection.is_gone:
            if isinstance(decision, Reservation):
                self.limiter.give_back(decision)
            return
        if not isinstance(decision, Reservation):
            self.refuse(head, caller, parsed.deployment_name, decision, connection, started_at)
            return
        apim_request_id = self.make_apim_request_id()
        exchange = Exchange(
            pipeline=self,
            connection=connection,
            head=head,
            caller=caller,
            destination=entry.destination,
            reservation=decision,
            streaming=parsed.stream,
            apim_request_id=apim_request_id,
            started_at=started_at,
            request_bytes=len(body),
        )
        recorder: ContentRecorder | None = None
        if entry.deployment.record_content is not None:
            recorder = self._make_recorder(exchange, caller, entry, body, apim_request_id)
        sink: UpstreamSink = exchange if recorder is None else recorder
        headers, rendered = self._continue_trace(head, apim_request_id)
        pieces, length = splice_model(body, parsed.model_spans, entry.upstream_model)
        call = entry.upstream.send(
            UpstreamRequest(
                path=caller.endpoint.upstream_path,
                query=head.query,
                headers=headers,
                rendered=rendered,
                body=pieces,
                content_length=length,
                resource_id=caller.resource.resource.resource_id,
                deployment_name=entry.deployment.name,
                hosting=entry.deployment.hosting,
            ),
            sink,
        )
        if recorder is not None:
            recorder.call = call
            call = recorder
        exchange.call = call
        connection.carry(exchange)

    def _forward_to_storage(
        self, head: RequestHead, caller: Caller, body: bytes, connection: ClientConnection, started_at: float
    ) -> None:
        """An operation that names no deployment: the upstream is the resource's own, and there is no quota."""
        endpoint = caller.endpoint
        shared = caller.resource.decide_shared_upstream(endpoint.feature or "files")
        if not isinstance(shared, SharedUpstream):
            return self.refuse(head, caller, None, shared, connection, started_at)
        if not self.log.is_ready():
            return self.refuse(head, caller, None, NotRecordable(), connection, started_at)
        apim_request_id = self.make_apim_request_id()
        headers, rendered = self._continue_trace(head, apim_request_id)
        exchange = Exchange(
            pipeline=self,
            connection=connection,
            head=head,
            caller=caller,
            destination=shared.destination,
            reservation=None,
            streaming=False,
            apim_request_id=apim_request_id,
            started_at=started_at,
            request_bytes=len(body),
        )
        exchange.call = shared.upstream.send(
            UpstreamRequest(
                method=head.method,
                path=endpoint.upstream_path,
                query=head.query,
                headers=headers,
                rendered=rendered,
                body=(body,) if body else (),
                content_length=len(body),
                resource_id=caller.resource.resource.resource_id,
                hosting="anthropic",
            ),
            exchange,
        )
        connection.carry(exchange)
        return None

    def _continue_trace(
        self, head: RequestHead, apim_request_id: str
    ) -> tuple[Sequence[Header], dict[object, bytes]]:
        """What goes on as headers, and where an upstream may keep what it makes of them."""
        trace = parse_traceparent(head.traceparent) if self._continues_traces else None
        if trace is None:
            return head.forward, head.rendered
        value = render_traceparent(trace._replace(span_id=make_span_id(apim_request_id)))
        return tuple((name, value if name.lower() == b"traceparent" else old) for name, old in head.forward), {}

    def _make_recorder(
        self, exchange: Exchange, caller: Caller, entry: DeploymentEntry, body: bytes, apim_request_id: str
    ) -> ContentRecorder | None:
        recording = entry.deployment.record_content
        if recording is None or self.content_log is None:
            return None
        return ContentRecorder(
            exchange,
            log=self.content_log,
            recording=recording,
            wall_clock=self.wall_clock,
            apim_request_id=apim_request_id,
            resource=caller.resource.resource.name,
            resource_id=caller.resource.resource.resource_id,
            deployment=entry.deployment.name,
            operation=caller.endpoint.operation,
            request=body,
        )

    def make_ids(self) -> RequestIds:
        """For an answer that has no upstream's request id."""
        return RequestIds(self.make_request_id(), self.make_apim_request_id())

    def refuse(
        self,
        head: RequestHead | None,
        caller: Caller | None,
        deployment_name: str | None,
        refusal: Refusal,
        connection: ClientConnection,
        started_at: float,
    ) -> None:
        """Answers and records a request that was not admitted."""
        ids = self.make_ids()
        rendered = render_refusal(refusal, ids.request_id)
        identity = caller.identity if caller else _get_refused(refusal)
        fault = refusal.fault if isinstance(refusal, Unauthenticated) else None
        trace = parse_traceparent(head.traceparent) if head else None
        entry = caller.resource.deployments.get(deployment_name or "") if caller else None
        self.log.append(
            ExchangeRecord(
                time=self.wall_clock(),
                request_id=ids.request_id,
                apim_request_id=ids.apim_request_id,
                resource=caller.resource.resource.name if caller else None,
                resource_id=caller.resource.resource.resource_id if caller else None,
                location=caller.resource.resource.location if caller else None,
                deployment=_get_recordable_name(deployment_name),
                model=entry.destination.model_id if entry else None,
                model_version=entry.destination.model_version if entry else None,
                deployment_type=entry.destination.deployment_type if entry else None,
                operation=caller.endpoint.operation if caller else "unknown",
                status=rendered.status,
                error_code=rendered.code,
                outcome="refused",
                duration_ms=round((self.clock() - started_at) * 1000, 3),
                authentication=identity.authentication if identity else "none",
                key_number=identity.key_number if identity else None,
                principal_id=identity.principal_id if identity else None,
                token_fault=fault.value if fault else None,
                caller_address=head.address if head else connection.peer,
                user_agent=head.recorded_user_agent if head else None,
                request_bytes=head.content_length if head else 0,
                response_bytes=len(rendered.body),
                trace_id=trace.trace_id if trace else None,
                parent_span_id=trace.span_id if trace else None,
            )
        )
        connection.answer_refusal(rendered, ids)


def _get_recordable_name(deployment_name: str | None) -> str | None:
    """What a client sent as `model`, if it could be a deployment's name: anything else may be a key in the wrong
    place, or of any size."""
    if deployment_name is None or len(deployment_name) > LONGEST_NAME or not deployment_name.isprintable():
        return None
    return deployment_name


def _get_refused(refusal: Refusal) -> Identity | None:
    """Whoever is known and yet not let in."""
    return Identity("token", principal_id=refusal.principal_id) if isinstance(refusal, PermissionDenied) else None
