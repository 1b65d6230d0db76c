"""The `ingate` commands against a running Ingate, as from another terminal."""

from __future__ import annotations

import json
import time
from collections.abc import Generator

import anthropic
import pytest
from anthropic import AnthropicFoundry
from tests.support.recording_upstream import recording_upstream
from tests.support.running import RunningIngate

TEAM = "team-resource"


def run(ingate: RunningIngate, *arguments: str) -> str:
    finished = ingate.run_cli(*arguments)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def refuse(ingate: RunningIngate, *arguments: str, code: int = 1) -> str:
    """What a command that is refused says on stderr."""
    finished = ingate.run_cli(*arguments)
    assert finished.returncode == code, finished
    assert finished.stdout == ""
    return finished.stderr


def get_key(ingate: RunningIngate, number: int, resource: str = TEAM) -> str:
    return run(ingate, "keys", "list", "-r", resource, "--key", str(number), "-o", "tsv").strip()


def say_hello(ingate: RunningIngate, api_key: str, deployment_name: str) -> str:
    """Through the gateway's host name for the team's resource."""
    with AnthropicFoundry(
        api_key=api_key,
        base_url=ingate.base_url,
        max_retries=0,
        default_headers={"Host": f"{TEAM}.localhost"},
    ) as client:
        message = client.messages.create(
            model=deployment_name, max_tokens=64, messages=[{"role": "user", "content": "Hello!"}]
        )
    return message.content[0].to_dict()["text"]  # pyright: ignore[reportReturnType] - a text block's


@pytest.fixture
def team(ingate: RunningIngate) -> Generator[RunningIngate]:
    """The shared Ingate with a resource of the test's own, which has one deployment, `chat`."""
    run(ingate, "resource", "create", TEAM)
    run(ingate, "deployment", "create", "chat", "-r", TEAM, "--model", "claude-haiku-4-5", "--capacity", "50")
    ingate.wait_until_served()
    yield ingate
    ingate.delete_resource(TEAM)
    ingate.run_cli("upstream", "delete", "own", "--yes")


def test_resource_goes_from_create_to_delete(ingate: RunningIngate) -> None:
    created = json.loads(run(ingate, "resource", "create", TEAM, "-l", "swedencentral", "-o", "json"))
    listed = json.loads(run(ingate, "resource", "list", "-o", "json"))
    shown = json.loads(run(ingate, "resource", "show", TEAM, "-o", "json"))
    run(ingate, "resource", "delete", TEAM, "--yes")

    assert created["location"] == "swedencentral"
    assert {"example-resource", TEAM} <= {item["name"] for item in listed}
    assert shown["id"] == created["id"]
    assert "no resource" in refuse(ingate, "resource", "delete", TEAM, "--yes")
    ingate.delete_resource(TEAM)


def test_deployment_goes_from_create_to_delete(team: RunningIngate) -> None:
    key = get_key(team, 1)
    run(team, "deployment", "create", "Prod-A", "-r", TEAM, "-m", "claude-sonnet-4-5", "--capacity", "5")
    listed = json.loads(run(team, "deployment", "list", "-r", TEAM, "-o", "json"))
    shown = json.loads(run(team, "deployment", "show", "Prod-A", "-r", TEAM, "-o", "json"))
    team.wait_until_served()

    assert sorted(item["name"] for item in listed) == ["Prod-A", "chat"]
    assert shown["properties"]["model"] == {"format": "Anthropic", "name": "claude-sonnet-4-5", "version": "20250929"}
    assert shown["sku"] == {"name": "GlobalStandard", "capacity": 5}
    assert "simulated" in say_hello(team, key, "Prod-A")

    run(team, "deployment", "delete", "Prod-A", "-r", TEAM, "--yes")
    team.wait_until_served()
    with pytest.raises(anthropic.NotFoundError):
        say_hello(team, key, "Prod-A")


def test_deployments_model_cannot_be_changed_nor_made_up(team: RunningIngate) -> None:
    changed = refuse(team, "deployment", "create", "chat", "-r", TEAM, "-m", "claude-opus-4-5")
    unknown = refuse(team, "deployment", "create", "other", "-r", TEAM, "-m", "gpt-9")

    assert "'properties.model.name' is not allowed" in changed
    assert "gpt-9" in unknown


def test_upstream_goes_from_create_to_delete(team: RunningIngate) -> None:
    with recording_upstream() as upstream:
        run(team, "upstream", "create", "own", "--kind", "messages-api", "--base-url", upstream.base_url)
        run(
            *(team, "deployment", "create", "routed", "-r", TEAM, "-m", "claude-opus-4-5"),
            *("--upstream", "own", "--upstream-model", "their-name"),
        )
        team.wait_until_served()
        say_hello(team, get_key(team, 2), "routed")

        assert b'"their-name"' in upstream.requests[0].body
        assert json.loads(run(team, "upstream", "show", "own", "-o", "json"))["name"] == "own"
        listed = json.loads(run(team, "upstream", "list", "-o", "json"))
        assert {"simulator", "own"} <= {item["name"] for item in listed}

    assert "routed" in refuse(team, "upstream", "delete", "own", "--yes")
    run(team, "deployment", "delete", "routed", "-r", TEAM, "--yes")
    run(team, "upstream", "delete", "own", "--yes")
    assert "own" not in run(team, "upstream", "list")


def test_upstreams_credential_cannot_be_pasted(ingate: RunningIngate) -> None:
    said = refuse(
        *(ingate, "upstream", "create", "own", "--kind", "messages-api", "--base-url", "https://api.example.com"),
        *("--credential", "sk-ant-0123456789abcdef0123456789abcdef"),
        code=2,
    )

    assert "env:VARIABLE or file:PATH" in said
    assert "0123456789abcdef" not in said


def test_key_1_can_be_replaced_while_key_2_keeps_working(team: RunningIngate) -> None:
    old, other = get_key(team, 1), get_key(team, 2)
    say_hello(team, old, "chat")

    run(team, "keys", "regenerate", "-r", TEAM, "--key", "1")

    replaced_at = time.monotonic()
    while time.monotonic() < replaced_at + 10:
        say_hello(team, other, "chat")
        try:
            say_hello(team, old, "chat")
        except anthropic.AuthenticationError:
            break
    print(f"the old key was refused after {time.monotonic() - replaced_at:.2f} s")  # noqa: T201 - a measurement
    with pytest.raises(anthropic.AuthenticationError):
        say_hello(team, old, "chat")
    new = get_key(team, 1)
    assert new not in (old, other)
    assert get_key(team, 2) == other
    say_hello(team, new, "chat")
    say_hello(team, other, "chat")


def test_models_chat_doctor_and_version_answer(ingate: RunningIngate) -> None:
    assert "claude-opus-4-5" in run(ingate, "models")
    assert "simulated" in run(ingate, "chat", "Hello!", "-d", "claude-haiku-4-5")
    run(ingate, "doctor")
    assert run(ingate, "version").strip()


def test_doctor_finds_a_wrong_key(ingate: RunningIngate) -> None:
    finished = ingate.run_cli("doctor", environment={"ANTHROPIC_FOUNDRY_API_KEY": "not-a-key"})

    assert finished.returncode == 1
    assert "key" in finished.stdout
    assert ingate.api_key not in finished.stdout + finished.stderr
