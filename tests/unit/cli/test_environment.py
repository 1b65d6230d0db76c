from __future__ import annotations

import json
from pathlib import Path

import click
from click.testing import CliRunner, Result
from tests.unit.cli.fake_ingate import GATEWAY_URL, MANAGEMENT_URL

from ingate.cli.environment import (
    LEADING_ELSEWHERE,
    NODE_PRELOAD,
    list_variables,
    make_environment,
    print_environment,
)
from ingate.cli.invocation import Invocation

PROXY_URL = "http://127.0.0.1:8082"


def print_for(data_dir: Path, *, options: tuple[str, ...] = (), **environment: str) -> Result:
    command: click.Command = print_environment
    invocation = Invocation(environment=environment)
    return CliRunner().invoke(command, ["--data-dir", str(data_dir), *options], obj=invocation)


def write_running(data_dir: Path, **more: object) -> None:
    running = {"gateway_url": GATEWAY_URL, "management_url": MANAGEMENT_URL, **more}
    (data_dir / "running.json").write_text(json.dumps(running))


def test_each_client_finds_the_proxy_and_the_authority(tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    variables = list_variables({}, proxy_url=PROXY_URL, ca_file=ca_file)
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        assert variables[name] == PROXY_URL
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
        assert variables[name] == str(ca_file)
    assert variables["NO_PROXY"] == variables["no_proxy"] == "localhost,127.0.0.1,::1"
    assert variables["NODE_USE_ENV_PROXY"] == "1"
    assert variables["NODE_OPTIONS"] == f"--import={NODE_PRELOAD.as_uri()}"
    assert NODE_PRELOAD.is_file()


def test_with_a_bundle_python_and_curl_trust_others_too(tmp_path: Path) -> None:
    ca_file, bundle = tmp_path / "ca.pem", tmp_path / "bundle.pem"
    variables = list_variables({}, proxy_url=PROXY_URL, ca_file=ca_file, bundle=bundle)
    assert variables["SSL_CERT_FILE"] == str(bundle)
    assert variables["NODE_EXTRA_CA_CERTS"] == str(ca_file), "which Node adds to its own"


def test_the_users_node_options_are_kept_and_ours_are_there_once(tmp_path: Path) -> None:
    environment = {"NODE_OPTIONS": "--max-old-space-size=512"}
    for _ in range(2):
        environment |= list_variables(environment, proxy_url=PROXY_URL, ca_file=tmp_path / "ca.pem")
    assert environment["NODE_OPTIONS"] == f"--max-old-space-size=512 --import={NODE_PRELOAD.as_uri()}"


def test_az_has_a_profile_of_its_own_unless_the_user_has_chosen_one(tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    variables = list_variables({}, proxy_url=PROXY_URL, ca_file=ca_file)
    assert variables["AZURE_CONFIG_DIR"] == str(tmp_path / "azure-cli")
    theirs = list_variables({"AZURE_CONFIG_DIR": "/az"}, proxy_url=PROXY_URL, ca_file=ca_file)
    assert theirs["AZURE_CONFIG_DIR"] == "/az"


def test_what_leads_elsewhere_is_left_out_unless_all_is_kept() -> None:
    theirs = {"PATH": "/bin", "AZURE_CLIENT_SECRET": "real", "ALL_PROXY": "socks://x", "AZURE_CONFIG_DIR": "/az"}
    ours = {"HTTPS_PROXY": PROXY_URL}
    assert make_environment(theirs, ours) == {"PATH": "/bin", "AZURE_CONFIG_DIR": "/az"} | ours
    assert make_environment(theirs, ours, keeps_all=True) == theirs | ours
    assert make_environment(theirs, {"AZURE_CLIENT_SECRET": "made"})["AZURE_CLIENT_SECRET"] == "made"


def test_env_prints_lines_for_a_shell(tmp_path: Path) -> None:
    write_running(tmp_path, proxy_url=PROXY_URL)
    result = print_for(tmp_path, AZURE_CLIENT_SECRET="real", HOME="/home/me")
    lines = result.stdout.splitlines()
    assert lines[0] == "unset AZURE_CLIENT_SECRET"
    assert f"export HTTPS_PROXY={PROXY_URL}" in lines
    assert f"export SSL_CERT_FILE={tmp_path / 'ca.pem'}" in lines
    assert "real" not in result.output
    assert "ANTHROPIC_FOUNDRY_API_KEY" not in result.stdout, "keys are printed by `ingate keys` alone"


def test_where_the_proxy_lets_out_the_machines_certificates_are_trusted_too(tmp_path: Path) -> None:
    write_running(tmp_path, proxy_url=PROXY_URL, proxy_lets_out=True)
    theirs = tmp_path / "theirs.pem"
    theirs.write_text("theirs\n")
    (tmp_path / "ca.pem").write_text("ours\n")
    result = print_for(tmp_path, SSL_CERT_FILE=str(theirs))
    assert f"export SSL_CERT_FILE={tmp_path / 'ca-bundle.pem'}" in result.stdout.splitlines()
    assert (tmp_path / "ca-bundle.pem").read_text() == "theirs\nours\n"


def test_hosts_need_an_ingate_that_serves_them(tmp_path: Path) -> None:
    write_running(tmp_path)
    result = print_for(tmp_path, options=("--hosts",))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "ingate up --tls" in result.stderr


def test_without_a_proxy_env_says_how_to_have_one(tmp_path: Path) -> None:
    write_running(tmp_path)
    result = print_for(tmp_path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "ingate up --proxy-port" in result.stderr
    assert "ingate run --" in result.stderr


def test_where_nothing_runs_env_says_so(tmp_path: Path) -> None:
    assert print_for(tmp_path).exit_code == 3


def test_credentials_and_proxies_of_elsewhere_are_known() -> None:
    assert {"ALL_PROXY", "AZURE_CLIENT_SECRET", "IDENTITY_ENDPOINT", "ANTHROPIC_BASE_URL"} <= set(LEADING_ELSEWHERE)
