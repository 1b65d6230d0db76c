"""Clients that cannot be imported here: `anthropic` 0.75.0, and `@anthropic-ai/foundry-sdk` 1.1.1 on Node.

Each runs one script (observe_anthropic.py, foundry_sdk.mjs) that does what an application does and prints what it
saw. The expectations are the same for both.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.support.clients import find_node
from tests.support.clients_matrix_entries import ANTHROPIC_OF_2025, FOUNDRY_SDK, exercises
from tests.support.running import RunningIngate, inherit_environment

pytestmark = [
    pytest.mark.usefixtures("scripted_upstream"),
    pytest.mark.timeout(600),  # the first run installs the clients
]

HERE = Path(__file__).parent
REQUEST_ID = re.compile(r"req_[0-9A-Za-z]{24}")
GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


WHAT = "messages, streams, counts of tokens, tools, errors, retries"


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("anthropic-0.75.0", marks=exercises(ANTHROPIC_OF_2025, WHAT)),
        pytest.param("foundry-sdk-1.1.1", marks=exercises(FOUNDRY_SDK, WHAT)),
    ],
)
def observed(request: pytest.FixtureRequest, ingate: RunningIngate) -> dict[str, Any]:
    if request.param == "anthropic-0.75.0":
        python: Path = request.getfixturevalue("anthropic_0_75")
        return observe([str(python), str(HERE / "observe_anthropic.py")], HERE, ingate)
    directory: Path = request.getfixturevalue("foundry_sdk")
    return observe([str(find_node()), str(HERE / "foundry_sdk.mjs")], directory, ingate)


def observe(command: Sequence[str], directory: Path, ingate: RunningIngate) -> dict[str, Any]:
    environment = inherit_environment({"BASE_URL": ingate.base_url, "API_KEY": ingate.api_key})
    finished = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, timeout=60)
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def test_client_under_test_is_the_pinned_one(observed: dict[str, Any]) -> None:
    assert observed["version"] in ("0.75.0", "1.1.1")


def test_client_gets_a_message(observed: dict[str, Any]) -> None:
    message = observed["message"]

    assert message["content"] == ["text"]
    assert message["stop_reason"] == "end_turn"
    assert message["model"] == "claude-haiku-4-5"


def test_client_finds_both_request_ids_and_no_rate_limits(observed: dict[str, Any]) -> None:
    message = observed["message"]

    assert REQUEST_ID.fullmatch(message["request_id"])
    assert message["headers"]["request-id"] == message["request_id"]
    assert GUID.fullmatch(message["headers"]["apim-request-id"])
    assert not [name for name in message["headers"] if name.startswith("anthropic-ratelimit-")]


def test_client_reads_streams_raw_and_by_helper(observed: dict[str, Any]) -> None:
    stream = observed["stream"]

    assert stream["events"][:2] == ["message_start", "content_block_start"]
    assert set(stream["events"][2:-3]) == {"content_block_delta"}
    assert stream["events"][-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert stream["text"] == stream["final_text"] != ""


def test_client_counts_tokens_the_same_every_way(observed: dict[str, Any]) -> None:
    """With and without a final slash, as beta, and with the key as a bearer token."""
    ways = [observed["counted"], observed["slashed"], observed["bearer"], *observed["beta"].values()]

    assert set(ways) == {observed["message"]["input_tokens"]}


def test_client_completes_a_tool_loop(observed: dict[str, Any]) -> None:
    loop = observed["tool_loop"]

    assert (loop["stop_reason"], loop["final_stop_reason"]) == ("tool_use", "end_turn")
    assert loop["name"] == "get_weather"
    assert isinstance(loop["input"]["city"], str)


@pytest.mark.parametrize(
    ("name", "error_class", "status", "message"),
    [
        ("wrong_key", "AuthenticationError", 401, "invalid subscription key"),
        ("unknown_deployment", "NotFoundError", 404, "The API deployment for this resource does not exist"),
        ("models_api", "NotFoundError", 404, "Requested API is currently not supported"),
        ("bad_field", "BadRequestError", 400, "max_tokens: must be greater than or equal to 0"),
        ("too_large", None, 413, "Request exceeds the maximum allowed number of bytes"),
        ("rate_limit", "RateLimitError", 429, "per 60s exceeded for UserByModelByMinute"),
        ("upstream_500", "InternalServerError", 500, "The upstream's own words for 500"),
        ("upstream_504", None, 504, "The upstream's own words for 504"),
        ("upstream_529", None, 529, "The upstream's own words for 529"),
        ("unreachable", "InternalServerError", 500, "cannot be reached"),
        ("timeout", None, 504, "took too long"),
        ("broken_stream", None, 200, "broke off before its answer was whole"),
    ],
)
def test_client_raises_its_own_error(
    observed: dict[str, Any], name: str, error_class: str | None, status: int, message: str
) -> None:
    """`error_class` is None where the clients differ in how finely they divide their errors."""
    error = observed["errors"][name]

    assert error["class"] is not None, "no error was raised"
    assert error_class in (None, error["class"])
    assert error["status"] == status
    assert message in error["message"]


@pytest.mark.parametrize(
    "name", ["wrong_key", "unknown_deployment", "bad_field", "too_large", "rate_limit", "upstream_529", "timeout"]
)
def test_client_finds_request_ids_on_errors(observed: dict[str, Any], name: str) -> None:
    error = observed["errors"][name]

    assert REQUEST_ID.fullmatch(error["request_id"])
    assert error["headers"]["request-id"] == error["request_id"]
    assert GUID.fullmatch(error["headers"]["apim-request-id"])


def test_client_is_told_when_to_retry(observed: dict[str, Any]) -> None:
    assert 1 <= int(observed["errors"]["rate_limit"]["headers"]["retry-after"]) <= 60
