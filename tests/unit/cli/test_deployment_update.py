from __future__ import annotations

from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import FakeIngate, account_path

PATH = f"{account_path('example-resource')}/deployments/claude-opus-4-5"


def test_capacity_and_type_change_apart_from_each_other(run: Run, ingate: FakeIngate) -> None:
    assert run("deployment", "update", "claude-opus-4-5", "--capacity", "7").exit_code == 0
    assert ingate.arm[PATH]["sku"] == {"name": "GlobalStandard", "capacity": 7}
    assert run("deployment", "update", "claude-opus-4-5", "--sku", "DataZoneStandard").exit_code == 0
    assert ingate.arm[PATH]["sku"] == {"name": "DataZoneStandard", "capacity": 7}


def test_tags_alone_leave_the_quota_out(run: Run, ingate: FakeIngate) -> None:
    assert run("deployment", "update", "claude-opus-4-5", "--tag", "team=search").exit_code == 0
    assert ingate.requests[-1].content == b'{"tags":{"team":"search"}}'


def test_a_paused_deployment_says_so_until_it_is_resumed(run: Run) -> None:
    assert run("deployment", "pause", "claude-opus-4-5").stderr == (
        "Paused deployment claude-opus-4-5 of example-resource.\n"
    )
    assert "paused" in run("deployment", "show", "claude-opus-4-5").stdout
    assert run("deployment", "resume", "claude-opus-4-5").exit_code == 0
    assert "paused" not in run("deployment", "show", "claude-opus-4-5").stdout


def test_an_unknown_deployment_is_answered_with_the_closest_name(run: Run) -> None:
    for command in (("pause",), ("resume",), ("update", "--capacity", "1")):
        result = run("deployment", *command, "claude-opus")
        assert result.exit_code == 1
        assert "Did you mean claude-opus-4-5?" in result.stderr
    assert run("deployment", "update", "claude-opus-4-5").exit_code == 2
