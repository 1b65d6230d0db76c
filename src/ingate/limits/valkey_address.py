"""Where the shared Valkey is: `valkey://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`, `valkeys://` for TLS."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

DEFAULT_PORT = 6379
LARGEST_DATABASE = 2**31 - 1
_SCHEMES = {"valkey": False, "valkeys": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyAddress:
    host: str
    port: int = DEFAULT_PORT
    user: str = ""
    password: str = field(default="", repr=False)
    database: int = 0
    tls: bool = False

    def __str__(self) -> str:
        """For logs and for other processes: without user and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'valkeys' if self.tls else 'valkey'}://{host}:{self.port}/{self.database}"


def parse_valkey_address(text: str) -> ValkeyAddress | None:
    """None when it is no such address. Says nothing of why: the text may hold a password."""
    try:
        parts = urlsplit(text)
        port = DEFAULT_PORT if parts.port is None else parts.port
    except ValueError:
        return None
    database = parts.path.removeprefix("/") or "0"
    if parts.scheme not in _SCHEMES or not parts.hostname or parts.query or parts.fragment or port == 0:
        return None
    if not (database.isascii() and database.isdigit() and int(database[:11]) <= LARGEST_DATABASE):
        return None
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if user and not password:
        return None
    return ValkeyAddress(
        host=parts.hostname,
        port=port,
        user=user,
        password=password,
        database=int(database),
        tls=_SCHEMES[parts.scheme],
    )
