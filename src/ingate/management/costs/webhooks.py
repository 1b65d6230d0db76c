"""Sends a document to somebody's URL and learns only whether it was taken."""

from __future__ import annotations

import asyncio
import logging

from ingate.wire.arm.documents import JsonObject, render_document

logger = logging.getLogger(__name__)

TIMEOUT = 10.0
"""Seconds, all together."""


async def post_webhook(url: str, document: JsonObject) -> bool:
    """True for any 2xx. Redirects are not followed, and neither proxies nor credentials are taken from the
    environment: the document goes where its owner said, and nowhere else."""
    import httpx2  # only budgets with a webhook need it

    try:
        async with (
            asyncio.timeout(TIMEOUT),
            httpx2.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "POST", url, content=render_document(document), headers={"content-type": "application/json"}
            ) as answer,
        ):
            return answer.is_success
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TimeoutError) as error:
        # The URL may hold a secret of the receiver's, so it is not logged.
        logger.warning("A budget's webhook was not taken: %s", type(error).__name__)
        return False
