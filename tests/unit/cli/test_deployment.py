from __future__ import annotations

import json

import httpx2
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import FakeIngate, account_path


def deployment_path(name: str) -> str:
    return f"{account_path('example-resource')}/deployments/{name}"


def test_deployments_are_listed_as_a_table(run: Run) -> None:
    result = run("deployment", "list", "--resource", "example-resource")
    assert result.stdout == (
        "NAME              MODEL             VERSION  TYPE            CAPACITY  UPSTREAM   UPSTREAM MODEL\n"
        "claude-haiku-4-5  claude-haiku-4-5  1        GlobalStandard  10000     simulator  claude-haiku-4-5\n"
        "claude-opus-4-5   claude-opus-4-5   1        GlobalStandard  10000     simulator  claude-opus-4-5\n"
    )


def test_deployments_are_listed_as_tab_separated_values_without_a_heading(run: Run) -> None:
    lines = run("deployment", "list", "--output", "tsv").stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["claude-haiku-4-5", "claude-opus-4-5"]


def test_a_deployment_is_created_with_what_was_said_and_nothing_else(run: Run, ingate: FakeIngate) -> None:
    result = run("deployment", "create", "small", "--resource", "example-resource", "--model", "claude-haiku-4-5")
    assert result.exit_code == 0
    assert result.stderr == "Created deployment small of example-resource.\n"
    assert json.loads(ingate.requests[-1].content) == {
        "properties": {"model": {"format": "Anthropic", "name": "claude-haiku-4-5"}},
    }


def test_a_deployment_is_created_with_everything(run: Run, ingate: FakeIngate) -> None:
    run(
        *("deployment", "create", "Größe", "--model", "claude-opus-4-5", "--model-version", "20251101"),
        *("--capacity", "7", "--sku", "DataZoneStandard", "--upstream", "mine", "--upstream-model", "m"),
    )
    assert json.loads(ingate.requests[-1].content) == {
        "sku": {"name": "DataZoneStandard", "capacity": 7},
        "properties": {
            "model": {"format": "Anthropic", "name": "claude-opus-4-5", "version": "20251101"},
            "ingate": {"upstream": "mine", "upstreamModel": "m"},
        },
    }
    assert deployment_path("Größe") in ingate.arm


def test_changing_a_deployment_says_so(run: Run) -> None:
    result = run("deployment", "create", "claude-opus-4-5", "--model", "claude-opus-4-5")
    assert result.stderr == "Updated deployment claude-opus-4-5 of example-resource.\n"


def test_the_refusal_of_the_management_api_is_told_with_its_code(run: Run, ingate: FakeIngate) -> None:
    error = {"error": {"code": "DeploymentModelNotSupported", "message": "The model 'x' is not supported."}}
    ingate.answers["PUT", deployment_path("new")] = httpx2.Response(400, json=error)
    result = run("deployment", "create", "new", "--model", "x")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "ingate: DeploymentModelNotSupported: The model 'x' is not supported.\n"


def test_a_deployment_is_shown(run: Run) -> None:
    result = run("deployment", "show", "claude-opus-4-5")
    assert result.stdout.startswith("name            claude-opus-4-5\nmodel           claude-opus-4-5\n")


def test_showing_or_deleting_an_unknown_deployment_suggests_the_closest(run: Run) -> None:
    for command in ("show", "delete"):
        result = run("deployment", command, "claude-opus-45")
        assert result.exit_code == 1
        assert "no deployment 'claude-opus-45'. Did you mean claude-opus-4-5" in result.stderr


def test_a_deployment_is_deleted(run: Run, ingate: FakeIngate) -> None:
    result = run("deployment", "delete", "claude-opus-4-5", "--yes")
    assert result.exit_code == 0
    assert deployment_path("claude-opus-4-5") not in ingate.arm


def test_a_name_with_a_slash_stays_one_segment_of_the_path(run: Run, ingate: FakeIngate) -> None:
    run("deployment", "show", "../../other")
    paths = [request.url.raw_path for request in ingate.requests]
    assert any(b"/deployments/..%2F..%2Fother" in path for path in paths)


def test_a_wrong_command_line_is_exit_code_2(run: Run) -> None:
    assert run("deployment", "create", "small").exit_code == 2
    assert run("deployment", "create", "small", "--model", "m", "--capacity", "0").exit_code == 2
    assert run("deployment", "create", "small", "--model", "m", "--upstream-model", "x").exit_code == 2


def test_limits_go_as_they_are_said_and_0_gives_one_back_to_the_capacity(run: Run, ingate: FakeIngate) -> None:
    run("deployment", "create", "d1", "--model", "claude-opus-4-5", "--rpm", "60", "--otpm", "0")
    assert json.loads(ingate.requests[-1].content)["properties"]["ingate"] == {
        "limits": {"requestsPerMinute": 60, "outputTokensPerMinute": None}
    }
    assert run("deployment", "create", "d1", "--model", "claude-opus-4-5", "--itpm", "-1").exit_code == 2


def test_limits_of_a_deployments_own_are_shown(run: Run, ingate: FakeIngate) -> None:
    shown = run("deployment", "create", "d1", "--model", "claude-opus-4-5", "--rpm", "60", "--itpm", "5000").stdout
    lines = [line.split() for line in shown.splitlines()]
    assert ["rpm", "60"] in lines
    assert ["itpm", "5000"] in lines
    assert "otpm" not in shown


def test_content_recording_is_asked_for_and_0_days_turn_it_off(run: Run, ingate: FakeIngate) -> None:
    cases: list[tuple[tuple[str, ...], object]] = [
        (("--record-content-days", "7"), {"retentionDays": 7, "redact": []}),
        (
            ("--record-content-days", "7", "--redact", "a+", "--redact", r"\d"),
            {"retentionDays": 7, "redact": ["a+", r"\d"]},
        ),
        (("--record-content-days", "0"), None),
    ]
    for arguments, recording in cases:
        run("deployment", "create", "kept", "--model", "claude-opus-4-5", *arguments)
        assert json.loads(ingate.requests[-1].content)["properties"]["ingate"] == {"recordContent": recording}


def test_what_to_redact_without_anything_kept_is_a_mistake(run: Run, ingate: FakeIngate) -> None:
    result = run("deployment", "create", "kept", "--model", "claude-opus-4-5", "--redact", "x")
    assert result.exit_code == 2
    assert "--redact says what --record-content-days leaves out: give both." in result.stderr


def test_that_content_is_kept_is_shown(run: Run, ingate: FakeIngate) -> None:
    shown = ingate.arm[deployment_path("claude-opus-4-5")]
    shown["properties"]["ingate"]["recordContent"] = {"retentionDays": 7, "redact": []}
    assert "content kept    7 days\n" in run("deployment", "show", "claude-opus-4-5").stdout
