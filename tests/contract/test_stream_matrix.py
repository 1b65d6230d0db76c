"""Every kind of generated stream, for every model and both versions of the API, as three strict readers take it.

The rows are in stream_features.py. The readers share nothing: the official Python client, the official TypeScript
client (one Node process reads all streams), and this project's grammar of streams.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
from anthropic import AnthropicFoundry
from tests import stream_grammar
from tests.contract.stream_features import MODELS, Case, list_cases
from tests.support.clients import find_node
from tests.support.clients_matrix_entries import ANTHROPIC, FOUNDRY_SDK, exercises
from tests.support.running import RunningIngate, inherit_environment

CASES = list_cases()
HERE = Path(__file__).parent

# The client warns of what still works: thinking with a budget on newer models.
pytestmark = pytest.mark.filterwarnings("ignore:Using Claude with")

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: cast(Case, case).name)


@pytest.fixture(scope="module", autouse=True)
def deployed_models(ingate: RunningIngate) -> Iterator[None]:
    """Those that are not there from the start."""
    deployments = ingate.manage("GET", f"{ingate.account_path('example-resource')}/deployments")["value"]
    missing = [model.name for model in MODELS if model.name not in {entry["name"] for entry in deployments}]
    for name in missing:
        ingate.put_deployment(name, model=name)
    ingate.wait_until_served()
    yield
    for name in missing:
        ingate.delete_deployment(name)


@pytest.fixture(scope="module")
def client(ingate: RunningIngate) -> Iterator[AnthropicFoundry]:
    with AnthropicFoundry(base_url=ingate.base_url, api_key=ingate.api_key, max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def raw_client(ingate: RunningIngate) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=ingate.base_url, headers={"api-key": ingate.api_key}) as client:
        yield client


@pytest.fixture(scope="module")
def read_by_typescript(ingate: RunningIngate, foundry_sdk: Path) -> dict[str, Any]:
    """What its stream helper made of each case."""
    cases = {case.name: {"body": case.body, "betas": case.feature.betas, "version": case.version} for case in CASES}
    finished = subprocess.run(
        [str(find_node()), str(HERE / "stream_matrix.mjs")],
        cwd=foundry_sdk,
        env=inherit_environment({"BASE_URL": ingate.base_url, "API_KEY": ingate.api_key}),
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def read_by_python(client: AnthropicFoundry, case: Case) -> dict[str, Any]:
    headers = {"anthropic-version": case.version}
    if case.feature.betas:
        with client.beta.messages.stream(
            **case.body, betas=list(case.feature.betas), extra_headers=headers
        ) as stream:
            return stream.get_final_message().to_dict(mode="json")
    with client.messages.stream(**case.body, extra_headers=headers) as stream:
        return stream.get_final_message().to_dict(mode="json")


def client_of_recorded(stream: str) -> AnthropicFoundry:
    """A client that is answered with these bytes, whatever it asks."""
    answer = httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=stream.encode())
    transport = httpx2.MockTransport(lambda _request: answer)
    return AnthropicFoundry(
        base_url="http://recorded.test/anthropic",
        api_key="none",
        http_client=httpx2.Client(transport=transport, trust_env=False),
    )


def without_nulls(value: Any) -> Any:
    """Clients differ in whether they write a member that is null."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {name: without_nulls(member) for name, member in members.items() if member is not None}
    if isinstance(value, list):
        return [without_nulls(element) for element in cast("list[Any]", value)]
    return value


@each_case
def test_stream_obeys_the_grammar(raw_client: httpx2.Client, case: Case) -> None:
    headers = {"anthropic-version": case.version, "anthropic-beta": ",".join(case.feature.betas)}
    answer = raw_client.post(
        "/v1/messages",
        json={**case.body, "stream": True},
        headers={name: value for name, value in headers.items() if value},
    )

    assert answer.status_code == 200, answer.text
    message = stream_grammar.check_stream(answer.content)
    assert message.error is None
    assert message.stop_reason == case.feature.stop_reason
    assert case.feature.blocks <= {block.start["type"] for block in message.blocks}


@exercises(ANTHROPIC, "every kind of stream, of every model")
@each_case
def test_stream_is_what_python_reads(client: AnthropicFoundry, case: Case) -> None:
    message = read_by_python(client, case)

    assert message["stop_reason"] == case.feature.stop_reason
    assert case.feature.blocks <= {block["type"] for block in message["content"]}
    assert message["usage"]["output_tokens"] > 0
    assert case.feature.shows(message), json.dumps(message)


@exercises(FOUNDRY_SDK, "every kind of stream, of every model")
@each_case
@pytest.mark.timeout(600)  # the first run installs the client
def test_stream_reads_the_same_in_typescript(read_by_typescript: dict[str, Any], case: Case) -> None:
    """Both clients make the same message of the same bytes."""
    read = read_by_typescript[case.name]
    assert "error" not in read, read["error"]

    stream_grammar.check_stream(read["bytes"].encode())
    theirs = read["message"]
    with client_of_recorded(read["bytes"]) as client:
        ours = read_by_python(client, case)
    for member in ("id", "content", "stop_reason", "stop_sequence", "model", "role"):
        assert without_nulls(theirs.get(member)) == without_nulls(ours.get(member)), member
    assert theirs["usage"]["output_tokens"] == ours["usage"]["output_tokens"]
