"""The upstreams of one worker, made from their definitions and kept as long as these do not change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Protocol

from ingate.domain.upstream import (
    Upstream,
    UpstreamCall,
    UpstreamDefinition,
    UpstreamFailure,
    UpstreamRequest,
    UpstreamSink,
)

from .messages_api import MessagesApiUpstream, ReadCredential, UpstreamMisconfigured

_log = logging.getLogger(__name__)


class RunningUpstream(Upstream, Protocol):
    @property
    def is_idle(self) -> bool: ...

    def sweep(self, now: float) -> None: ...

    def close(self) -> None: ...


class UpstreamRegistry:
    def __init__(
        self, *, simulator: RunningUpstream, loop: asyncio.AbstractEventLoop, read_credential: ReadCredential
    ) -> None:
        self._simulator = simulator
        self._loop = loop
        self._read_credential = read_credential
        self._running: dict[UpstreamDefinition, RunningUpstream] = {}
        self._retired: list[RunningUpstream] = []
        """No longer named, but with exchanges under way whose deadlines still count."""

    def get_upstream(self, definition: UpstreamDefinition) -> Upstream:
        """The same object for the same definition. One that cannot be put to use refuses every request, and is
        tried again with the next revision."""
        running = self._running.get(definition)
        if running is None or isinstance(running, MisconfiguredUpstream):
            running = self._running[definition] = self._make(definition)
        return running

    def find_upstream(self, name: str) -> Upstream | None:
        """One that the directory names; the simulator is not among them."""
        found = (d for d in self._running if d.name == name and d.kind != "simulator")
        definition = next(found, None)
        return None if definition is None else self.get_upstream(definition)

    def keep_only(self, definitions: Iterable[UpstreamDefinition]) -> None:
        """Closes those that the directory no longer names; exchanges under way go on."""
        kept = set(definitions)
        for definition in [d for d in self._running if d not in kept]:
            retired = self._running.pop(definition)
            retired.close()
            self._retired.append(retired)

    def sweep(self, now: float) -> None:
        if self._retired:
            self._retired = [retired for retired in self._retired if not retired.is_idle]
        for running in (*self._running.values(), *self._retired):
            running.sweep(now)

    def close(self) -> None:
        self.keep_only(())

    def _make(self, definition: UpstreamDefinition) -> RunningUpstream:
        if definition.kind == "simulator":
            return self._simulator
        try:
            return MessagesApiUpstream(definition, loop=self._loop, read_credential=self._read_credential)
        except UpstreamMisconfigured as error:
            _log.warning("upstream '%s' cannot be used: %s", definition.name, error)
            return MisconfiguredUpstream(str(error), self._loop)


class MisconfiguredUpstream:
    """Stands where an upstream would, and says why it is not there."""

    def __init__(self, reason: str, loop: asyncio.AbstractEventLoop) -> None:
        self._reason = reason
        self._loop = loop

    def send(self, request: UpstreamRequest, sink: UpstreamSink) -> UpstreamCall:
        handle = self._loop.call_soon(sink.on_upstream_failure, UpstreamFailure.NOT_CONFIGURED, self._reason)
        return _Scheduled(handle)

    is_idle = True

    def sweep(self, now: float) -> None: ...

    def close(self) -> None: ...


class _Scheduled:
    def __init__(self, handle: asyncio.Handle) -> None:
        self._handle = handle

    def cancel(self) -> None:
        self._handle.cancel()

    def pause(self) -> None: ...

    def resume(self) -> None: ...
