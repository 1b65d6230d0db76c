"""A webhook: batches of events as a JSON array."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from ingate.domain.diagnostic_setting import WebhookSink

from .events import Event
from .http_post import Poster


class Webhook:
    """Implements Destination."""

    def __init__(self, find: Callable[[], WebhookSink], poster: Poster) -> None:
        """`find` tells where it leads now."""
        self._find = find
        self._poster = poster

    def deliver(self, events: Sequence[Event]) -> int:
        sink = self._find()
        self._poster.post(sink.url, msgspec.json.encode([event.document for event in events]), sink.credential)
        return 0

    def close(self) -> None:
        self._poster.close()
