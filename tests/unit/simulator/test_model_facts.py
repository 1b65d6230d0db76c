"""The facts of the models, beside the catalogue that deployments choose from."""

from __future__ import annotations

from importlib import resources

import pytest

from ingate.domain.catalog import CatalogModel, parse_catalog
from ingate.simulator.model_facts import find_model_facts, get_all_model_facts, get_model_facts

EDITIONS = [file for file in resources.files("ingate.domain").joinpath("catalog_data").iterdir() if file.is_file()]
MODELS = [
    model for file in EDITIONS if file.name.endswith(".json") for model in parse_catalog(file.read_bytes()).models
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.model_id)
def test_every_model_of_the_catalogue_has_facts_of_the_same_size(model: CatalogModel) -> None:
    facts = find_model_facts(model.model_id)
    assert facts is not None
    assert (facts.context_window, facts.max_output) == (model.context_window, model.max_output)


@pytest.mark.parametrize(
    ("name", "model_id"),
    [
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("claude-sonnet-4-0", "claude-sonnet-4"),
        ("claude-opus-5-5", "claude-opus-5-5"),
        ("claude-3-5-haiku-latest", "claude-3-5-haiku"),
    ],
)
def test_a_model_is_known_by_its_dated_ids_and_aliases(name: str, model_id: str) -> None:
    facts = find_model_facts(name)
    assert facts is not None
    assert facts.model_id == model_id


@pytest.mark.parametrize("name", ["", "gpt-4", "claude-opus-5-5-5", "claude-opus-4-5-2025", "CLAUDE-OPUS-5"])
def test_another_name_is_no_models(name: str) -> None:
    assert find_model_facts(name) is None


def test_an_unknown_model_is_refused_the_least() -> None:
    permissive = get_model_facts("no-such-model")
    for facts in get_all_model_facts().values():
        assert facts.thinking <= permissive.thinking
        assert set(facts.efforts) <= set(permissive.efforts)
        assert facts.context_window <= permissive.context_window
        assert facts.max_output <= permissive.max_output
        assert facts.minimum_cache_tokens >= permissive.minimum_cache_tokens
    assert permissive.takes_sampling
    assert permissive.takes_prefill
    assert permissive.takes_forced_tools
