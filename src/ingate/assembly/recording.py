"""`ingate record`: a real upstream in the simulator's place, and its exchanges written to cassettes."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from ingate import __version__
from ingate.domain.directory import Directory, DirectoryDeployment, DirectoryResource
from ingate.domain.redaction import Redactor
from ingate.domain.upstream import Upstream, UpstreamDefinition
from ingate.domain.upstream_rules import UpstreamInvalid, parse_credential
from ingate.settings import Settings
from ingate.simulator.cassettes.redaction import Redaction, parse_path
from ingate.simulator.cassettes.writing import CassetteFolder, NotKept, PassedExchange
from ingate.upstreams.recording import LeftOut, RecordingUpstream, TappedExchange

from .local_upstream import put_in_simulators_place

_log = logging.getLogger(__name__)

WAITING_BYTES = 256 * 1024 * 1024
"""Of exchanges that wait to be written. What would make it more is left out."""
CAPACITY = 10_000


def make_recorded_upstream(settings: Settings) -> UpstreamDefinition:
    """The settings have been checked."""
    credential = parse_credential(settings.record_credential) if settings.record_credential else None
    return UpstreamDefinition(
        name="recorded",
        kind="messages-api",
        base_url=settings.record_upstream_url,
        credential=None if isinstance(credential, UpstreamInvalid) else credential,
        credential_header=settings.record_credential_header,  # type: ignore[arg-type]
        profile=settings.record_profile,
    )


def put_recorded_deployments(directory: Directory, settings: Settings) -> Directory:
    """The same directory with every deployment of the simulator served by the recorded upstream, and the default
    resource with the deployments that the user named."""
    rerouted = put_in_simulators_place(directory, make_recorded_upstream(settings))
    upstream = rerouted.upstreams[-1].name
    wished = [
        DirectoryDeployment(
            name=name,
            model_id=model,
            model_version="",
            deployment_type="GlobalStandard",
            capacity=CAPACITY,
            upstream=upstream,
            upstream_model=model,
        )
        for name, _, model in (pair.partition("=") for pair in settings.record_deployments)
    ]
    return replace(
        rerouted,
        resources=tuple(
            _put_deployments(resource, wished)
            if resource.subdomain == settings.default_resource.lower() or len(rerouted.resources) == 1
            else resource
            for resource in rerouted.resources
        ),
    )


def _put_deployments(resource: DirectoryResource, wished: list[DirectoryDeployment]) -> DirectoryResource:
    """One of the same name keeps what it is but for where it goes."""
    there = {deployment.name: deployment for deployment in resource.deployments}
    for deployment in wished:
        known = there.get(deployment.name)
        there[deployment.name] = (
            deployment
            if known is None
            else replace(known, upstream=deployment.upstream, upstream_model=deployment.upstream_model)
        )
    return replace(resource, deployments=tuple(there.values()))


class Recorder:
    """One worker's. Exchanges are redacted and written by a thread of its own; none waits for it."""

    def __init__(self, settings: Settings, *, executor: Executor | None = None) -> None:
        """Raises OSError when there can be no such folder."""
        redactor = Redactor((), clock=time.monotonic)
        redaction = Redaction(
            redact_text=lambda text: str(redactor.redact(text)),
            paths=[parse_path(path) for path in settings.record_redact],
        )
        self._definition = make_recorded_upstream(settings)
        self._folder = CassetteFolder(
            Path(settings.record_to), redaction=redaction, recorded_by=f"ingate {__version__}"
        )
        self._executor = executor or ThreadPoolExecutor(max_workers=1, thread_name_prefix="cassettes")
        self._tapped: tuple[Upstream, RecordingUpstream] | None = None
        self._lock = threading.Lock()
        self._waiting_bytes = 0

    def tap(self, definition: UpstreamDefinition, upstream: Upstream) -> Upstream:
        """The upstream with its exchanges recorded, if it is the one to be recorded."""
        if replace(definition, name=self._definition.name) != self._definition:
            return upstream
        if self._tapped is None or self._tapped[0] is not upstream:
            tap = RecordingUpstream(
                upstream, on_exchange=self._on_exchange, on_left_out=self._on_left_out, wall_clock=time.time
            )
            self._tapped = upstream, tap
        return self._tapped[1]

    def close(self) -> None:
        """Waits until what was handed over is written."""
        self._executor.shutdown()

    def _on_exchange(self, exchange: TappedExchange) -> None:
        size = len(exchange.request_body) + len(exchange.answer)
        with self._lock:
            has_room = self._waiting_bytes + size <= WAITING_BYTES
            self._waiting_bytes += size if has_room else 0
        if not has_room:
            _log.error("an exchange was not recorded: they come faster than they can be written")
            return
        try:
            self._executor.submit(self._keep, exchange, size)
        except RuntimeError as error:  # no thread can be started, or it is too late for one
            _log.error("an exchange was not recorded: %s", error)

    def _on_left_out(self, why: LeftOut) -> None:
        _log.warning("an exchange was not recorded: %s", _WHY_LEFT_OUT[why])

    def _keep(self, exchange: TappedExchange, size: int) -> None:
        try:
            path = self._folder.keep(_to_passed(exchange))
            _log.info("recorded %s", path)
        except Exception as error:  # noqa: BLE001 - nobody else would hear of it
            reason = error if isinstance(error, NotKept | OSError) else type(error).__name__
            _log.error("an exchange was not recorded: %s", reason)
        finally:
            with self._lock:
                self._waiting_bytes -= size


_WHY_LEFT_OUT: dict[LeftOut, str] = {
    "cancelled": "its client left before the answer ended",
    "upstream-failed": "the upstream did not finish its answer",
    "too-long": "it is too long",
}


def _to_passed(exchange: TappedExchange) -> PassedExchange:
    request = exchange.request
    return PassedExchange(
        started_at=exchange.started_at,
        deployment_name=request.deployment_name,
        method=request.method,
        path=request.path,
        query=request.query,
        request_headers=request.headers,
        request_body=exchange.request_body,
        status=exchange.status,
        answer_headers=exchange.headers,
        answer_body=exchange.answer,
    )
