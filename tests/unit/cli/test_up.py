from __future__ import annotations

from pathlib import Path
from typing import Any

from click.testing import CliRunner

from ingate.cli.up import up_command


def run_up(*arguments: str, code: int = 0) -> tuple[int, dict[str, Any] | None]:
    """The exit code, and the options that serving was called with."""
    calls: list[dict[str, Any]] = []

    def serve(**options: Any) -> int:
        calls.append(options)
        return code

    result = CliRunner().invoke(up_command(serve), arguments)
    return result.exit_code, calls[0] if calls else None


def test_options_that_are_not_given_are_left_to_the_settings() -> None:
    assert run_up() == (0, {})


def test_every_option_is_passed() -> None:
    _, options = run_up(
        *("--port", "0", "--management-port", "9001", "--host", "::1", "--data-dir", "state"),
        *("--local", "smollm2", "--development-keys", "--default-resource", "team-b"),
        *("--proxy-port", "0", "--proxy-allow", "PyPI.org", "--proxy-passthrough", "--tls", "--tls-port", "8444"),
        *("--domain", "a.example", "--domain", "b.example", "--log-level", "DEBUG", "--workers", "2"),
    )
    assert options == {
        "port": 0,
        "management_port": 9001,
        "host": "::1",
        "data_dir": Path("state"),
        "proxy_port": 0,
        "proxy_allow": ("pypi.org",),
        "proxy_passthrough": True,
        "tls": True,
        "tls_port": 8444,
        "local": "smollm2",
        "development_keys": True,
        "default_resource": "team-b",
        "domains": ("a.example", "b.example"),
        "log_level": "debug",
        "workers": 2,
    }


def test_the_exit_code_is_that_of_serving() -> None:
    assert run_up(code=3)[0] == 3


def test_a_port_that_cannot_be_is_wrong_usage() -> None:
    assert run_up("--port", "65536") == (2, None)
