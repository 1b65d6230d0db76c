from __future__ import annotations

import pytest

from ingate.management.deployment_options import ProviderDataBody, decide_provider_data, decide_upgrade_option
from ingate.management.refusals import ProviderDataInvalid

CONTOSO = ProviderDataBody(industry="technology", organization_name="Contoso", country_code="US")


def decide(
    data: ProviderDataBody | None,
    *,
    api_version: str = "2025-12-01",
    is_new: bool = True,
    is_administrator: bool = False,
    is_required: bool = True,
) -> ProviderDataInvalid | None:
    return decide_provider_data(
        data,
        api_version=api_version,
        is_new=is_new,
        is_administrator=is_administrator,
        is_required=is_required,
    )


def test_complete_data_is_accepted_from_anybody() -> None:
    assert decide(CONTOSO) is None
    assert decide(CONTOSO, is_administrator=True, api_version="2024-10-01") is None


@pytest.mark.parametrize(
    "data",
    [
        ProviderDataBody(),
        ProviderDataBody(industry="technology", organization_name="Contoso"),
        ProviderDataBody(industry=" ", organization_name="Contoso", country_code="US"),
        ProviderDataBody(industry="technology", organization_name="Contoso", country_code="USA"),
    ],
)
def test_incomplete_data_is_refused_to_everybody(data: ProviderDataBody) -> None:
    assert decide(data) is not None
    assert decide(data, is_required=False) is not None
    assert decide(data, is_administrator=True, is_new=False, api_version="2024-10-01") is not None


@pytest.mark.parametrize("version", ["2025-10-01-preview", "2025-12-01", "2026-09-15-preview"])
def test_where_it_is_required_a_new_deployment_needs_it_if_the_api_version_knows_it(version: str) -> None:
    assert decide(None, api_version=version) is not None
    assert decide(None, api_version=version, is_required=False) is None


def test_it_may_be_left_out_of_older_versions_of_changes_and_by_the_administrator() -> None:
    assert decide(None, api_version="2025-09-01") is None
    assert decide(None, is_new=False) is None
    assert decide(None, is_administrator=True) is None


def test_upgrade_options_are_azures() -> None:
    assert decide_upgrade_option(None) is None
    assert decide_upgrade_option("noAutoUpgrade") is None
    assert decide_upgrade_option("Always") is not None
