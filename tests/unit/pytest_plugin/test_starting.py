from __future__ import annotations

import time
from pathlib import Path

import pytest

from ingate.pytest_plugin.starting import IngateServer, StartFailed, StartOptions, parse_options


def test_options_and_settings_are_told_apart() -> None:
    parsed = parse_options(["--seed", "7", "INGATE_SIMULATOR_JITTER=0.5", "--script=a=b.yaml"])

    assert parsed.arguments == ("--seed", "7", "--script=a=b.yaml")
    assert parsed.variables == (("INGATE_SIMULATOR_JITTER", "0.5"),)


def test_a_start_that_fails_shows_what_ingate_said(tmp_path: Path) -> None:
    server = IngateServer(tmp_path, StartOptions(arguments=("--no-such-option",)), {})

    with pytest.raises(StartFailed, match="(?s)ended with status 2.*ingate.log.*No such option.*--no-such-option"):
        server.wait_until_ready()

    assert server.has_ended()
    server.stop()


def test_a_setting_of_who_runs_the_tests_does_not_count(tmp_path: Path) -> None:
    """What is asked for does: Ingate refuses this port for the reason that the test's own setting gives."""
    options = StartOptions(variables=(("INGATE_WORKERS", "none"),))

    server = IngateServer(tmp_path, options, {"INGATE_LOG_LEVEL": "deafening", "INGATE_LIMITS": "nowhere"})

    with pytest.raises(StartFailed, match=r"INGATE_WORKERS\): .*'none'"):
        server.wait_until_ready()

    server.stop()


def test_a_start_that_takes_too_long_is_given_up_and_ended(tmp_path: Path) -> None:
    server = IngateServer(tmp_path, StartOptions(), {})
    try:
        with pytest.raises(StartFailed, match="did not serve within 0 s"):
            server.wait_until_ready(seconds=0)
    finally:
        began = time.monotonic()
        server.stop()

    assert server.has_ended()
    assert time.monotonic() - began < 15
