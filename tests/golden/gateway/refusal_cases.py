"""A request for each refusal of the data plane, as bytes, and for each problem with HTTP itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tests.support.raw_client import render_request
from tests.support.strict_http import Headers

from ingate.domain import network as n
from ingate.domain import refusal as r

API_KEY = b"{api_key}"
"""Stands for the resource's key 1, which is another in every run."""

TOKEN = b"{token}"
"""Stands for a good token of somebody who may not call Claude."""

HOST = b"example-resource.localhost"
TARGET = b"/anthropic/v1/messages"
JSON = (b"content-type", b"application/json")
VERSION = (b"anthropic-version", b"2023-06-01")
KEY = (b"api-key", API_KEY)

Shape = Literal["azure", "azure token", "anthropic", "event", "none"]
"""Who answers like this on Foundry: Azure's gateway (for tokens, in a shape of its own), or the model service, whose
errors end a stream that has begun as an event. An answer to HEAD has no body."""

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Filler:
    """Many bytes that are all alike, which a golden file only counts."""

    byte: bytes
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`refusal` is None for what the HTTP front refuses before there is a request to decide about."""

    refusal: type[object] | None
    name: str
    shape: Shape
    request: tuple[bytes | Filler, ...]
    before: tuple[bytes, ...] = ()
    """Sent first, each on a connection of its own."""
    resource: str = "example-resource"
    """Whose key it is."""


def request(
    body: bytes = b'{"model":"claude-haiku-4-5","max_tokens":1,"messages":[]}',
    *,
    method: bytes = b"POST",
    target: bytes = TARGET,
    host: bytes = HOST,
    headers: Headers = (KEY, VERSION, JSON),
    length: bool = True,
) -> bytes:
    return render_request(method, target, ((b"host", host), *headers), body, length=length)


def chunked() -> bytes:
    """The head of a request whose chunks follow."""
    return request(b"", headers=(KEY, VERSION, JSON, (b"transfer-encoding", b"chunked")), length=False)


def message(deployment_name: str, *, text: str = "Hello!", stream: bool = False) -> bytes:
    streaming = ',"stream":true' if stream else ""
    turn = f'{{"role":"user","content":"{text}"}}'
    return request(f'{{"model":"{deployment_name}","max_tokens":1,"messages":[{turn}]{streaming}}}'.encode())


def raw(*lines: bytes) -> bytes:
    return b"\r\n".join((*lines, b"", b""))


def get(target: bytes, *, method: bytes = b"GET") -> bytes:
    return request(b"", method=method, target=target, headers=(KEY,))


def ask_storage(feature: str, *, host: bytes = HOST) -> bytes:
    target = f"/anthropic/v1/{feature}".encode()
    return request(b"", method=b"GET", target=target, host=host, headers=(KEY, VERSION), length=False)


_HOST_LINE = b"Host: " + HOST

LONG_TEXT = "x " * 6000

REFUSALS = (
    Case(
        refusal=r.ResourceNotFound,
        name="resource_not_found",
        shape="azure",
        request=(request(host=b"no-such-resource.services.ai.azure.com"),),
    ),
    Case(refusal=r.Unauthenticated, name="key_missing", shape="azure", request=(request(headers=(VERSION, JSON)),)),
    Case(
        refusal=r.Unauthenticated,
        name="key_wrong",
        shape="azure",
        request=(request(headers=((b"x-api-key", b"not-a-key"), VERSION, JSON)),),
    ),
    Case(
        refusal=r.Unauthenticated,
        name="keys_differ",
        shape="azure",
        request=(request(headers=(KEY, (b"x-api-key", b"not-a-key"), VERSION, JSON)),),
    ),
    Case(
        refusal=r.Unauthenticated,
        name="token_wrong",
        shape="azure token",
        request=(request(headers=((b"authorization", b"Bearer header.payload.signature"), VERSION, JSON)),),
    ),
    Case(
        refusal=r.Unauthenticated,
        name="token_scheme_unknown",
        shape="azure token",
        request=(request(headers=((b"authorization", b"Basic dXNlcjpwYXNz"), VERSION, JSON)),),
    ),
    *(
        Case(refusal=r.OperationNotSupported, name=name, shape="azure", request=(get(target, method=method),))
        for name, method, target in (
            ("api_models", b"GET", b"/anthropic/v1/models"),
            ("api_batches", b"POST", b"/anthropic/v1/messages/batches"),
            ("api_organizations", b"GET", b"/anthropic/v1/organizations/me"),
            ("api_without_anthropic", b"POST", b"/v1/messages"),
            ("api_v1_twice", b"POST", b"/anthropic/v1/v1/messages"),
            ("api_root", b"GET", b"/"),
            ("api_below_files", b"GET", b"/anthropic/v1/files/file_1/versions"),
        )
    ),
    Case(refusal=r.MethodNotAllowed, name="method_get", shape="anthropic", request=(get(TARGET),)),
    Case(
        refusal=r.MethodNotAllowed,
        name="method_of_files",
        shape="anthropic",
        request=(get(b"/anthropic/v1/files", method=b"DELETE"),),
    ),
    Case(refusal=r.MethodNotAllowed, name="method_head", shape="none", request=(get(TARGET, method=b"HEAD"),)),
    Case(
        refusal=r.InvalidRequest,
        name="version_missing",
        shape="anthropic",
        request=(request(headers=(KEY, JSON)),),
    ),
    Case(
        refusal=r.InvalidRequest,
        name="body_encoded",
        shape="anthropic",
        request=(request(headers=(KEY, VERSION, JSON, (b"content-encoding", b"gzip"))),),
    ),
    Case(refusal=r.InvalidRequest, name="body_empty", shape="anthropic", request=(request(b""),)),
    Case(refusal=r.InvalidRequest, name="body_not_json", shape="anthropic", request=(request(b'{"model":"a",}'),)),
    Case(refusal=r.InvalidRequest, name="body_not_utf8", shape="anthropic", request=(request(b'{"model":"\xff"}'),)),
    Case(refusal=r.InvalidRequest, name="body_not_an_object", shape="anthropic", request=(request(b"[1,2]"),)),
    Case(refusal=r.InvalidRequest, name="model_missing", shape="anthropic", request=(request(b'{"max_tokens":1}'),)),
    Case(refusal=r.InvalidRequest, name="model_not_a_string", shape="anthropic", request=(request(b'{"model":4}'),)),
    Case(
        refusal=r.RequestTooLarge,
        name="body_too_large_by_length",
        shape="anthropic",
        request=(request(b"", headers=(KEY, VERSION, JSON, (b"content-length", b"33554433")), length=False),),
    ),
    Case(
        refusal=r.RequestTooLarge,
        name="body_too_large_in_chunks",
        shape="anthropic",
        request=(chunked(), b"2000001\r\n", Filler(byte=b"x", count=32 * MEBIBYTE + 1)),
    ),
    Case(
        refusal=r.RequestTooLarge,
        name="file_too_large_by_length",
        shape="anthropic",
        resource="served-resource",
        request=(
            request(
                b"",
                target=b"/anthropic/v1/files",
                host=b"served-resource.localhost",
                headers=(KEY, VERSION, (b"content-length", b"524288001")),
                length=False,
            ),
        ),
    ),
    *(
        Case(
            refusal=r.FeatureNotHosted,
            name=f"{feature}_not_hosted",
            shape="anthropic",
            resource="bare-resource",
            request=(ask_storage(feature, host=b"bare-resource.localhost"),),
        )
        for feature in ("files", "skills")
    ),
    Case(
        refusal=r.SeveralUpstreams,
        name="files_on_several_upstreams",
        shape="anthropic",
        request=(ask_storage("files"),),
    ),
    Case(refusal=r.DeploymentNotFound, name="deployment_not_found", shape="azure", request=(message("no-such-one"),)),
    Case(
        refusal=r.QuotaExceeded,
        name="quota_requests",
        shape="azure",
        before=(message("quota-requests"),),
        request=(message("quota-requests"),),
    ),
    Case(
        refusal=r.QuotaExceeded,
        name="quota_input_tokens",
        shape="azure",
        before=(message("quota-tokens", text=LONG_TEXT),),
        request=(message("quota-tokens", text=LONG_TEXT),),
    ),
    Case(
        refusal=r.QuotaExceeded,
        name="quota_output_tokens",
        shape="azure",
        before=(message("quota-output"),),
        request=(message("quota-output"),),
    ),
    *(
        Case(
            refusal=r.UpstreamUnavailable,
            name=f"upstream_{deployment_name.replace('-', '_')}",
            shape="anthropic",
            request=(message(deployment_name),),
        )
        for deployment_name in ("not-configured", "unreachable", "reset", "malformed", "timeout")
    ),
    Case(
        refusal=r.UpstreamUnavailable,
        name="upstream_reset_in_stream",
        shape="event",
        request=(message("reset-in-stream", stream=True),),
    ),
)

GUARDED = (
    *(
        Case(refusal=refusal, name=name, shape="azure", request=(request(host=host),))
        for refusal, name, host in (
            (n.PublicAccessDisabled, "public_access_disabled", b"closed-resource.localhost"),
            (n.AddressNotAllowed, "address_not_allowed", b"firewalled-resource.localhost"),
            (r.KeysDisabled, "keys_disabled", b"keyless-resource.localhost"),
        )
    ),
    Case(
        refusal=r.PermissionDenied,
        name="permission_denied",
        shape="azure",
        request=(request(headers=((b"authorization", b"Bearer " + TOKEN), VERSION, JSON)),),
    ),
    Case(refusal=r.TokenRequired, name="token_required", shape="azure", request=(message("for-tokens"),)),
    Case(refusal=r.DeploymentPaused, name="deployment_paused", shape="azure", request=(message("paused"),)),
    Case(refusal=r.BudgetExceeded, name="budget_exceeded", shape="azure", request=(message("spent"),)),
)
"""Of resources and deployments that are not open to everyone with a key."""

NOT_RECORDABLE = Case(
    refusal=r.NotRecordable,
    name="not_recordable",
    shape="azure",
    before=(request(headers=(VERSION, JSON)),),
    request=(message("claude-haiku-4-5"),),
)
"""When the journal's disk is full."""

QUOTA_UNAVAILABLE = Case(
    refusal=r.QuotaUnavailable, name="quota_unavailable", shape="azure", request=(message("claude-haiku-4-5"),)
)
"""When the shared quota's server is away, and the operator chose to refuse."""

SHUTTING_DOWN = Case(
    refusal=r.ShuttingDown, name="shutting_down", shape="azure", request=(message("claude-haiku-4-5"),)
)
"""When the gateway was told to stop while the request's head was on its way."""

HTTP_PROBLEMS = tuple(
    Case(refusal=None, name=f"http_{name}", shape="anthropic", request=sent)
    for name, sent in (
        ("400_no_http_at_all", (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",)),
        ("400_header_without_colon", (raw(b"POST /anthropic/v1/messages HTTP/1.1", _HOST_LINE, b"no colon here"),)),
        ("400_host_missing", (raw(b"GET /anthropic/v1/messages HTTP/1.1"),)),
        ("400_host_twice", (raw(b"GET /anthropic/v1/messages HTTP/1.1", _HOST_LINE, b"Host: other.localhost"),)),
        ("400_host_invalid", (raw(b"GET /anthropic/v1/messages HTTP/1.1", b"Host: a b"),)),
        (
            "400_length_and_coding",
            (raw(b"POST / HTTP/1.1", _HOST_LINE, b"Content-Length: 5", b"Transfer-Encoding: chunked"),),
        ),
        ("400_lengths_differ", (raw(b"POST / HTTP/1.1", _HOST_LINE, b"Content-Length: 5", b"Content-Length: 6"),)),
        ("400_coding_unknown", (raw(b"POST / HTTP/1.1", _HOST_LINE, b"Transfer-Encoding: gzip, chunked"),)),
        ("400_coding_in_http_1_0", (raw(b"POST / HTTP/1.0", _HOST_LINE, b"Transfer-Encoding: chunked"),)),
        ("400_chunk_size_invalid", (raw(b"POST / HTTP/1.1", _HOST_LINE, b"Transfer-Encoding: chunked"), b"zz\r\n")),
        (
            "400_chunks_mostly_framing",
            (chunked(), b"1;", Filler(byte=b"x", count=2 * MEBIBYTE)),
        ),
        ("400_target_not_a_path", (raw(b"OPTIONS * HTTP/1.1", _HOST_LINE),)),
        ("400_target_with_fragment", (raw(b"GET /anthropic/v1/messages#top HTTP/1.1", _HOST_LINE),)),
        ("408_head_unfinished", (b"POST /anthropic/v1/messages HTTP/1.1\r\nHost: ",)),
        ("417_expectation_unknown", (raw(b"POST / HTTP/1.1", _HOST_LINE, b"Expect: miracles"),)),
        (
            "431_header_too_large",
            (b"GET / HTTP/1.1\r\n" + _HOST_LINE + b"\r\nx: ", Filler(byte=b"x", count=MEBIBYTE // 2)),
        ),
        ("431_headers_too_many", (raw(b"GET / HTTP/1.1", _HOST_LINE, *[b"x: x"] * 256),)),
        ("431_target_too_long", (b"GET /", Filler(byte=b"x", count=MEBIBYTE // 2))),
        ("505_version_unknown", (raw(b"GET / HTTP/2.0", _HOST_LINE),)),
    )
)

CASES = (*REFUSALS, *HTTP_PROBLEMS)
ALL_CASES = (*CASES, *GUARDED, NOT_RECORDABLE, QUOTA_UNAVAILABLE, SHUTTING_DOWN)
