from __future__ import annotations

import pytest

from ingate.domain.upstream import CredentialReference
from ingate.domain.upstream_rules import (
    UpstreamInvalid,
    decide_plain_http,
    is_loopback_url,
    parse_base_url,
    parse_credential,
)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("https://api.anthropic.com", "https://api.anthropic.com"),
        ("https://api.anthropic.com/", "https://api.anthropic.com"),
        ("https://x.services.ai.azure.com/anthropic/", "https://x.services.ai.azure.com/anthropic"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000/base", "http://[::1]:8000/base"),
    ],
)
def test_a_base_url_is_kept_without_its_final_slash(text: str, kept: str) -> None:
    assert parse_base_url(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "api.anthropic.com",
        "ftp://CANARY.example",
        "file:///CANARY",
        "https://",
        "https:///CANARY",
        "https://CANARY@example.com",
        "https://user:CANARY@example.com",
        "https://@example.com",
        "https://example.com?CANARY",
        "https://example.com?",
        "https://example.com#CANARY",
        "https://example.com#",
        "https://example.com:CANARY",
        "https://example.com:0",
        "https://example.com:99999",
        "https://[::1",
        "https://exa mple.com/CANARY",
        "https://example.com/\r\nCANARY: 1",
        "https://example.com\\@CANARY",
        "https://example.com/v1",
        "https://example.com/v1/messages/",
        "https://example.com/" + "a" * 3000,
    ],
    ids=lambda text: ascii(text)[:40],
)
def test_a_base_url_with_anything_else_is_refused_without_repeating_it(text: str) -> None:
    refused = parse_base_url(text)
    assert isinstance(refused, UpstreamInvalid)
    assert "CANARY" not in repr(refused)


def test_a_credential_is_a_place_to_look() -> None:
    assert parse_credential("env:ANTHROPIC_API_KEY") == CredentialReference(
        source="env", location="ANTHROPIC_API_KEY"
    )
    assert parse_credential("file:/run/secrets/key") == CredentialReference(
        source="file", location="/run/secrets/key"
    )


@pytest.mark.parametrize(
    "text", ["sk-ant-CANARY", "env:CANARY-KEY", "file:CANARY", "file:/CANARY\0", "http://CANARY", ""]
)
def test_a_pasted_credential_is_refused_without_repeating_it(text: str) -> None:
    refused = parse_credential(text)
    assert isinstance(refused, UpstreamInvalid)
    assert "CANARY" not in repr(refused)


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://localhost", True),
        ("http://a.localhost.:80", True),
        ("http://127.9.9.9", True),
        ("http://[::1]", True),
        ("http://10.0.0.1", False),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1.example.com", False),
        ("http://0.0.0.0", False),
    ],
)
def test_loopback_is_judged_by_the_name_alone(url: str, loopback: bool) -> None:
    assert is_loopback_url(url) is loopback


def test_plain_http_without_a_credential_gives_nothing_away() -> None:
    assert decide_plain_http("http://10.0.0.1", has_credential=False, allowed=False) is None
    assert decide_plain_http("https://10.0.0.1", has_credential=True, allowed=False) is None
    assert decide_plain_http("http://10.0.0.1", has_credential=True, allowed=False) is not None
