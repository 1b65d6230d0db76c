from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ingate.cli.record import record_command

NEEDED = ("--upstream-url", "https://api.example.com", "--to", "cassettes")


def run_record(*arguments: str, code: int = 0) -> tuple[int, dict[str, Any] | None, str]:
    """The exit code, the settings that serving was called with, and what was said."""
    calls: list[dict[str, Any]] = []

    def serve(**options: Any) -> int:
        calls.append(options)
        return code

    result = CliRunner().invoke(record_command(serve), arguments)
    return result.exit_code, calls[0] if calls else None, result.output


def test_an_upstream_and_a_folder_are_all_that_is_needed() -> None:
    _, options, _ = run_record(*NEEDED)
    assert options == {
        "record_upstream_url": "https://api.example.com",
        "record_to": str(Path("cassettes").absolute()),
    }


@pytest.mark.parametrize("missing", [NEEDED[:2], NEEDED[2:], ()])
def test_without_them_nothing_starts(missing: tuple[str, ...]) -> None:
    assert run_record(*missing)[:2] == (2, None)


def test_every_option_is_passed() -> None:
    _, options, _ = run_record(
        *NEEDED,
        *("--credential", "env:KEY", "--credential-header", "authorization", "--profile", "vllm"),
        *("--deployment", "a=model-a", "--deployment", "b=model=b"),
        *("--redact", "system", "--redact", "messages.*.content", "--port", "0", "--management-port", "0"),
        *("--management-tls-port", "0"),
        *("--data-dir", "state", "--development-keys", "--log-level", "DEBUG"),
    )
    assert options == {
        "record_upstream_url": "https://api.example.com",
        "record_to": str(Path("cassettes").absolute()),
        "record_credential": "env:KEY",
        "record_credential_header": "authorization",
        "record_profile": "vllm",
        "record_deployments": ("a=model-a", "b=model=b"),
        "record_redact": ("system", "messages.*.content"),
        "port": 0,
        "management_port": 0,
        "management_tls_port": 0,
        "data_dir": Path("state"),
        "development_keys": True,
        "log_level": "debug",
    }


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--credential", "sk-ant-a-secret"), "say where the credential is"),
        (("--deployment", "name"), "NAME=MODEL"),
        (("--deployment", "=model"), "NAME=MODEL"),
        (("--redact", "a..b"), "separated by dots"),
        (("--redact", "a,b"), "separated by dots"),
        (("--upstream-url", "https://api.example.com/v1"), "leave out /v1/messages"),
    ],
)
def test_what_cannot_be_is_wrong_usage(arguments: tuple[str, ...], reason: str) -> None:
    code, options, output = run_record(*NEEDED, *arguments)
    assert (code, options) == (2, None)
    assert reason in output
    assert "a-secret" not in output


def test_the_exit_code_is_that_of_serving() -> None:
    assert run_record(*NEEDED, code=3)[0] == 3
