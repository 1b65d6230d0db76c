from __future__ import annotations

import json

from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import FakeIngate, account_path


def test_the_models_of_a_resource_are_listed(run: Run, ingate: FakeIngate) -> None:
    assert run("models", "--resource", "example-resource").stdout == (
        "MODEL             VERSION   DEFAULT  HOSTED ON  CONTEXT  MAX OUTPUT  TYPES\n"
        "claude-opus-4-5   20251101  yes      anthropic  200000   64000       GlobalStandard, DataZoneStandard\n"
        "claude-haiku-4-5  20251001  yes      anthropic  200000   64000       GlobalStandard, DataZoneStandard\n"
    )
    assert ingate.requests[-1].url.path == f"{account_path('example-resource')}/models"


def test_models_as_json_are_what_the_management_api_lists(run: Run) -> None:
    names = [item["name"] for item in json.loads(run("models", "-o", "json").stdout)]
    assert names == ["claude-opus-4-5", "claude-haiku-4-5"]
