from __future__ import annotations

from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import FakeIngate, account_path

ACCOUNT = account_path("example-resource")


def test_tags_are_changed_one_by_one(run: Run, ingate: FakeIngate) -> None:
    ingate.arm[ACCOUNT]["tags"] = {"team": "search", "old": "yes"}
    assert run("resource", "update", "example-resource", "--tag", "old=", "--tag", "cost=1=2").exit_code == 0
    assert ingate.arm[ACCOUNT]["tags"] == {"team": "search", "cost": "1=2"}


def test_keys_are_refused_and_accepted_again(run: Run, ingate: FakeIngate) -> None:
    refused = run("resource", "update", "example-resource", "--disable-local-auth").stdout
    assert "API keys        refused" in refused
    assert ingate.arm[ACCOUNT]["properties"]["disableLocalAuth"] is True
    assert "accepted" in run("resource", "update", "example-resource", "--enable-local-auth").stdout


def test_projects_are_allowed_without_a_word_about_keys(run: Run, ingate: FakeIngate) -> None:
    assert run("resource", "update", "example-resource", "--allow-projects").exit_code == 0
    assert ingate.requests[-1].content == b'{"properties":{"allowProjectManagement":true}}'


def test_nothing_to_change_is_wrong_usage(run: Run) -> None:
    assert run("resource", "update", "example-resource").exit_code == 2
    assert run("resource", "update", "example-resource", "--tag", "team").exit_code == 2
