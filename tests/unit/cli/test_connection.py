"""Which Ingate a command speaks to."""

from __future__ import annotations

import json
from pathlib import Path

from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import MANAGEMENT_URL, SUBSCRIPTION, TOKEN, FakeIngate


def test_without_a_running_one_the_exit_code_is_3(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    result = run("resource", "list", "--data-dir", str(empty))
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == (
        f"ingate: nothing is running with the data directory {empty}.\nStart one with: ingate up\n"
    )


def test_a_management_url_alone_is_enough_when_there_is_one_of_everything(
    run: Run, ingate: FakeIngate, tmp_path: Path
) -> None:
    environment = {"INGATE_DATA_DIR": str(tmp_path / "empty"), "INGATE_ADMIN_TOKEN": TOKEN}
    options = ("--management-url", MANAGEMENT_URL + "/")
    keys = run("keys", "list", "-o", "json", *options, environment=environment)
    assert json.loads(keys.stdout)["key1"] == "example-resource-first-key"
    assert run("upstream", "list", *options, environment=environment).exit_code == 0


def test_several_of_something_have_to_be_named(run: Run, ingate: FakeIngate, tmp_path: Path) -> None:
    environment = {
        "INGATE_DATA_DIR": str(tmp_path / "empty"),
        "INGATE_ADMIN_TOKEN": TOKEN,
        "INGATE_MANAGEMENT_URL": MANAGEMENT_URL,
    }
    ingate.add_resource("second")
    resource = run("keys", "list", environment=environment)
    assert resource.stderr == "ingate: name a resource with --resource: example-resource, second\n"
    ingate.groups.append("second-group")
    group = run("upstream", "list", environment=environment)
    assert "name one with --resource-group: example-group, second-group" in group.stderr
    ingate.subscriptions.append("33333333-3333-3333-3333-333333333333")
    subscription = run("resource", "list", environment=environment)
    assert "name one with --subscription" in subscription.stderr
    named = run("resource", "list", "--subscription", SUBSCRIPTION, environment=environment)
    assert named.exit_code == 0


def test_this_machines_token_is_not_sent_to_a_stranger(run: Run, ingate: FakeIngate, data_dir: Path) -> None:
    """Only where the data directory is the platform's own: one that is named is meant."""
    environment = {"INGATE_DATA_DIR": "", "XDG_STATE_HOME": str(data_dir.parent)}
    result = run("resource", "list", "--management-url", "http://elsewhere.example:8081", environment=environment)
    assert result.exit_code == 1
    assert "set INGATE_ADMIN_TOKEN" in result.stderr
    assert ingate.requests == []


def test_the_environments_token_comes_before_the_files(run: Run, data_dir: Path) -> None:
    (data_dir / "admin.token").write_text("stale")
    assert run("resource", "list").exit_code == 1
    assert run("resource", "list", environment={"INGATE_ADMIN_TOKEN": TOKEN}).exit_code == 0


def test_a_damaged_running_file_is_named(run: Run, data_dir: Path) -> None:
    (data_dir / "running.json").write_text("{")
    result = run("resource", "list")
    assert result.exit_code == 1
    assert f"{data_dir / 'running.json'} cannot be read" in result.stderr


def test_a_missing_token_is_named(run: Run, data_dir: Path) -> None:
    (data_dir / "admin.token").unlink()
    result = run("resource", "list")
    assert result.exit_code == 1
    assert "no administrator token" in result.stderr


def test_a_management_url_with_a_password_is_refused(run: Run) -> None:
    result = run("resource", "list", "--management-url", "http://user:secret@127.0.0.1:8081")
    assert result.exit_code == 2
    assert "secret" not in result.output


def test_a_token_that_no_header_could_carry_is_refused_and_not_shown(run: Run, ingate: FakeIngate) -> None:
    result = run("resource", "list", environment={"INGATE_ADMIN_TOKEN": "tok\u00e9n"})
    assert result.exit_code == 1
    assert "tok\u00e9n" not in result.output
    assert ingate.requests == []
