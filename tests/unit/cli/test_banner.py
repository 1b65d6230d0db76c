from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ingate.cli.banner import find_program, render_banner
from ingate.cli.running import default_data_dir


def banner(
    *,
    endpoint: str = "http://127.0.0.1:8080",
    data_dir: str | None = None,
    deployments: tuple[str, ...] = ("claude-opus-4-5", "claude-haiku-4-5"),
    program: str = "ingate",
    simulated: bool = True,
    local_model: str | None = None,
    azure_names_port: int | None = None,
) -> str:
    return render_banner(
        endpoint=endpoint,
        management_url="http://127.0.0.1:8081",
        management_tls_url="https://localhost:8443",
        data_dir=data_dir or str(default_data_dir()),
        resource="example-resource",
        deployments=deployments,
        program=program,
        simulated=simulated,
        local_model=local_model,
        azure_names_port=azure_names_port,
    )


def test_the_banner_says_where_everything_is() -> None:
    assert banner().splitlines()[:9] == [
        "",
        "Ingate serves example-resource at http://127.0.0.1:8080/anthropic",
        "",
        "  deployments  claude-opus-4-5, claude-haiku-4-5",
        "  answers      simulated: deterministic text, not Claude's",
        "  API keys     ingate keys list --resource example-resource",
        "  management   http://127.0.0.1:8081",
        f"  sign-in      https://localhost:8443 (management too; clients trust {default_data_dir() / 'ca.pem'})",
        f"  data         {default_data_dir()}",
    ]


def test_who_answers_is_said() -> None:
    assert "a toy, not Claude" in banner(local_model="SmolLM2 360M")
    assert "upstreams" in banner(simulated=False)


def test_another_terminal_is_told_of_a_data_directory_and_a_program_that_it_would_not_find() -> None:
    text = banner(data_dir="/srv/in gate", program="/opt/x/bin/ingate")
    assert "/opt/x/bin/ingate keys list --resource example-resource --data-dir '/srv/in gate'" in text


def test_azures_names_are_named_where_they_are_served() -> None:
    assert "Azure names" not in banner()
    text = banner(azure_names_port=443, data_dir="/srv/in gate")
    assert (
        "  Azure names  port 443 over TLS (lines for /etc/hosts: ingate env --hosts --data-dir '/srv/in gate')"
        in text.splitlines()
    )


@pytest.mark.parametrize(
    ("listening", "shown"), [("http://0.0.0.0:80", "http://127.0.0.1:80"), ("http://[::]:80", "http://[::1]:80")]
)
def test_an_address_that_means_all_is_shown_as_one_to_connect_to(listening: str, shown: str) -> None:
    assert f"{shown}/anthropic/v1/messages" in banner(endpoint=listening)


def test_without_deployments_there_is_nothing_to_paste() -> None:
    assert "Paste" not in banner(deployments=())


@pytest.mark.skipif(shutil.which("sh") is None, reason="snippets are for a POSIX shell")
def test_the_snippets_are_what_a_shell_a_python_and_a_curl_understand(tmp_path: Path) -> None:
    """Pasted into a shell whose programs write down what they are given."""
    for name in ("ingate", "python3", "node", "curl"):
        program = tmp_path / name
        program.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/{name}.arguments\n'
            f"[ {name} = ingate ] && {{ echo the-key; exit; }}\n"
            f"[ {name} = curl ] || cat > {tmp_path}/{name}.stdin\n"
        )
        program.chmod(0o755)
    pasted = banner().partition("Paste into another terminal:")[2].partition("Ctrl-C")[0]
    subprocess.run(["sh", "-e", "-c", pasted], check=True, timeout=20, env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    read = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert read["ingate.arguments"].split() == [
        *("keys", "list", "--resource", "example-resource", "--key", "1", "-o", "tsv")
    ]
    compile(read["python3.stdin"], "snippet.py", "exec")
    assert 'model="claude-haiku-4-5"' in read["python3.stdin"]
    assert 'baseURL: "http://127.0.0.1:8080/anthropic"' in read["node.stdin"]
    curl = read["curl.arguments"].splitlines()
    assert curl[0] == "http://127.0.0.1:8080/anthropic/v1/messages"
    assert "api-key: the-key" in curl


def test_a_program_on_the_path_is_called_by_its_name_and_another_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for directory in ("on-path", "elsewhere"):
        program = tmp_path / directory / "ingate"
        program.parent.mkdir()
        program.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "on-path"))
    monkeypatch.chdir(tmp_path)
    assert find_program(str(tmp_path / "on-path" / "ingate")) == "ingate"
    assert find_program("./elsewhere/ingate") == str(tmp_path / "elsewhere" / "ingate")
    monkeypatch.setenv("PATH", "")
    assert find_program("./on-path/ingate") == str(tmp_path / "on-path" / "ingate")
