from __future__ import annotations

import json

from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import FakeIngate, account_path

PATH = f"{account_path('example-resource')}/projects/search"


def test_a_project_is_created_listed_shown_and_deleted(run: Run, ingate: FakeIngate) -> None:
    created = run("project", "create", "search", "--display-name", "Search team", "-o", "json")
    assert json.loads(created.stdout)["id"] == PATH
    assert ingate.arm[PATH]["location"] == "eastus2"
    assert ingate.arm[PATH]["properties"] == {"displayName": "Search team"}
    assert run("project", "list", "-o", "tsv").stdout == "search\tSearch team\t\t\n"
    assert run("project", "show", "search").stdout.splitlines()[0].split() == ["name", "search"]
    assert run("project", "delete", "search").stderr == "Deleted project search of example-resource.\n"
    assert run("project", "delete", "search").stderr == "ingate: example-resource has no project 'search'.\n"
