from __future__ import annotations

from decimal import Decimal

import pytest

from ingate.domain.catalog import Catalog
from ingate.domain.deployment import DEPLOYMENT_TYPES, ModelNotSupported, decide_model_version
from ingate.store.catalog_file import read_catalog


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return read_catalog()


def test_every_model_is_dated_sourced_and_can_be_deployed(catalog: Catalog) -> None:
    for model in catalog.models:
        assert model.as_of <= catalog.as_of
        assert model.source
        assert model.get_version(model.default_version) is not None
        assert model.max_output < model.context_window
        for version in model.versions:
            assert set(version.deployment_types) <= set(DEPLOYMENT_TYPES)
            assert catalog.get_features(version.hosting)


def test_models_and_versions_are_named_once(catalog: Catalog) -> None:
    assert len(set(catalog.model_ids)) == len(catalog.model_ids)
    for model in catalog.models:
        versions = [version.version for version in model.versions]
        assert len(set(versions)) == len(versions)


@pytest.mark.parametrize(
    ("model_id", "window", "output"),
    [
        ("claude-opus-4-5", 200_000, 64_000),
        ("claude-sonnet-4-5", 200_000, 64_000),
        ("claude-haiku-4-5", 200_000, 64_000),
        ("claude-opus-5-5", 1_000_000, 128_000),
    ],
)
def test_sizes_are_those_of_the_documentation(catalog: Catalog, model_id: str, window: int, output: int) -> None:
    model = catalog.get_model(model_id)
    assert model is not None
    assert (model.context_window, model.max_output) == (window, output)


def test_cache_prices_follow_the_input_price(catalog: Catalog) -> None:
    """A five-minute write costs 1.25 times the input, an hour's twice: a mistyped figure would show."""
    for model in catalog.models:
        for tier in (tier for price in model.prices for tier in price.tiers):
            assert tier.cache_write_5m == tier.input * Decimal("1.25")
            assert tier.cache_write_1h == tier.input * 2
            assert tier.output == tier.input * 5
            assert tier.cache_read < tier.input


def test_tiers_of_a_price_go_up_and_end_without_a_bound(catalog: Catalog) -> None:
    for model in catalog.models:
        for price in model.prices:
            bounds = [tier.up_to_input_tokens for tier in price.tiers]
            assert bounds[-1] is None
            assert all(bound is not None for bound in bounds[:-1])


def test_a_default_version_is_the_one_hosted_on_azure_where_there_is_one(catalog: Catalog) -> None:
    for model in catalog.models:
        hostings = {version.hosting for version in model.versions}
        default = model.get_version(model.default_version)
        assert default is not None
        assert default.hosting == ("azure" if "azure" in hostings else "anthropic")


def test_an_unknown_model_names_the_known_ones(catalog: Catalog) -> None:
    refused = decide_model_version(catalog, format="Anthropic", name="gpt-9", version=None)
    assert isinstance(refused, ModelNotSupported)
    assert refused.known == catalog.model_ids


def test_another_format_is_not_ours(catalog: Catalog) -> None:
    refused = decide_model_version(catalog, format="OpenAI", name="claude-opus-4-5", version=None)
    assert isinstance(refused, ModelNotSupported)
