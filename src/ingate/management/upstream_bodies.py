"""An upstream's JSON: what it may hold, what is decided about it, and how one is shown.

The type is our own, so members that it does not have are refused: a misspelt timeout is found at once, and a
credential under a name of somebody's invention is never stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast, get_args

import msgspec

from ingate.domain.subscription import ResourceGroup
from ingate.domain.upstream import (
    SIMULATOR_UPSTREAM,
    ConfiguredUpstream,
    CredentialHeader,
    CredentialReference,
    UpstreamDefinition,
    UpstreamKind,
)
from ingate.domain.upstream_rules import (
    UpstreamInvalid,
    decide_plain_http,
    decide_timeout,
    is_absolute_path,
    parse_base_url,
    parse_credential,
)
from ingate.wire.arm.documents import JsonObject
from ingate.wire.arm.envelopes import render_system_data
from ingate.wire.arm.ids import UPSTREAM_TYPE, render_upstream_id

KINDS: tuple[str, ...] = get_args(UpstreamKind)
CREDENTIAL_HEADERS: tuple[str, ...] = get_args(CredentialHeader)
PROFILES = ("none", "llama.cpp", "vllm", "ollama", "lmstudio")


class UpstreamProperties(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    kind: str
    base_url: str | None = None
    credential: str | None = None
    credential_header: str = "x-api-key"
    profile: str = "none"
    connect_timeout_seconds: float = SIMULATOR_UPSTREAM.connect_timeout
    first_byte_timeout_seconds: float = SIMULATOR_UPSTREAM.first_byte_timeout
    idle_timeout_seconds: float = SIMULATOR_UPSTREAM.idle_timeout
    tls_ca_file: str | None = None
    allow_plain_http: bool = False
    provisioning_state: object = None
    """Read only; accepted so that what GET answers can be sent back."""


class UpstreamBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    properties: UpstreamProperties
    id: object = None
    name: object = None
    type: object = None
    etag: object = None
    system_data: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Address:
    base_url: str | None
    credential: CredentialReference | None


def decide_upstream(name: str, body: UpstreamBody) -> UpstreamDefinition | UpstreamInvalid:
    """The definition that a body asks for, or the first thing that is wrong with it."""
    properties = body.properties
    fault = _find_fault(properties)
    if fault is not None:
        return fault
    address = _decide_address(properties)
    if isinstance(address, UpstreamInvalid):
        return address
    return UpstreamDefinition(
        name=name,
        kind=cast("UpstreamKind", properties.kind),
        base_url=address.base_url,
        credential=address.credential,
        credential_header=cast("CredentialHeader", properties.credential_header),
        profile=properties.profile,
        connect_timeout=properties.connect_timeout_seconds,
        first_byte_timeout=properties.first_byte_timeout_seconds,
        idle_timeout=properties.idle_timeout_seconds,
        tls_ca_file=properties.tls_ca_file,
    )


def _find_fault(properties: UpstreamProperties) -> UpstreamInvalid | None:
    choices = (
        ("kind", properties.kind, KINDS),
        ("credentialHeader", properties.credential_header, CREDENTIAL_HEADERS),
        ("profile", properties.profile, PROFILES),
    )
    for member, given, allowed in choices:
        if given not in allowed:
            return UpstreamInvalid(member=member, reason=f"must be one of {', '.join(allowed)}")
    if properties.tls_ca_file is not None and not is_absolute_path(properties.tls_ca_file):
        return UpstreamInvalid(member="tlsCaFile", reason="must be an absolute path")
    return _find_timeout_fault(properties)


def _find_timeout_fault(properties: UpstreamProperties) -> UpstreamInvalid | None:
    timeouts = (
        ("connectTimeoutSeconds", properties.connect_timeout_seconds),
        ("firstByteTimeoutSeconds", properties.first_byte_timeout_seconds),
        ("idleTimeoutSeconds", properties.idle_timeout_seconds),
    )
    for member, seconds in timeouts:
        decided = decide_timeout(member, seconds)
        if isinstance(decided, UpstreamInvalid):
            return decided
    return None


def _decide_address(properties: UpstreamProperties) -> _Address | UpstreamInvalid:
    if properties.kind == "simulator":
        return _decide_no_address(properties)
    if properties.base_url is None:
        return UpstreamInvalid(member="baseUrl", reason="is required for this kind")
    base_url = parse_base_url(properties.base_url)
    if isinstance(base_url, UpstreamInvalid):
        return base_url
    credential = None if properties.credential is None else parse_credential(properties.credential)
    if isinstance(credential, UpstreamInvalid):
        return credential
    refusal = decide_plain_http(base_url, has_credential=credential is not None, allowed=properties.allow_plain_http)
    return refusal or _Address(base_url=base_url, credential=credential)


def _decide_no_address(properties: UpstreamProperties) -> _Address | UpstreamInvalid:
    for member, given in (("baseUrl", properties.base_url), ("credential", properties.credential)):
        if given is not None:
            return UpstreamInvalid(member=member, reason="has no meaning for a simulator")
    return _Address(base_url=None, credential=None)


def render_upstream(upstream: ConfiguredUpstream) -> JsonObject:
    return {
        "id": upstream.upstream_id,
        "name": upstream.definition.name,
        "type": UPSTREAM_TYPE,
        "etag": upstream.etag,
        "systemData": render_system_data(upstream.system_data),
        "properties": _render_properties(upstream.definition, allow_plain_http=upstream.allow_plain_http),
    }


def render_simulator(group: ResourceGroup) -> JsonObject:
    name = SIMULATOR_UPSTREAM.name
    return {
        "id": render_upstream_id(group.subscription_id, group.name, name),
        "name": name,
        "type": UPSTREAM_TYPE,
        "properties": _render_properties(SIMULATOR_UPSTREAM, allow_plain_http=False),
    }


def _render_properties(definition: UpstreamDefinition, *, allow_plain_http: bool) -> JsonObject:
    credential = definition.credential
    return {
        "provisioningState": "Succeeded",
        "kind": definition.kind,
        "baseUrl": definition.base_url,
        "credential": None if credential is None else str(credential),
        "credentialHeader": definition.credential_header,
        "profile": definition.profile,
        "connectTimeoutSeconds": definition.connect_timeout,
        "firstByteTimeoutSeconds": definition.first_byte_timeout,
        "idleTimeoutSeconds": definition.idle_timeout,
        "tlsCaFile": definition.tls_ca_file,
        "allowPlainHttp": allow_plain_http,
    }
