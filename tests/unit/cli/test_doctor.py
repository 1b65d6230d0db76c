"""Each mistake that `ingate doctor` names, as a client's environment would show it."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from unittest.mock import Mock

import httpx2
import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import FakeIngate

COUNT_TOKENS = "/anthropic/v1/messages/count_tokens"
KEY = {"ANTHROPIC_FOUNDRY_API_KEY": "example-resource-first-key"}


def test_all_well_is_exit_code_0(run: Run) -> None:
    result = run("doctor", environment=KEY)
    assert result.exit_code == 0
    assert result.stdout == (
        "ok      gateway: a gateway answers at http://127.0.0.1:8080/anthropic.\n"
        "ok      deployment: claude-haiku-4-5 answers.\n"
    )


def test_findings_as_json(run: Run) -> None:
    findings = json.loads(run("doctor", "--output", "json", environment=KEY).stdout)
    assert findings[0] == {
        "check": "gateway",
        "level": "ok",
        "message": "a gateway answers at http://127.0.0.1:8080/anthropic.",
        "fix": "",
    }


def test_without_a_key_in_the_environment_one_of_the_resources_is_tried(run: Run) -> None:
    result = run("doctor")
    assert result.exit_code == 0
    assert "no API key in the environment; checked with key 1 of example-resource." in result.stdout
    assert "example-resource-first-key" not in result.output


def test_a_wrong_base_url_is_told_and_the_rest_is_checked_with_the_right_one(run: Run) -> None:
    result = run("doctor", environment=KEY | {"ANTHROPIC_FOUNDRY_BASE_URL": "http://127.0.0.1:8080/v1"})
    assert result.exit_code == 1
    assert result.stdout == (
        "problem base URL: the base URL has /v1 in place of /anthropic; clients add /v1/messages themselves.\n"
        "        fix: use http://127.0.0.1:8080/anthropic\n"
        "ok      gateway: a gateway answers at http://127.0.0.1:8080/anthropic.\n"
        "ok      deployment: claude-haiku-4-5 answers.\n"
    )


def test_both_variables_set_is_told(run: Run) -> None:
    result = run(
        "doctor",
        environment=KEY
        | {
            "ANTHROPIC_FOUNDRY_RESOURCE": "r",
            "ANTHROPIC_FOUNDRY_BASE_URL": "http://127.0.0.1:8080/anthropic",
        },
    )
    assert result.exit_code == 1
    assert "fix: unset ANTHROPIC_FOUNDRY_RESOURCE\n" in result.stdout


def test_a_resource_by_name_is_right_where_its_host_leads_here(
    run: Run, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_name = KEY | {"ANTHROPIC_FOUNDRY_RESOURCE": "example-resource"}
    running = json.loads((data_dir / "running.json").read_text())
    assert "which is Azure, not this Ingate" in run("doctor", environment=by_name).stdout

    (data_dir / "running.json").write_text(json.dumps(running | {"proxy_url": "http://127.0.0.1:8082"}))
    led_by_proxy = by_name | {"HTTPS_PROXY": "http://127.0.0.1:8082"}
    assert run("doctor", environment=led_by_proxy).exit_code == 0
    assert run("doctor", environment=by_name | {"HTTPS_PROXY": "http://127.0.0.1:9999"}).exit_code == 1

    (data_dir / "running.json").write_text(json.dumps(running | {"azure_names_port": 443}))
    addresses = {"127.0.0.1": 0, "192.0.2.1": 1}
    for address, exit_code in addresses.items():
        found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 443))]
        monkeypatch.setattr(socket, "getaddrinfo", Mock(return_value=found))
        assert run("doctor", environment=by_name).exit_code == exit_code


def test_what_proxies_saw_is_told(run: Run, data_dir: Path, ingate: FakeIngate) -> None:
    now = ingate.entra.clock()
    seen = {"host": "r.services.ai.azure.com", "reason": "unknown ca", "count": 1, "last_at": now - 60}
    running = json.loads((data_dir / "running.json").read_text()) | {"azure_names_port": 443}
    (data_dir / "running.json").write_text(json.dumps(running))
    (data_dir / "proxy.json").write_text(json.dumps({"since": now - 600, "arrivals": 1, "broken_off": [seen]}))
    last_run = {"program": "app", "exit_code": 1, "ended_at": now - 30, "proxy": {"arrivals": 0, "since": now - 40}}
    (data_dir / "last-run.json").write_text(json.dumps(last_run))
    result = run("doctor", environment=KEY)
    assert result.exit_code == 1
    assert "the last `ingate run` ended with 1: app never used the proxy" in result.stdout
    assert "a program broke off TLS with r.services.ai.azure.com (unknown ca)" in result.stdout


def test_a_capturing_proxy_is_told(run: Run) -> None:
    result = run("doctor", environment=KEY | {"HTTP_PROXY": "http://proxy:3128"})
    assert result.exit_code == 1
    assert "fix: export NO_PROXY=127.0.0.1\n" in result.stdout


def test_nothing_listening_and_nothing_running(run: Run, ingate: FakeIngate, tmp_path: Path) -> None:
    ingate.answers["POST", COUNT_TOKENS] = httpx2.ConnectError("refused")
    result = run("doctor", "--data-dir", str(tmp_path / "none"), environment=KEY)
    assert result.exit_code == 1
    assert "problem gateway: nothing listens at http://127.0.0.1:8080.\n        fix: ingate up\n" in result.stdout


def test_a_gateway_that_is_down_while_the_management_api_is_not(run: Run, ingate: FakeIngate) -> None:
    ingate.answers["POST", COUNT_TOKENS] = httpx2.ConnectError("refused")
    assert "see what `ingate up` says about the gateway" in run("doctor", environment=KEY).stdout


def test_nothing_listening_there_but_elsewhere(run: Run) -> None:
    result = run("doctor", "--base-url", "http://127.0.0.1:9999/anthropic", environment=KEY)
    assert result.exit_code == 1
    assert "nothing listens at http://127.0.0.1:9999." in result.stdout
    assert "fix: Ingate runs at http://127.0.0.1:8080: use http://127.0.0.1:8080/anthropic" in result.stdout


def test_something_else_listening(run: Run, ingate: FakeIngate) -> None:
    ingate.answers["POST", COUNT_TOKENS] = httpx2.Response(404, headers={"server": "nginx"})
    result = run("doctor", environment=KEY)
    assert result.exit_code == 1
    assert "something else than Ingate listens at http://127.0.0.1:8080 (nginx)." in result.stdout


def test_the_management_api_taken_for_the_gateway(run: Run) -> None:
    result = run("doctor", "--base-url", "http://127.0.0.1:8081/anthropic", environment=KEY)
    assert result.exit_code == 1
    assert "is Ingate's management API, not its gateway." in result.stdout
    assert "fix: use http://127.0.0.1:8080/anthropic" in result.stdout


def test_a_listener_that_does_not_answer(run: Run, ingate: FakeIngate) -> None:
    ingate.answers["POST", COUNT_TOKENS] = httpx2.ReadTimeout("timed out")
    result = run("doctor", environment=KEY)
    assert "takes connections but does not answer" in result.stdout


def test_https_against_the_plain_http_port(run: Run, ingate: FakeIngate) -> None:
    plain = ingate.handle

    def handle(request: httpx2.Request) -> httpx2.Response:
        if request.url.scheme == "https":
            raise httpx2.ConnectError("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)")
        return plain(request)

    ingate.handle = handle
    result = run("doctor", "--base-url", "https://127.0.0.1:8080/anthropic", environment=KEY)
    assert result.exit_code == 1
    assert "https://127.0.0.1:8080 speaks plain HTTP, not TLS." in result.stdout
    assert "fix: use http://127.0.0.1:8080/anthropic" in result.stdout


@pytest.mark.parametrize("over_tls", [httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"), httpx2.Response(404)])
def test_plain_http_against_a_tls_port(run: Run, ingate: FakeIngate, over_tls: httpx2.Response | Exception) -> None:
    plain = ingate.handle

    def handle(request: httpx2.Request) -> httpx2.Response:
        if request.url.port != 8443:
            return plain(request)
        if request.url.scheme == "http":
            raise httpx2.RemoteProtocolError("illegal status line")
        if isinstance(over_tls, Exception):
            raise over_tls
        return over_tls

    ingate.handle = handle
    result = run("doctor", "--base-url", "http://127.0.0.1:8443/anthropic", environment=KEY)
    assert "speaks TLS, not plain HTTP." in result.stdout
    assert "fix: use https://127.0.0.1:8443/anthropic" in result.stdout


def test_the_key_of_another_resource(run: Run, ingate: FakeIngate) -> None:
    ingate.add_resource("team-b")
    result = run("doctor", environment={"INGATE_API_KEY": "team-b-second-key"})
    assert result.exit_code == 1
    assert (
        "problem API key: the API key is one of team-b, but http://127.0.0.1:8080 serves example-resource.\n"
        "        fix: use a key of example-resource (ingate keys list --resource example-resource), "
        "or the base URL http://team-b.localhost:8080/anthropic\n"
    ) in result.stdout
    assert "second-key" not in result.output


def test_the_host_name_decides_which_resource_is_served(run: Run, ingate: FakeIngate) -> None:
    ingate.add_resource("team-b")
    ingate.add_deployment("team-b", "opus")
    url = "http://team-b.localhost:8080/anthropic"
    assert run("doctor", "--base-url", url, "--api-key", "team-b-first-key").exit_code == 0
    result = run("doctor", "--base-url", url, environment=KEY)
    assert "is one of example-resource, but http://team-b.localhost:8080 serves team-b." in result.stdout


def test_a_key_of_no_resource(run: Run) -> None:
    result = run("doctor", "--api-key", "made-up")
    assert result.exit_code == 1
    assert "the API key is refused: it belongs to no resource here." in result.stdout
    assert "made-up" not in result.output


def test_an_unknown_deployment_is_told_with_the_closest_name(run: Run) -> None:
    result = run("doctor", "--deployment", "claude-opus-4.5", environment=KEY)
    assert result.exit_code == 1
    assert "example-resource has no deployment 'claude-opus-4.5'." in result.stdout
    assert "fix: Did you mean claude-opus-4-5" in result.stdout


def test_a_missing_version_header_is_told(run: Run) -> None:
    result = run("doctor", "-H", "api-key: x", "-H", "content-type: application/json", environment=KEY)
    assert result.exit_code == 1
    assert "the header anthropic-version is missing" in result.stdout
    assert "fix: send anthropic-version: 2023-06-01" in result.stdout


def test_an_upstream_that_fails_is_told_with_its_message(run: Run, ingate: FakeIngate) -> None:
    error = {"type": "error", "error": {"type": "api_error", "message": "The upstream cannot be reached."}}
    answers = iter([httpx2.Response(401, headers={"apim-request-id": "1"}), httpx2.Response(500, json=error)])
    plain = ingate.handle

    def handle(request: httpx2.Request) -> httpx2.Response:
        return next(answers) if request.url.path == COUNT_TOKENS else plain(request)

    ingate.handle = handle
    result = run("doctor", environment=KEY)
    assert result.exit_code == 1
    assert "problem upstream: claude-haiku-4-5: api_error: The upstream cannot be reached." in result.stdout


def test_without_the_management_api_the_gateway_alone_is_checked(run: Run, tmp_path: Path) -> None:
    result = run("doctor", "--data-dir", str(tmp_path / "none"), environment=KEY)
    assert result.exit_code == 0
    assert "note    management: nothing is running with the data directory" in result.stdout
    assert "the key is accepted; name a deployment" in result.stdout
    named = run("doctor", "--data-dir", str(tmp_path / "none"), "-d", "claude-opus-4-5", environment=KEY)
    assert "ok      deployment: claude-opus-4-5 answers." in named.stdout


def test_a_key_of_this_ingate_is_not_sent_to_a_stranger(run: Run, ingate: FakeIngate) -> None:
    plain = ingate.handle

    def handle(request: httpx2.Request) -> httpx2.Response:
        if request.url.host == "elsewhere.example":
            assert "x-api-key" not in request.headers
            return httpx2.Response(401, headers={"apim-request-id": "1"})
        return plain(request)

    ingate.handle = handle
    result = run("doctor", "--base-url", "http://elsewhere.example/anthropic")
    assert result.exit_code == 1
    assert "problem API key: there is no API key in the environment." in result.stdout


def test_a_certificate_that_is_not_trusted(run: Run, ingate: FakeIngate) -> None:
    plain = ingate.handle

    def handle(request: httpx2.Request) -> httpx2.Response:
        if request.url.scheme == "https":
            raise httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate")
        return plain(request)

    ingate.handle = handle
    result = run("doctor", "--base-url", "https://127.0.0.1:8443/anthropic", environment=KEY)
    assert "the TLS certificate of https://127.0.0.1:8443 is not trusted here." in result.stdout


@pytest.mark.parametrize(
    ("host", "fix"),
    [("team-b.localhost", "add to /etc/hosts: 127.0.0.1 team-b.localhost"), ("gatway.example", "a misspelt name")],
)
def test_a_host_name_without_an_address(run: Run, ingate: FakeIngate, host: str, fix: str) -> None:
    plain = ingate.handle

    def handle(request: httpx2.Request) -> httpx2.Response:
        if request.url.host == host:
            raise httpx2.ConnectError("name") from socket.gaierror(-2, "Name or service not known")
        return plain(request)

    ingate.handle = handle
    result = run("doctor", "--base-url", f"http://{host}:8080/anthropic", environment=KEY)
    assert f"this machine knows no address for {host}." in result.stdout
    assert fix in result.stdout
