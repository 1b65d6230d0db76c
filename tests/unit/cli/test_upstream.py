from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import FakeIngate, group_path


def upstream_path(name: str) -> str:
    return f"{group_path()}/providers/Ingate.Gateway/upstreams/{name}"


def create(run: Run, *options: str, base_url: str = "https://api.anthropic.com"):
    return run("upstream", "create", "mine", "--kind", "messages-api", "--base-url", base_url, *options)


def test_an_upstream_is_created_and_shown(run: Run, ingate: FakeIngate) -> None:
    result = create(run, "--credential", "env:ANTHROPIC_API_KEY", "--idle-timeout", "30")
    assert result.exit_code == 0
    assert ingate.arm[upstream_path("mine")]["properties"] == {
        "kind": "messages-api",
        "baseUrl": "https://api.anthropic.com",
        "credential": "env:ANTHROPIC_API_KEY",
        "idleTimeoutSeconds": 30.0,
    }
    assert run("upstream", "show", "mine").stdout == (
        "name          mine\n"
        "kind          messages-api\n"
        "base url      https://api.anthropic.com\n"
        "credential    env:ANTHROPIC_API_KEY\n"
        "idle timeout  30\n"
        f"id            {upstream_path('mine')}\n"
    )


def test_every_option_has_its_property(run: Run, ingate: FakeIngate, tmp_path: Path) -> None:
    certificates = tmp_path / "ca.pem"
    certificates.write_text("")
    create(
        run,
        *("--credential", f"file:{tmp_path}/key", "--credential-header", "authorization", "--profile", "vllm"),
        *("--connect-timeout", "1", "--first-byte-timeout", "2", "--idle-timeout", "3"),
        *("--tls-ca-file", str(certificates), "--allow-plain-http"),
    )
    assert ingate.arm[upstream_path("mine")]["properties"] == {
        "kind": "messages-api",
        "baseUrl": "https://api.anthropic.com",
        "credential": f"file:{tmp_path}/key",
        "credentialHeader": "authorization",
        "profile": "vllm",
        "connectTimeoutSeconds": 1.0,
        "firstByteTimeoutSeconds": 2.0,
        "idleTimeoutSeconds": 3.0,
        "tlsCaFile": str(certificates),
        "allowPlainHttp": True,
    }


def test_a_relative_credential_file_is_sent_as_an_absolute_one(
    run: Run, ingate: FakeIngate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    create(run, "--credential", "file:key.txt")
    assert ingate.arm[upstream_path("mine")]["properties"]["credential"] == f"file:{tmp_path}/key.txt"


def test_a_secret_in_place_of_its_reference_is_neither_sent_nor_repeated(run: Run, ingate: FakeIngate) -> None:
    result = create(run, "--credential", "sk-ant-secret")
    assert result.exit_code == 2
    assert "env:VARIABLE or file:PATH" in result.stderr
    assert "sk-ant-secret" not in result.output
    assert ingate.requests == []


@pytest.mark.parametrize("base_url", ["https://host/v1", "https://host/v1/messages/", "host:80", "ftp://host"])
def test_a_base_url_that_cannot_be_meant_is_refused(run: Run, base_url: str) -> None:
    assert create(run, base_url=base_url).exit_code == 2


def test_a_password_in_a_base_url_is_refused_and_not_repeated(run: Run) -> None:
    result = create(run, base_url="https://user:secret@host")
    assert result.exit_code == 2
    assert "secret" not in result.output


def test_upstreams_are_listed(run: Run) -> None:
    create(run)
    assert run("upstream", "list", "--output", "tsv").stdout == (
        "mine\tmessages-api\thttps://api.anthropic.com\t\t\n"
    )
    names = [item["name"] for item in json.loads(run("upstream", "list", "-o", "json").stdout)]
    assert names == ["mine"]


def test_an_upstream_is_deleted_once(run: Run, ingate: FakeIngate) -> None:
    create(run)
    assert run("upstream", "delete", "mine").exit_code == 0
    assert upstream_path("mine") not in ingate.arm
    again = run("upstream", "delete", "mine")
    assert (again.exit_code, again.stderr) == (1, "ingate: there is no upstream 'mine'.\n")
