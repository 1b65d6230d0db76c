"""What the identity endpoints work with, given to them by assembly."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ingate.domain.state import State, StateSession


class GrantSealer(Protocol):
    """Encrypts what a client keeps for us and gives back: refresh tokens."""

    def seal(self, owner: str, content: bytes) -> bytes: ...

    def unseal(self, owner: str, sealed: bytes) -> bytes | None:
        """None for what was not sealed here, for this owner."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityPlane:
    state: State
    clock: Callable[[], datetime]
    """Aware times."""
    new_id: Callable[[], str]
    """GUIDs."""
    random_bytes: Callable[[int], bytes]
    """Unpredictable: codes, tokens' ids and their lifetimes are made of them."""
    publish: Callable[[], Awaitable[None]]
    """Puts the newest directory, and so the signing keys, where gateways find it."""
    verify_secret: Callable[[str, str], bool]
    """A secret and its hash; slow, and so called in a thread."""
    sealer: GrantSealer
    fetch: Callable[[str], Awaitable[bytes | None]]
    """The body of a successful GET of an https URL, without following redirects to other hosts; None otherwise. It
    bounds size and time. Only issuers that an administrator named are asked."""
    managed_identity: str | None = None
    """The name of the managed identity of whoever asks for one without saying which; None: nobody gets one."""
    app_service_secrets: tuple[str, ...] = ()
    """What `X-IDENTITY-HEADER` may be; empty: App Service's form is not served."""

    @asynccontextmanager
    async def changing(self) -> AsyncGenerator[StateSession]:
        """A transaction whose outcome gateways can see when it has ended."""
        async with self.state.writing() as session:
            yield session
        await self.publish()
