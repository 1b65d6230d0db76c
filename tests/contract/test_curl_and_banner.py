"""curl as Foundry's documentation shows it, and the snippets that `ingate up` prints, pasted into a shell."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.clients import find_node
from tests.support.clients_matrix_entries import CURL, exercises
from tests.support.running import RunningIngate, inherit_environment

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
KEY = "ANTHROPIC_FOUNDRY_API_KEY"
GUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def run_shell(script: str, directory: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """With this environment's programs found first, as after `. .venv/bin/activate`."""
    ours = inherit_environment()
    ours["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), str(find_node().parent), ours["PATH"]])
    return subprocess.run(
        ["bash", "-e", "-u", "-o", "pipefail", "-c", script],
        capture_output=True,
        text=True,
        cwd=directory,
        timeout=60,
        env=ours | environment,
    )


def documented_curl(base: str, options: str = "", *, model: str = "claude-sonnet-4-5") -> str:
    body = json.dumps(
        {"model": model, "max_tokens": 1024, "messages": [{"role": "user", "content": "Hello!"}]}, indent=2
    )
    return (
        f'curl -sS {options} {base}/anthropic/v1/messages -H "content-type: application/json" '
        f"""-H "api-key: ${KEY}" -H "anthropic-version: 2023-06-01" -d '{body}'"""
    )


@exercises(CURL, "a message, a stream, errors")
@needs_curl
def test_curl_gets_a_message_with_both_request_ids(ingate: RunningIngate, tmp_path: Path) -> None:
    finished = run_shell(documented_curl(ingate.gateway_url, "-i"), tmp_path, **{KEY: ingate.api_key})

    head, _, body = finished.stdout.partition("\n\n")
    assert head.startswith("HTTP/1.1 200 OK"), finished
    assert re.search(r"^request-id: req_\w{24}$", head, re.MULTILINE)
    assert re.search(rf"^apim-request-id: {GUID}$", head, re.MULTILINE)
    assert "ratelimit" not in head.lower()
    assert json.loads(body)["type"] == "message"


@exercises(CURL, "a message, a stream, errors")
@needs_curl
@pytest.mark.parametrize(
    "host",
    ["example-resource.localhost", "example-resource.services.ai.azure.com", "example-resource.openai.azure.com"],
)
def test_curl_finds_the_resource_by_host_name(ingate: RunningIngate, tmp_path: Path, host: str) -> None:
    port = ingate.gateway_url.rpartition(":")[2]
    script = documented_curl(f"http://{host}:{port}", f"--resolve {host}:{port}:127.0.0.1")

    finished = run_shell(script, tmp_path, **{KEY: ingate.api_key})

    assert json.loads(finished.stdout)["type"] == "message", finished


@exercises(CURL, "a message, a stream, errors")
@needs_curl
def test_curl_is_told_what_is_wrong(ingate: RunningIngate, tmp_path: Path) -> None:
    wrong_key = run_shell(documented_curl(ingate.gateway_url), tmp_path, **{KEY: "not-a-key"})
    no_version = documented_curl(ingate.gateway_url).replace('-H "anthropic-version: 2023-06-01"', "")
    unversioned = run_shell(no_version, tmp_path, **{KEY: ingate.api_key})
    lost = run_shell(documented_curl(ingate.gateway_url, model="none"), tmp_path, **{KEY: ingate.api_key})

    assert json.loads(wrong_key.stdout)["error"]["code"] == "401"
    assert json.loads(unversioned.stdout)["error"]["message"] == "anthropic-version: header is required"
    assert json.loads(lost.stdout)["error"]["code"] == "DeploymentNotFound"


@exercises(CURL, "a message, a stream, errors")
@needs_curl
def test_curl_streams_events(ingate: RunningIngate, tmp_path: Path) -> None:
    script = documented_curl(ingate.gateway_url, "-N").replace('"max_tokens"', '"stream": true, "max_tokens"')

    finished = run_shell(script, tmp_path, **{KEY: ingate.api_key})

    events = re.findall(r"^event: (\w+)$", finished.stdout, re.MULTILINE)
    assert events[0] == "message_start"
    assert events[-1] == "message_stop"


# The banner


def read_snippets(ingate: RunningIngate) -> dict[str, str]:
    """The export line as `export`, and each snippet by the word that its comment begins with."""
    banner = ingate.stdout_file.read_text()
    pasted = banner[banner.index("export ") : banner.index("Ctrl-C stops it.")]
    export, _, rest = pasted.partition("\n\n")
    parts = re.split(r"^# (?=Python|TypeScript|curl)", rest, flags=re.MULTILINE)
    return {"export": export} | {re.split(r"\W", part, maxsplit=1)[0]: f"# {part}" for part in parts if part.strip()}


def test_banner_has_an_export_line_and_three_snippets(ingate: RunningIngate) -> None:
    assert read_snippets(ingate).keys() == {"export", "Python", "TypeScript", "curl"}
    assert ingate.api_key not in ingate.stdout_file.read_text() + ingate.stderr_file.read_text()


@pytest.mark.parametrize("name", ["Python", pytest.param("curl", marks=needs_curl)])
def test_banner_snippet_works_when_pasted(ingate: RunningIngate, tmp_path: Path, name: str) -> None:
    snippets = read_snippets(ingate)

    finished = run_shell(f"{snippets['export']}\n\n{snippets[name]}", tmp_path)

    assert finished.returncode == 0, finished.stderr
    assert "simulated" in finished.stdout


@pytest.mark.timeout(600)
def test_banner_typescript_snippet_works_when_pasted(ingate: RunningIngate, foundry_sdk: Path) -> None:
    snippets = read_snippets(ingate)

    finished = run_shell(f"{snippets['export']}\n\n{snippets['TypeScript']}", foundry_sdk)

    assert finished.returncode == 0, finished.stderr
    assert "simulated" in finished.stdout
