"""What may be configured as an upstream. No rule's answer repeats what it was given: it may be a pasted secret."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from .upstream import CredentialReference

LONGEST_URL = 2048
LONGEST_TIMEOUT = 86_400.0
"""A day, in seconds."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\uffff\\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamInvalid:
    """Why an upstream's configuration is refused. `member` is the property's name."""

    member: str
    reason: str


def parse_credential(text: str) -> CredentialReference | UpstreamInvalid:
    """`env:VARIABLE` or `file:/absolute/path`: a place to look, never the credential itself."""
    source, _, location = text.partition(":")
    if source == "env" and _VARIABLE.fullmatch(location):
        return CredentialReference(source="env", location=location)
    if source == "file" and is_absolute_path(location):
        return CredentialReference(source="file", location=location)
    return UpstreamInvalid(
        member="credential",
        reason="must be env:VARIABLE or file:/absolute/path. Ingate stores where a credential is, never the "
        "credential itself; if you pasted one, consider it exposed",
    )


def is_absolute_path(text: str) -> bool:
    return text.startswith("/") and len(text) <= 4096 and "\0" not in text


def parse_base_url(text: str) -> str | UpstreamInvalid:
    """An http or https URL with a host, and nothing that could hide a secret or change the path's meaning.

    A final slash is removed. What follows is `/v1/messages`, so a URL that already ends with it is a mistake.
    """
    parts = _split(text)
    reason = "must be an http or https URL with a host" if parts is None else _find_fault(text, parts)
    if parts is None or reason is not None:
        return UpstreamInvalid(member="baseUrl", reason=reason or "")
    return text.rstrip("/")


def _split(text: str) -> SplitResult | None:
    if len(text) > LONGEST_URL or _UNSAFE.search(text):
        return None
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if usable else None


def _find_fault(text: str, parts: SplitResult) -> str | None:
    if "@" in parts.netloc:
        return "must not hold a user name or password; use credential"
    if "?" in text or "#" in text:
        return "must have no query and no fragment"
    if parts.path.rstrip("/").endswith(("/v1", "/v1/messages")):
        return "is everything before /v1/messages; leave out /v1"
    return None


def is_loopback_url(url: str) -> bool:
    """Whether a URL that `parse_base_url` accepted stays on this machine, judged by its name alone."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def decide_plain_http(base_url: str, *, has_credential: bool, allowed: bool) -> UpstreamInvalid | None:
    """A credential does not cross a network in clear unless its operator says so."""
    if not base_url.startswith("http://") or not has_credential or allowed or is_loopback_url(base_url):
        return None
    return UpstreamInvalid(
        member="baseUrl",
        reason="would send the credential over plain http to another machine; use https, or set allowPlainHttp",
    )


def decide_timeout(member: str, seconds: float) -> float | UpstreamInvalid:
    if 0 < seconds <= LONGEST_TIMEOUT:
        return float(seconds)
    return UpstreamInvalid(member=member, reason="must be more than 0 and at most 86400 seconds")
