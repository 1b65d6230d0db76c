"""The mistakes that can be seen without asking anyone: in the environment, in a URL, in a client's headers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from .address import is_loopback, parse_http_url

KNOWN_VERSIONS = ("2023-06-01", "2026-10-21")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. `fix` says what to do about a problem."""

    check: str
    level: Literal["ok", "note", "problem"]
    message: str
    fix: str = ""


def problem(check: str, message: str, fix: str) -> Finding:
    return Finding(check=check, level="problem", message=message, fix=fix)


def diagnose_environment(
    environment: Mapping[str, str], local_base_url: str, *, leads_here: bool = False
) -> list[Finding]:
    """What the official clients would make of the ANTHROPIC_FOUNDRY_ variables. `leads_here` says that Azure's host
    names lead to this Ingate."""
    resource = environment.get("ANTHROPIC_FOUNDRY_RESOURCE")
    base_url = environment.get("ANTHROPIC_FOUNDRY_BASE_URL")
    if resource and base_url:
        return [
            problem(
                "environment",
                "ANTHROPIC_FOUNDRY_RESOURCE and ANTHROPIC_FOUNDRY_BASE_URL are both set; clients take only one.",
                "unset ANTHROPIC_FOUNDRY_RESOURCE",
            )
        ]
    if resource and not leads_here:
        return [
            problem(
                "environment",
                "ANTHROPIC_FOUNDRY_RESOURCE sends clients to "
                f"https://{resource}.services.ai.azure.com, which is Azure, not this Ingate.",
                f"unset ANTHROPIC_FOUNDRY_RESOURCE; export ANTHROPIC_FOUNDRY_BASE_URL={local_base_url}",
            )
        ]
    return []


def diagnose_base_url(text: str) -> tuple[str | None, list[Finding]]:
    """What `text` should have been (None when that cannot be told), and what is wrong with it.

    Clients append `/v1/messages` to their base URL.
    """
    if "://" not in text:
        meant, _ = diagnose_base_url(f"http://{text}")
        return meant, [_bad_base_url("the base URL does not say http:// or https://.", meant)]
    parts = parse_http_url(text)
    if parts is None:
        return None, [_bad_base_url("the base URL is not an http or https URL.", None)]
    host = parts.netloc.rpartition("@")[2]
    meant = f"{parts.scheme}://{host}/anthropic"
    path = parts.path.rstrip("/")
    if "@" in parts.netloc:
        return meant, [_bad_base_url("the base URL holds a user name or password.", meant)]
    if parts.query or parts.fragment:
        return meant, [_bad_base_url("the base URL has something after its path.", meant)]
    if path == "/anthropic":
        return meant, []
    return meant, [_bad_base_url(_what_is_wrong_with(path), meant)]


def _what_is_wrong_with(path: str) -> str:
    if not path:
        return "the base URL lacks /anthropic."
    if path.startswith("/anthropic/v1"):
        return f"the base URL ends with {path.removeprefix('/anthropic')}; clients add /v1/messages themselves."
    if path.startswith("/v1"):
        return f"the base URL has {path} in place of /anthropic; clients add /v1/messages themselves."
    if path.startswith("/openai"):
        return "the base URL is that of Azure's OpenAI routes, which do not serve Claude."
    if path.startswith("/api/projects"):
        return "the base URL is that of a Foundry project; Claude is served by the resource."
    return f"the base URL has the path {path}; Claude is served below /anthropic."


def _bad_base_url(message: str, meant: str | None) -> Finding:
    return problem("base URL", message, f"use {meant or 'a URL such as http://127.0.0.1:8080/anthropic'}")


def diagnose_proxies(environment: Mapping[str, str], base_url: str) -> list[Finding]:
    """A proxy that clients would ask for this machine's own addresses. Its own address is not repeated: it may
    hold a password."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if not is_loopback(host):
        return []
    names = [f"{parts.scheme}_proxy", "all_proxy"]
    capturing = [name for lower in names for name in (lower, lower.upper()) if environment.get(name, "").strip()]
    exempt = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    if not capturing or _is_exempt(host, exempt.split(",")):
        return []
    return [
        problem(
            "proxy",
            f"{' and '.join(capturing)} would send requests for {host} to a proxy.",
            f"export NO_PROXY={','.join([*filter(None, [exempt.strip()]), host])}",
        )
    ]


def _is_exempt(host: str, entries: Iterable[str]) -> bool:
    for entry in entries:
        name = entry.strip().lower().removeprefix("*.").removeprefix(".").strip("[]")
        if entry.strip() == "*" or (name and (host == name or host.endswith(f".{name}"))):
            return True
    return False


def diagnose_api_key(api_key: str) -> list[Finding]:
    """What a key looks like when it was copied badly. Never says what it is."""
    stripped = api_key.strip().strip("\"'")
    if stripped != api_key:
        return [
            problem(
                "API key",
                "the API key has white space or quotes around it.",
                "set it again, without them",
            )
        ]
    if not stripped.isascii() or not stripped.isprintable() or " " in stripped:
        return [problem("API key", "the API key holds characters that no key has.", "copy it again")]
    return []


def diagnose_headers(headers: Sequence[tuple[str, str]]) -> list[Finding]:
    """What a gateway would make of the headers that a client sends."""
    sent = {name.strip().lower(): value.strip() for name, value in headers}
    findings: list[Finding] = []
    version = sent.get("anthropic-version")
    if version is None:
        findings.append(
            problem(
                "headers",
                "the header anthropic-version is missing; every request needs it.",
                f"send anthropic-version: {KNOWN_VERSIONS[0]}",
            )
        )
    elif version not in KNOWN_VERSIONS:
        findings.append(
            problem(
                "headers",
                f"anthropic-version {version!r} does not exist.",
                f"send {' or '.join(KNOWN_VERSIONS)}",
            )
        )
    keys = {sent[name] for name in ("api-key", "x-api-key") if name in sent}
    if len(keys) > 1:
        findings.append(
            problem("headers", "api-key and x-api-key differ.", "send one of them, or the same key in both")
        )
    if not keys and "authorization" not in sent:
        findings.append(
            problem("headers", "no header carries an API key.", "send api-key, x-api-key or authorization")
        )
    if "authorization" in sent and not sent["authorization"].lower().startswith("bearer "):
        findings.append(problem("headers", "authorization is not a bearer token.", "send authorization: Bearer KEY"))
    return findings
