from __future__ import annotations

import pytest

from ingate.cli.diagnosis import (
    diagnose_api_key,
    diagnose_base_url,
    diagnose_environment,
    diagnose_headers,
    diagnose_proxies,
)

GOOD = "http://127.0.0.1:8080/anthropic"


@pytest.mark.parametrize("url", [GOOD, GOOD + "/", "https://r.services.ai.azure.com/anthropic"])
def test_a_good_base_url_is_not_spoken_of(url: str) -> None:
    assert diagnose_base_url(url) == (url.rstrip("/"), [])


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1:8080", "lacks /anthropic"),
        ("http://127.0.0.1:8080/anthropic/v1", "ends with /v1; clients add"),
        ("http://127.0.0.1:8080/anthropic/v1/messages", "ends with /v1/messages; clients add"),
        ("http://127.0.0.1:8080/anthropic/v1/v1", "ends with /v1/v1; clients add"),
        ("http://127.0.0.1:8080/v1", "/v1 in place of /anthropic"),
        ("http://127.0.0.1:8080/openai/v1", "OpenAI routes"),
        ("http://127.0.0.1:8080/api/projects/p", "Foundry project"),
        ("http://127.0.0.1:8080/Anthropic", "path /Anthropic"),
        ("http://127.0.0.1:8080/anthropic?beta=true", "after its path"),
        ("127.0.0.1:8080/anthropic", "does not say http://"),
        ("http://me:secret@127.0.0.1:8080/anthropic", "user name or password"),
    ],
)
def test_a_wrong_base_url_is_told_with_the_right_one(url: str, message: str) -> None:
    meant, [finding] = diagnose_base_url(url)
    assert meant == GOOD
    assert message in finding.message
    assert finding.fix == f"use {GOOD}"
    assert "secret" not in finding.message


@pytest.mark.parametrize("url", ["", "ftp://host/anthropic", "http://", "http://host:port", "http://host:0"])
def test_a_base_url_that_means_nothing_is_told_with_an_example(url: str) -> None:
    meant, [finding] = diagnose_base_url(url)
    assert meant is None
    assert "such as http://127.0.0.1:8080/anthropic" in finding.fix


def test_the_two_variables_exclude_each_other() -> None:
    both = {"ANTHROPIC_FOUNDRY_RESOURCE": "r", "ANTHROPIC_FOUNDRY_BASE_URL": GOOD}
    [finding] = diagnose_environment(both, GOOD)
    assert (finding.level, finding.fix) == ("problem", "unset ANTHROPIC_FOUNDRY_RESOURCE")
    assert diagnose_environment({"ANTHROPIC_FOUNDRY_BASE_URL": GOOD}, GOOD) == []
    assert diagnose_environment({}, GOOD) == []


def test_a_resource_variable_alone_sends_clients_to_azure() -> None:
    [finding] = diagnose_environment({"ANTHROPIC_FOUNDRY_RESOURCE": "r"}, GOOD)
    assert "https://r.services.ai.azure.com" in finding.message
    assert f"ANTHROPIC_FOUNDRY_BASE_URL={GOOD}" in finding.fix


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_a_proxy_that_would_capture_loopback_is_named_without_its_password(name: str) -> None:
    [finding] = diagnose_proxies({name: "http://me:secret@proxy:3128", "NO_PROXY": "corp.example"}, GOOD)
    assert finding.message == f"{name} would send requests for 127.0.0.1 to a proxy."
    assert finding.fix == "export NO_PROXY=corp.example,127.0.0.1"


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, GOOD),
        ({"HTTPS_PROXY": "p"}, GOOD),
        ({"HTTP_PROXY": "p", "NO_PROXY": "localhost, 127.0.0.1"}, GOOD),
        ({"HTTP_PROXY": "p", "no_proxy": "*"}, GOOD),
        ({"HTTP_PROXY": "p", "no_proxy": ".localhost"}, "http://r.localhost:8080/anthropic"),
        ({"HTTP_PROXY": "p", "no_proxy": "[::1]"}, "http://[::1]:8080/anthropic"),
        ({"HTTP_PROXY": "p"}, "http://gateway.example/anthropic"),
    ],
)
def test_a_proxy_that_captures_no_loopback_address_is_fine(environment: dict[str, str], url: str) -> None:
    assert diagnose_proxies(environment, url) == []


def test_a_badly_copied_key_is_told_and_not_shown() -> None:
    assert diagnose_api_key("abc123") == []
    for key in ("abc123\n", '"abc123"', "abc 123", "abc\u2013123"):
        [finding] = diagnose_api_key(key)
        assert "123" not in finding.message + finding.fix


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ([("x-api-key", "k")], "anthropic-version is missing"),
        ([("x-api-key", "k"), ("Anthropic-Version", "2024-01-01")], "'2024-01-01' does not exist"),
        ([("anthropic-version", "2023-06-01")], "no header carries an API key"),
        ([("anthropic-version", "2026-10-21"), ("api-key", "a"), ("x-api-key", "b")], "differ"),
        ([("anthropic-version", "2023-06-01"), ("authorization", "k")], "not a bearer token"),
    ],
)
def test_headers_that_a_gateway_refuses_are_told(headers: list[tuple[str, str]], message: str) -> None:
    [finding] = diagnose_headers(headers)
    assert message in finding.message


def test_the_headers_of_the_official_clients_are_fine() -> None:
    assert diagnose_headers([("X-Api-Key", "k"), ("api-key", "k"), ("anthropic-version", "2026-10-21")]) == []
    assert diagnose_headers([("Authorization", "Bearer k"), ("anthropic-version", "2023-06-01")]) == []
