"""Fetches the public documents of other issuers."""

from __future__ import annotations

import asyncio

LARGEST = 256 * 1024
"""Bytes. A set of keys has a few thousand."""
TIMEOUT = 5.0
"""Seconds for a whole document; somebody's sign-in waits for two."""


async def fetch_document(url: str) -> bytes | None:
    """The body of a 200; None otherwise. Redirects are not followed: an issuer's documents are where it says."""
    # Most Ingates never ask another issuer, and this import takes longer than everything else at their start.
    import httpx2

    try:
        async with (
            asyncio.timeout(TIMEOUT),
            httpx2.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as client,
            client.stream("GET", url, headers={"accept": "application/json"}) as answer,
        ):
            if answer.status_code != 200:
                return None
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > LARGEST:
                    return None
            return bytes(body)
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError):
        return None
