"""Members of a deployment that Azure checks and Ingate keeps: `modelProviderData` and `versionUpgradeOption`."""

from __future__ import annotations

import re

import msgspec

from .refusals import PropertyInvalid, ProviderDataInvalid

UPGRADE_OPTIONS = ("OnceNewDefaultVersionAvailable", "OnceCurrentVersionExpired", "NoAutoUpgrade")
PROVIDER_DATA_SINCE = "2025-10-01"
"""The first api-version whose deployments tell Anthropic who their customer is."""

_COUNTRY = re.compile(r"[A-Za-z]{2}")


class ProviderDataBody(msgspec.Struct, rename="camel"):
    """Who the customer is, for the model's provider. It goes nowhere from here."""

    industry: str | None = None
    organization_name: str | None = None
    country_code: str | None = None

    @property
    def is_complete(self) -> bool:
        named = (self.industry or "").strip() and (self.organization_name or "").strip()
        return bool(named) and _COUNTRY.fullmatch(self.country_code or "") is not None


def decide_provider_data(
    data: ProviderDataBody | None, *, api_version: str, is_new: bool, is_administrator: bool, is_required: bool
) -> ProviderDataInvalid | None:
    """None when it is accepted. What is there has to be complete.

    Azure wants it of new deployments, in api-versions that know it, and so `az`, which has no option for it, cannot
    make them there. Here that is a setting, `is_required`; the local administrator, who has no customer data to give,
    may leave it out even then.
    """
    if data is not None:
        return None if data.is_complete else ProviderDataInvalid()
    is_wanted = is_required and is_new and not is_administrator
    return ProviderDataInvalid() if is_wanted and api_version[:10] >= PROVIDER_DATA_SINCE else None


def decide_upgrade_option(given: str | None) -> PropertyInvalid | None:
    """None when it is accepted. Ingate never changes a version by itself, so all of them mean the same here."""
    if given is None or given.lower() in {option.lower() for option in UPGRADE_OPTIONS}:
        return None
    return PropertyInvalid(
        name="properties.versionUpgradeOption", reason=f"must be one of {', '.join(UPGRADE_OPTIONS)}"
    )
