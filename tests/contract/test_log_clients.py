"""azure-monitor-query, unmodified, asks for logs of known calls: what comes back, and what who may see.

read_logs.py plays one scenario; each test looks at a part of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.support.clients_matrix_entries import AZURE_LOGS, exercises
from tests.support.principals import Application, assign_role, put_application
from tests.support.running import RunningIngate, inherit_environment, start_ingate

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    exercises(AZURE_LOGS, "queries of workspaces and resources, batches, partial answers, errors, what a role shows"),
]  # the first run installs the clients
HERE = Path(__file__).parent

CALLS = {
    ("example-resource", "claude-haiku-4-5"): 5,
    ("example-resource", "claude-opus-4-5"): 2,
    ("other-resource", "claude-of-others"): 3,
}
ROWS = [[*place, calls] for place, calls in sorted(CALLS.items(), key=lambda item: item[0][1])]
ROWS_OF_ONE = [row for row in ROWS if row[0] == "example-resource"]

Seen = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Logged:
    ingate: RunningIngate
    workspace_id: str
    """Its Resource Manager id."""
    customer_id: str


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logged]:
    """An Ingate that was called."""
    with start_ingate(tmp_path_factory.mktemp("logged") / "data") as ingate:
        ingate.put_resource("other-resource")
        ingate.put_deployment("claude-of-others", resource="other-resource", model="claude-haiku-4-5")
        ingate.wait_until_served()
        for (resource, deployment), calls in CALLS.items():
            call(ingate, resource, deployment, calls)
        path = f"{ingate.group_path}/providers/Microsoft.OperationalInsights/workspaces/example-workspace"
        workspace = ingate.manage("GET", path)
        yield Logged(ingate=ingate, workspace_id=path, customer_id=workspace["properties"]["customerId"])


def call(ingate: RunningIngate, resource: str, deployment: str, times: int) -> None:
    host = ingate.gateway_url.removeprefix("http://").replace("127.0.0.1", f"{resource}.services.ai.azure.com")
    headers = {"x-api-key": ingate.get_keys(resource)["key1"], "anthropic-version": "2023-06-01", "host": host}
    with httpx2.Client(headers=headers) as client:
        for _ in range(times):
            body = {"model": deployment, "max_tokens": 16, "messages": [{"role": "user", "content": "Hello"}]}
            answer = client.post(f"{ingate.base_url}/v1/messages", json=body)
            assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def callers(logged: Logged) -> dict[str, Application]:
    ingate = logged.ingate
    found = {name: put_application(ingate, f"logs-{name}") for name in ("owner", "reader", "nobody")}
    subscription = f"/subscriptions/{ingate.running['subscription_id']}"
    assign_role(ingate, found["owner"].object_id, "Owner", subscription)
    assign_role(ingate, found["reader"].object_id, "Reader", ingate.account_path("example-resource"))
    assign_role(ingate, found["reader"].object_id, "Reader", logged.workspace_id)
    return found


def make_settings(logged: Logged, callers: dict[str, Application], **more: Any) -> dict[str, Any]:
    ingate = logged.ingate
    return {
        "tenant_id": ingate.tenant_id,
        "workspace": logged.customer_id,
        "resources": [ingate.account_path("example-resource"), ingate.account_path("other-resource")],
        "callers": {name: {"client_id": who.client_id, "secret": who.secret} for name, who in callers.items()},
        "credential": {"authority": ingate.tls_url, "disable_instance_discovery": True},
        "client": {"endpoint": f"{ingate.tls_url}/v1"},
        **more,
    }


def read_logs(command: Sequence[str], settings: dict[str, Any], environment: dict[str, str]) -> Seen:
    finished = subprocess.run(
        [*command, str(HERE / "read_logs.py")],
        input=json.dumps(settings),
        env=inherit_environment(environment),
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


@pytest.fixture(scope="module")
def seen(logged: Logged, callers: dict[str, Application], azure_sdk_python: Path) -> Seen:
    environment = {"REQUESTS_CA_BUNDLE": str(logged.ingate.ca_file), "NO_PROXY": "*"}
    return read_logs([str(azure_sdk_python)], make_settings(logged, callers), environment)


@pytest.mark.parametrize("form", ["workspace", "start and end", "no timespan"])
def test_an_owner_sees_every_call_as_soon_as_it_is_answered(seen: Seen, form: str) -> None:
    assert seen[form]["rows"] == (ROWS if form == "workspace" else [[sum(CALLS.values())]])


def test_a_span_in_which_nothing_happened_is_empty(seen: Seen) -> None:
    assert seen["an hour of yesterday"]["row count"] == 0
    assert "RequestId" in seen["an hour of yesterday"]["columns"]


def test_deployments_are_there_whatever_time_is_asked_for(seen: Seen) -> None:
    assert ["other-resource", "claude-of-others"] in seen["deployments"]["rows"]


def test_columns_have_the_sdks_types(seen: Seen) -> None:
    answer = seen["types"]
    assert answer["columns"] == {
        "TimeGenerated": "datetime",
        "RequestId": "string",
        "StatusCode": "int",
        "IsStreaming": "bool",
        "DurationMs": "real",
        "InputTokens": "long",
        "Properties": "dynamic",
        "Span": "timespan",
        "Id": "guid",
    }
    (row,) = answer["rows"]
    assert row[0].startswith("datetime 20")
    assert row[0].endswith("+00:00")
    assert json.loads(row[6])["upstream"] == "simulator"
    assert row[2:4] + row[7:] == [200, False, "01:30:00", "74be27de-1e4e-49d9-b579-fe0b331d3642"]


def test_statistics_and_visualization_come_when_asked_for(seen: Seen) -> None:
    assert seen["chart"]["statistics"]["query"]["executionTime"] > 0
    assert seen["chart"]["visualization"]["visualization"] == "timechart"
    assert seen["chart"]["visualization"]["title"] == "Calls"
    assert seen["workspace"]["statistics"] is None


def test_too_many_rows_are_a_partial_result(seen: Seen) -> None:
    answer = seen["partial"]
    assert (answer["kind"], answer["row count"]) == ("LogsQueryPartialResult", 500_000)
    assert answer["error"]["code"] == "PartialError"
    assert "record count limit" in answer["error"]["details"] + answer["error"]["message"]


def test_a_bad_query_is_an_error_with_the_place(seen: Seen) -> None:
    error = seen["bad query"]
    assert (error["status"], error["code"]) == (400, "BadArgumentError")
    inner = error["inner"]["innererror"]
    assert (inner["line"], inner["pos"], inner["token"]) == (2, 9, "Foo")
    assert "Foo" in error["message"]
    assert seen["bad syntax"]["inner"]["code"] == "SyntaxError"


def test_a_workspace_that_there_is_not(seen: Seen) -> None:
    assert (seen["bad workspace"]["status"], seen["bad workspace"]["code"]) == (404, "WorkspaceNotFoundError")


def test_a_query_ends_at_the_time_that_the_client_gives_it(seen: Seen) -> None:
    assert (seen["too slow"]["status"], seen["too slow"]["code"]) == (504, "GatewayTimeout")


def test_a_batch_answers_each_query_for_itself(seen: Seen) -> None:
    good, bad, constant = seen["batch"]
    assert good["rows"] == ROWS
    assert good["statistics"]["query"]["executionTime"] > 0
    assert (bad["kind"], bad["code"]) == ("LogsQueryError", "BadArgumentError")
    assert constant["rows"] == [[1]]


@pytest.mark.parametrize("form", ["resource", "reader: workspace", "reader: its resource"])
def test_one_resource_has_its_own_rows_and_whoever_may_read_only_that_sees_no_more(seen: Seen, form: str) -> None:
    assert seen[form]["rows"] == ROWS_OF_ONE


def test_audit_events_and_diagnostics_of_other_resources_are_not_shown_either(seen: Seen, logged: Logged) -> None:
    assert seen["reader: audit"]["rows"] == [[logged.ingate.account_path("example-resource").lower()]]
    assert [row[0].lower() for row in seen["reader: diagnostics"]["rows"]] == ["example-resource"]


def test_content_is_a_table_only_for_who_may_read_it(seen: Seen) -> None:
    assert seen["reader: content"]["status"] == 400
    assert "FoundryContent" in seen["reader: content"]["message"]


@pytest.mark.parametrize("form", ["reader: another", "nobody: workspace", "nobody: resource"])
def test_without_a_role_there_is_nothing(seen: Seen, form: str) -> None:
    assert (seen[form]["status"], seen[form]["code"]) == (403, "InsufficientAccessError")


def test_below_ingate_run_the_sdk_needs_no_settings(
    logged: Logged, callers: dict[str, Application], azure_sdk_python: Path
) -> None:
    run = [sys.executable, "-m", "ingate", "run", "--data-dir", str(logged.ingate.data_dir), "--"]
    settings = make_settings(logged, callers, credential={}, client={}, brief=True)
    seen = read_logs([*run, str(azure_sdk_python)], settings, {})
    assert seen["workspace"]["rows"] == ROWS
