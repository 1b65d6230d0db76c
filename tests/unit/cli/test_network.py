from __future__ import annotations

import json

import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import FakeIngate, account_path

ACCOUNT = account_path("example-resource")


def rules(ingate: FakeIngate) -> object:
    return ingate.arm[ACCOUNT]["properties"]["networkAcls"]


def test_an_open_resource_is_shown_as_open(run: Run) -> None:
    assert run("network", "show").stdout == (
        "resource               example-resource\npublic network access  Enabled\ndefault                Allow\n"
    )


def test_networks_are_let_in_and_shut_out_again(run: Run, ingate: FakeIngate) -> None:
    assert "as well, until" in run("network", "allow", "10.1.2.3/8").stderr
    assert run("network", "allow", "2001:db8::1").exit_code == 0
    assert run("network", "default", "deny", "example-resource").exit_code == 0
    assert rules(ingate) == {
        "defaultAction": "Deny",
        "ipRules": [{"value": "10.0.0.0/8"}, {"value": "2001:db8::1"}],
    }
    assert run("network", "remove", "10.0.0.0/8").exit_code == 0
    assert rules(ingate) == {"defaultAction": "Deny", "ipRules": [{"value": "2001:db8::1"}]}


def test_what_is_let_in_already_is_not_sent_again(run: Run, ingate: FakeIngate) -> None:
    ingate.arm[ACCOUNT]["properties"]["networkAcls"] = {"defaultAction": "Deny", "ipRules": [{"value": "10.9.0.0/8"}]}
    assert run("network", "allow", "10.0.0.0/8").exit_code == 0
    assert {request.method for request in ingate.requests} == {"GET"}


def test_a_rule_that_is_not_there_cannot_be_removed(run: Run) -> None:
    result = run("network", "remove", "10.0.0.0/8")
    assert (result.exit_code, result.stderr) == (1, "ingate: example-resource has no rule for 10.0.0.0/8.\n")


@pytest.mark.parametrize("typed", ["everywhere", "10.0.0.0/33", "300.1.1.1"])
def test_what_is_no_network_is_wrong_usage(run: Run, typed: str) -> None:
    assert run("network", "allow", typed).exit_code == 2


def test_public_access_is_turned_off_and_on(run: Run) -> None:
    off = json.loads(run("network", "public", "off", "-o", "json").stdout)
    assert off["publicNetworkAccess"] == "Disabled"
    assert json.loads(run("network", "public", "on", "-o", "json").stdout)["publicNetworkAccess"] == "Enabled"


def test_a_change_by_somebody_else_meanwhile_is_not_lost(run: Run, ingate: FakeIngate) -> None:
    ingate.arm[ACCOUNT]["etag"] = '"2"'
    assert run("network", "default", "deny").exit_code == 0
    assert ingate.requests[-1].headers["if-match"] == '"2"'
