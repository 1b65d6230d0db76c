"""Content as a recorder hands it over, and an executor without a thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from ingate.domain.content import ContentRecording, ExchangeContent

DAY = 86_400.0
NOON = 20_000 * DAY + DAY / 2
"""2024-10-04T12:00Z."""


def make_content(
    answer: bytes = b'{"content":[]}',
    *,
    request: bytes | None = b'{"messages":[]}',
    days: int = 7,
    redact: tuple[str, ...] = (),
    is_stream: bool = False,
    coding: bytes | None = None,
    cut: int = 0,
    time: float = NOON,
    deployment: str = "my-claude",
) -> ExchangeContent:
    return ExchangeContent(
        time=time,
        apim_request_id="apim-1",
        resource="example-resource",
        resource_id="/subscriptions/s/resourceGroups/g/accounts/example-resource",
        deployment=deployment,
        operation="messages",
        recording=ContentRecording(retention_days=days, redact=redact),
        ending="completed",
        status=200,
        is_stream=is_stream,
        content_coding=coding,
        request=request,
        request_bytes=2_000_000 if request is None else len(request),
        answer=answer,
        answer_bytes=len(answer) + cut,
    )


class AtOnce(Executor):
    """Runs what it is given while it is given it."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class Never(Executor):
    """Keeps it waiting."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return Future()
