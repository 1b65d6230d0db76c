from __future__ import annotations

import json

from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import FakeIngate, account_path


def test_keys_as_json_are_exactly_the_two_keys(run: Run) -> None:
    result = run("keys", "list", "--resource", "example-resource", "--output", "json")
    assert json.loads(result.stdout) == {
        "key1": "example-resource-first-key",
        "key2": "example-resource-second-key",
    }


def test_keys_are_printed_as_a_table(run: Run) -> None:
    assert run("keys", "list").stdout == (
        "KEY   VALUE\nkey1  example-resource-first-key\nkey2  example-resource-second-key\n"
    )


def test_one_key_as_tab_separated_values_is_the_key_alone(run: Run) -> None:
    result = run("keys", "list", "--resource", "example-resource", "--key", "2", "--output", "tsv")
    assert result.stdout == "example-resource-second-key\n"


def test_regenerating_replaces_one_key_and_keeps_the_other(run: Run, ingate: FakeIngate) -> None:
    result = run("keys", "regenerate", "--resource", "example-resource", "--key", "1", "--output", "json")
    assert json.loads(result.stdout) == {"key1": "fresh-key", "key2": "example-resource-second-key"}
    assert ingate.requests[-1].url.path == f"{account_path('example-resource')}/regenerateKey"
    assert json.loads(ingate.requests[-1].content) == {"keyName": "Key1"}


def test_regenerating_needs_to_know_which_key(run: Run, ingate: FakeIngate) -> None:
    assert run("keys", "regenerate", "--resource", "example-resource").exit_code == 2
    assert ingate.requests == []


def test_no_other_command_prints_a_key(run: Run) -> None:
    commands = [
        ("resource", "list", "-o", "json"),
        ("resource", "show", "example-resource", "-o", "json"),
        ("deployment", "list", "-o", "json"),
        ("doctor", "-o", "json"),
        ("chat", "hello"),
    ]
    for command in commands:
        assert "-key" not in run(*command).stdout.replace("api-key", "")
