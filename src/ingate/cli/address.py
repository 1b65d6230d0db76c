"""Addresses that people type: what may be in one, and which of them are this machine."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

import click

from .failure import CommandFailed
from .invocation import Invocation

if TYPE_CHECKING:
    import ssl

    import httpx2


def parse_http_url(text: str) -> SplitResult | None:
    """The parts of an http or https URL with a host and a possible port; None for anything else."""
    try:
        parts = urlsplit(text)
        port_is_possible = parts.port is None or parts.port > 0
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname and port_is_possible else None


def is_loopback(host: str | None) -> bool:
    """Whether only this machine answers at `host`. `*.localhost` is loopback by RFC 6761, section 6.3."""
    if not host:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def origin(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}"


def reachable(url: str) -> str:
    """A listening address as one to connect to: one that means all of this machine's becomes loopback."""
    parts = urlsplit(url.rstrip("/"))
    port = f":{parts.port}" if parts.port else ""
    if parts.hostname == "0.0.0.0":  # noqa: S104 - recognised, not listened on
        return f"{parts.scheme}://127.0.0.1{port}"
    if parts.hostname == "::":
        return f"{parts.scheme}://[::1]{port}"
    return origin(parts)


class HttpUrl(click.ParamType[str]):
    """An http or https URL as an option's value. A password in one would end up in messages: refused."""

    name = "url"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        parts = parse_http_url(str(value))
        if parts is None:
            self.fail("an address that begins with http:// or https:// is expected", param, ctx)
        if "@" in parts.netloc:
            self.fail("a URL here holds no user name or password", param, ctx)
        return str(value).rstrip("/")


def open_http_client(
    invocation: Invocation, url: str, *, read_timeout: float, ca_file: Path | None = None
) -> httpx2.Client:
    """A client for `url`. A proxy from the environment is never put between this machine and itself.

    `read_timeout` is the longest silence in seconds. `ca_file` has the certificates to trust, in place of the
    platform's or those of SSL_CERT_FILE. Redirects are not followed.
    """
    import httpx2

    parts = urlsplit(url)
    local = is_loopback(parts.hostname)
    return httpx2.Client(
        transport=invocation.transport,
        trust_env=invocation.transport is None and not local,
        verify=_make_tls_context(ca_file) if parts.scheme == "https" and (ca_file or local) else True,
        timeout=httpx2.Timeout(read_timeout, connect=5.0),
    )


def _make_tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Without a file: OpenSSL's own certificates, or those that SSL_CERT_FILE names."""
    import ssl

    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise CommandFailed(f"{ca_file} holds no certificates that can be read.") from error


def is_untrusted(error: Exception) -> bool:
    """Whether a connection failed because of the other side's certificate."""
    return "CERTIFICATE_VERIFY_FAILED" in str(error)
