"""Clients that others made, unmodified, each in one conversation with a tool: the client offers it, calls it when it
is told to, sends back what it gave, and has the answer. Then Ingate's own record is compared with what the client
says.

Each conversation is a file of field_clients/, written as the client's own documentation has it.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.claude_code_ways import WAYS, Way, go_through, make_claude_environment
from tests.support.clients import (
    CLAUDE_AGENT_SDK,
    LANGCHAIN_ANTHROPIC,
    LITELLM,
    LLM_ANTHROPIC,
    PYDANTIC_AI,
    VERCEL_AI_NODE,
    Installer,
    find_node,
    install_locked_node_client,
    install_locked_python_client,
)
from tests.support.clients_matrix_entries import (
    CLAUDE_AGENT,
    CLAUDE_CODE,
    LANGCHAIN,
    LITELLM_CLIENT,
    LLM_CLIENT,
    PYDANTIC_AI_CLIENT,
    VERCEL_AI,
    exercises,
)
from tests.support.principals import Application, assign_role, put_application
from tests.support.running import RunningIngate, inherit_environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # the first run installs them

CONVERSATIONS = Path(__file__).parent / "field_clients"
RUN_SECONDS = 60
Record = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Conversation:
    said: dict[str, Any]
    """By the client: which cities its tool was asked for, the answer, and the tokens of both exchanges."""
    settled: list[Record]
    """In Ingate's journal, meanwhile."""
    stderr: str


def converse(
    ingate: RunningIngate, command: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> Conversation:
    before = len(ingate.read_journal())
    finished = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return Conversation(
        said=json.loads(finished.stdout), settled=ingate.read_journal()[before:], stderr=finished.stderr
    )


def assert_tool_was_used(conversation: Conversation) -> None:
    """And that the two exchanges that it took are settled with the tokens that the client was told of."""
    said = conversation.said
    assert said["asked_for"] == ["Paris"]
    assert "18 degrees in Paris" in said["answer"]
    ask, answer = conversation.settled
    assert [ask["stop_reason"], answer["stop_reason"]] == ["tool_use", "end_turn"]
    for record in (ask, answer):
        assert (record["status"], record["outcome"], record["operation"]) == (200, "completed", "messages")
    assert sum_tokens(conversation.settled) == (said["input_tokens"], said["output_tokens"])
    assert min(said["input_tokens"], said["output_tokens"]) > 0


def sum_tokens(records: Sequence[Record]) -> tuple[int, int]:
    """Input of every kind, and output."""
    tokens = [record["usage"] for record in records]
    given = sum(count for usage in tokens for name, count in usage.items() if "input_tokens" in name)
    return given, sum(usage["output_tokens"] for usage in tokens)


@exercises(PYDANTIC_AI_CLIENT, "a tool, streaming")
def test_pydantic_ai_uses_a_tool(ingate: RunningIngate, install: Installer, tmp_path: Path) -> None:
    python = install(install_locked_python_client, PYDANTIC_AI)
    environment = {"ANTHROPIC_FOUNDRY_BASE_URL": ingate.base_url, "ANTHROPIC_FOUNDRY_API_KEY": ingate.api_key}

    assert_tool_was_used(converse_in_python(ingate, python, "pydantic_ai_agent.py", tmp_path, environment))


@pytest.mark.heavy
@exercises(LANGCHAIN, "a tool")
def test_langchain_uses_a_tool(ingate: RunningIngate, install: Installer, tmp_path: Path) -> None:
    python = install(install_locked_python_client, LANGCHAIN_ANTHROPIC)
    environment = {"ANTHROPIC_FOUNDRY_BASE_URL": ingate.base_url, "ANTHROPIC_FOUNDRY_API_KEY": ingate.api_key}

    assert_tool_was_used(converse_in_python(ingate, python, "langchain_chat.py", tmp_path, environment))


@exercises(LLM_CLIENT, "a tool, streaming")
def test_llm_uses_a_tool(ingate: RunningIngate, install: Installer, tmp_path: Path) -> None:
    python = install(install_locked_python_client, LLM_ANTHROPIC)
    environment = {
        "ANTHROPIC_BASE_URL": ingate.base_url,
        "ANTHROPIC_API_KEY": ingate.api_key,
        "LLM_USER_PATH": str(tmp_path / "llm"),
    }

    assert_tool_was_used(converse_in_python(ingate, python, "llm_chain.py", tmp_path, environment))


@exercises(LLM_CLIENT, "a tool, on its command line")
def test_llms_program_uses_a_tool(ingate: RunningIngate, install: Installer, tmp_path: Path) -> None:
    python = install(install_locked_python_client, LLM_ANTHROPIC)
    before = len(ingate.read_journal())
    function = "def get_weather(city: str) -> str:\n    return f'18 degrees in {city}'\n"
    arguments = ["-m", "claude-sonnet-4.5", "--functions", function, "Use get_weather with city: Paris"]
    environment = {
        "ANTHROPIC_BASE_URL": ingate.base_url,
        "ANTHROPIC_API_KEY": ingate.api_key,
        "LLM_USER_PATH": str(tmp_path / "llm"),
    }

    finished = subprocess.run(
        [str(python.with_name("llm")), *arguments],
        env=inherit_environment(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
    )

    assert finished.returncode == 0, finished.stderr
    assert "18 degrees in Paris" in finished.stdout
    settled = ingate.read_journal()[before:]
    assert [record["stop_reason"] for record in settled] == ["tool_use", "end_turn"]


@pytest.mark.heavy
@exercises(LITELLM_CLIENT, "a tool")
def test_litellm_uses_a_tool(ingate: RunningIngate, install: Installer, tmp_path: Path) -> None:
    python = install(install_locked_python_client, LITELLM)
    environment = {
        "AZURE_AI_API_BASE": ingate.base_url,
        "AZURE_AI_API_KEY": ingate.api_key,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # otherwise it waits for a list of prices from elsewhere
    }

    assert_tool_was_used(converse_in_python(ingate, python, "litellm_completion.py", tmp_path, environment))


@exercises(VERCEL_AI, "a tool")
def test_vercels_sdk_uses_a_tool(ingate: RunningIngate, install: Installer) -> None:
    folder = install(install_locked_node_client, VERCEL_AI_NODE)
    environment = inherit_environment(
        {"ANTHROPIC_FOUNDRY_BASE_URL": ingate.base_url, "ANTHROPIC_FOUNDRY_API_KEY": ingate.api_key}
    )

    command = [str(find_node()), str(CONVERSATIONS / "vercel_ai.mjs")]
    assert_tool_was_used(converse(ingate, command, folder, environment))


@pytest.fixture(scope="module")
def application(azure_ingate: RunningIngate) -> Application:
    made = put_application(azure_ingate, "claude-agent")
    scope = azure_ingate.account_path("example-resource")
    assign_role(azure_ingate, made.object_id, "Cognitive Services User", scope)
    return made


@pytest.mark.heavy
@pytest.mark.parametrize(
    "way", [pytest.param(way, marks=exercises(CLAUDE_AGENT, f"a tool {way}"), id=str(way)) for way in WAYS]
)
def test_claude_agent_sdk_uses_a_tool(
    azure_ingate: RunningIngate, install: Installer, application: Application, way: Way, tmp_path: Path
) -> None:
    python = install(install_locked_python_client, CLAUDE_AGENT_SDK)
    script = [str(python), str(CONVERSATIONS / "claude_agent.py")]

    conversation = converse(
        azure_ingate,
        go_through(way, azure_ingate, application, script),
        tmp_path,
        make_claude_environment(tmp_path / "home"),
    )

    *_, ask, answer = conversation.settled  # before them it may ask for something of its own
    assert_tool_was_used(
        Conversation(said=conversation.said, settled=[ask, answer], stderr=conversation.stderr),
    )
    assert "refused" not in conversation.stderr, "it wanted to reach somebody else"
    caller = ("token", application.object_id) if way.with_entra else ("key", None)
    assert {(record["authentication"], record.get("principal_id")) for record in conversation.settled} == {caller}
    agent = f"claude-cli/{CLAUDE_CODE.version} ("
    assert all(record["user_agent"].startswith(agent) for record in conversation.settled), "it brings this one"


def converse_in_python(
    ingate: RunningIngate, python: Path, script: str, folder: Path, environment: Mapping[str, str]
) -> Conversation:
    return converse(ingate, [str(python), str(CONVERSATIONS / script)], folder, inherit_environment(environment))
