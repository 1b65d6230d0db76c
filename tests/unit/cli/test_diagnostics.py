from __future__ import annotations

import httpx2
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import SUBSCRIPTION, FakeIngate, account_path, group_path

SETTINGS = f"{account_path('example-resource')}/providers/Microsoft.Insights/diagnosticSettings"
WORKSPACE = f"{group_path()}/providers/Microsoft.OperationalInsights/workspaces/logs-one"


def test_a_setting_sends_everything_to_a_workspace_unless_categories_are_named(run: Run, ingate: FakeIngate) -> None:
    listing = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.OperationalInsights/workspaces"
    item = {"id": WORKSPACE, "name": "logs-one"}
    ingate.answers[("GET", listing)] = httpx2.Response(200, json={"value": [item]})
    result = run("diagnostics", "set", "all", "--workspace", "logs-one", "--metrics", "-o", "tsv")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == ["name\tall", "sends\tallLogs, AllMetrics", "to\tlogs-one"]
    assert ingate.arm[f"{SETTINGS}/all"]["properties"] == {
        "logs": [{"categoryGroup": "allLogs", "enabled": True}],
        "metrics": [{"category": "AllMetrics", "enabled": True}],
        "workspaceId": WORKSPACE,
    }


def test_categories_and_a_webhook(run: Run, ingate: FakeIngate) -> None:
    url = "https://siem.example.com/ingest"
    assert run("diagnostics", "set", "siem", "--category", "Audit", "--webhook", url).exit_code == 0
    properties = ingate.arm[f"{SETTINGS}/siem"]["properties"]
    assert properties["logs"] == [{"category": "Audit", "enabled": True}]
    assert properties["ingate"] == {"webhook": {"url": url}}


def test_settings_are_listed_with_what_they_send_where(run: Run, ingate: FakeIngate) -> None:
    logs = [{"category": "Audit", "enabled": True}, {"category": "Trace", "enabled": False}]
    properties = {"logs": logs, "ingate": {"otlp": {"url": "https://otel.example.com"}}}
    item = {"name": "one", "properties": properties}
    ingate.answers[("GET", SETTINGS)] = httpx2.Response(200, json={"value": [item]})
    assert run("diagnostics", "list", "-o", "tsv").stdout == "one\tAudit\thttps://otel.example.com\n"


def test_a_setting_needs_a_destination(run: Run) -> None:
    assert run("diagnostics", "set", "all").exit_code == 2


def test_deleting_what_is_not_there_fails(run: Run, ingate: FakeIngate) -> None:
    ingate.arm[f"{SETTINGS}/one"] = {"properties": {}}
    assert run("diagnostics", "delete", "one").exit_code == 0
    assert run("diagnostics", "delete", "one").exit_code == 1
