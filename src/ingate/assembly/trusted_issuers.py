"""Issuers other than Ingate's own: their keys are fetched ahead of need and go to the gateways with the directory.

No token makes anything be fetched: an unknown key is unknown until the next time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

import httpx2

from ingate.domain.directory import Directory, TrustedIssuer, VerificationKey
from ingate.domain.issuer_source import IssuerSource, choose_keys, render_trusted_issuers
from ingate.wire.entra.json_web_keys import parse_keys

_log = logging.getLogger(__name__)

REFRESH_SECONDS = 3600.0
FIRST_RETRY_SECONDS = 5.0
"""Doubled with each failure in a row, up to `LAST_RETRY_SECONDS`."""
LAST_RETRY_SECONDS = 300.0
KEEP_SECONDS = 24 * 3600.0
"""For so long keys count after they were last seen published. Microsoft announces a new key days before it signs, and
expects nobody to ask for them more rarely than once a day."""
LARGEST_DOCUMENT = 1024 * 1024
"""Bytes."""
FETCH_SECONDS = 10.0


class KeysUnavailable(Exception):
    """The document with an issuer's keys could not be had. The text is for the log."""


Fetch = Callable[[str], Awaitable[bytes]]
"""The document at a URL. Raises KeysUnavailable."""

Publish = Callable[[], Awaitable[None]]


async def fetch_keys(url: str) -> bytes:
    """Redirects are not followed: the operator said where the keys are."""
    try:
        async with (
            asyncio.timeout(FETCH_SECONDS),
            httpx2.AsyncClient(follow_redirects=False) as client,
            client.stream("GET", url, headers={"accept": "application/json"}) as answer,
        ):
            if answer.status_code != 200:
                raise KeysUnavailable(f"status {answer.status_code}")
            document = bytearray()
            async for piece in answer.aiter_bytes():
                document += piece
                if len(document) > LARGEST_DOCUMENT:
                    raise KeysUnavailable("the document is too large")
            return bytes(document)
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, OSError) as error:
        raise KeysUnavailable(f"{type(error).__name__}: {error}") from error


class _Source:
    """One source, and what is known of its keys."""

    def __init__(self, source: IssuerSource) -> None:
        self.source = source
        self.keys: tuple[VerificationKey, ...] = ()
        self.seen_at = 0.0
        """When these keys were last published, or as good as."""
        self.due_at = 0.0
        self.failures = 0


class TrustedIssuers:
    """`run` is a task of the control process; `arrange` has its part in what gateways see."""

    def __init__(
        self, sources: Iterable[IssuerSource], *, fetch: Fetch, clock: Callable[[], float], publish: Publish
    ) -> None:
        """`clock` is monotonic, in seconds. `publish` is called when `arrange` has something new to say."""
        self._sources = [_Source(source) for source in sources]
        self._fetch = fetch
        self._clock = clock
        self._publish = publish
        self._is_published = True

    def arrange(self, directory: Directory) -> Directory:
        """With the trusted issuers that have keys. Ingate's own come first, and no other goes by their names."""
        own = {issuer.issuer for issuer in directory.issuers}
        added = [issuer for issuer in self.list_issuers() if issuer.issuer not in own]
        return replace(directory, issuers=(*directory.issuers, *added)) if added else directory

    def list_issuers(self) -> tuple[TrustedIssuer, ...]:
        """Those that have keys, for the control plane itself."""
        return tuple(
            issuer
            for entry in self._sources
            if entry.keys
            for issuer in render_trusted_issuers(entry.source, entry.keys)
        )

    def remember(self, directory: Directory) -> None:
        """Takes over the keys of a directory that was published before a restart, until they have been fetched."""
        published = {issuer.issuer: issuer for issuer in directory.issuers if not issuer.is_own}
        for entry in self._sources:
            found = published.get(entry.source.issuers[0])
            if found is not None and not entry.keys:
                entry.keys, entry.seen_at = found.keys, self._clock()

    async def run(self) -> None:
        """Until it is cancelled. Ends at once when there is nobody to trust."""
        while self._sources:
            due_at = self._clock() + FIRST_RETRY_SECONDS
            try:
                await self.refresh()
                due_at = min(entry.due_at for entry in self._sources)
            except Exception:  # noqa: BLE001 - of whatever room: the next time may be better
                _log.exception("the keys of trusted issuers could not be published")
            await asyncio.sleep(max(0.0, due_at - self._clock()))

    async def refresh(self) -> None:
        """Fetches what is due, each from its own place and at the same time."""
        due = [entry for entry in self._sources if entry.due_at <= self._clock()]
        changes = await asyncio.gather(*(self._refresh(entry) for entry in due))
        self._is_published = self._is_published and not any(changes)
        if not self._is_published:
            await self._publish()
            self._is_published = True

    async def _refresh(self, entry: _Source) -> bool:
        """Whether its keys are others than before."""
        before = entry.keys
        try:
            fetched = choose_keys(entry.source, parse_keys(await self._fetch(entry.source.keys_url)) or ())
            if not fetched:
                raise KeysUnavailable("the document holds no key for this issuer")
        except KeysUnavailable as problem:
            self._note_failure(entry, problem)
        else:
            now = self._clock()
            entry.keys, entry.seen_at, entry.due_at, entry.failures = fetched, now, now + REFRESH_SECONDS, 0
            if fetched != before:
                _log.info("issuer %s has %d keys", entry.source.issuers[0], len(fetched))
        return entry.keys != before

    def _note_failure(self, entry: _Source, problem: KeysUnavailable) -> None:
        now, issuer = self._clock(), entry.source.issuers[0]
        pause = min(FIRST_RETRY_SECONDS * 2**entry.failures, LAST_RETRY_SECONDS)
        entry.failures = min(entry.failures + 1, 16)
        entry.due_at = now + pause
        _log.warning("the keys of issuer %s cannot be had, again in %.0f s: %s", issuer, pause, problem)
        if entry.keys and now - entry.seen_at >= KEEP_SECONDS:
            entry.keys = ()
            _log.error("issuer %s is no longer trusted: nobody has seen its keys for a day", issuer)
