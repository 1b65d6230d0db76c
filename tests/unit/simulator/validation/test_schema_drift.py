"""The committed schema is what the installed official SDK says, and the data beside it knows what the SDK names."""

from __future__ import annotations

import json
import subprocess
import sys
import typing
from importlib import resources
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ingate.domain.catalog import parse_catalog
from ingate.simulator.validation.features import USES, get_features

SCRIPT = Path(__file__).resolve().parents[4] / "scripts" / "generate_messages_schema.py"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    pytest.importorskip("anthropic", reason="the official SDK is a development dependency")
    spec = spec_from_file_location("generate_messages_schema", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_committed_schema_is_what_the_installed_sdk_says(
    generator: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    status = generator.main(["--check"])
    assert (status, capsys.readouterr().out.startswith("No drift from anthropic ")) == (0, True)


def test_the_same_sdk_gives_the_same_bytes(generator: ModuleType) -> None:
    assert generator.render(generator.generate()) == generator.SCHEMA_PATH.read_text()


def test_drift_is_told_field_by_field(generator: ModuleType) -> None:
    committed = json.loads(generator.SCHEMA_PATH.read_text())
    fresh = json.loads(generator.SCHEMA_PATH.read_text())
    del fresh["types"]["TextBlock"]["fields"]["citations"]
    fresh["types"]["Metadata"]["fields"]["team"] = {"type": {"is": "string"}}
    fresh["source"] = "anthropic 99"
    changes = generator.describe_drift(committed, fresh)
    assert [change.partition(": ")[0] for change in changes] == ["Metadata.team", "TextBlock.citations"]


def test_every_beta_that_the_sdk_names_is_known() -> None:
    beta_param = pytest.importorskip("anthropic.types.anthropic_beta_param").AnthropicBetaParam
    named: set[Any] = set()
    for part in typing.get_args(beta_param):
        named.update(typing.get_args(part))
    assert named - set(get_features().known_betas) == set()


def test_the_features_of_a_hosting_are_the_catalogues() -> None:
    features = get_features()
    folder = resources.files("ingate.domain").joinpath("catalog_data")
    newest = max((file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda file: file.name)
    catalog = parse_catalog(newest.read_bytes())
    missing = set(catalog.get_features("anthropic")) - set(catalog.get_features("azure"))
    assert set(features.not_on_hosting["azure"]) == missing
    assert {*features.not_on_foundry, *missing} <= USES.keys()
    assert set(features.betas_not_on_foundry) <= set(features.known_betas)


def test_importing_the_simulator_reads_no_schema_and_no_sdk() -> None:
    probe = (
        "import sys, ingate.simulator.simulator\n"
        "from ingate.simulator.validation.schema_file import get_schema\n"
        "assert get_schema.cache_info().currsize == 0\n"
        "assert not {'anthropic', 'pydantic', 'pydantic_core'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", probe], check=True)
