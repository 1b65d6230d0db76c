"""The model catalogue: which models exist, in which versions, and what each can do. Data with dates and sources.

The data itself is in `catalog_data/`, one dated file for each edition; this file is its shape. A price is never
overwritten: a new dated entry is appended, so that a past request keeps its price.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

Hosting = Literal["anthropic", "azure"]
"""Where the model runs: on Anthropic's infrastructure or on Azure's."""

ThinkingKind = Literal["enabled", "adaptive", "disabled"]
"""Values of `thinking.type` that the model takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """What a deployment's `model.version` names."""

    version: str
    hosting: Hosting
    deployment_types: tuple[str, ...]
    """What it is sold as: GlobalStandard, DataZoneStandard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTier:
    """US dollars for a million tokens, of requests with at most `up_to_input_tokens` input tokens (None: any)."""

    up_to_input_tokens: int | None
    input: Decimal
    cache_write_5m: Decimal
    cache_write_1h: Decimal
    cache_read: Decimal
    output: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPrice:
    """The price seen on one day. Smaller tiers first."""

    as_of: date
    source: str
    tiers: tuple[PriceTier, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelQuota:
    """How many units of capacity a subscription may hold of one version and deployment type of the model."""

    payg: int
    """Of a pay-as-you-go subscription."""
    enterprise: int
    """Of an Enterprise Agreement or a Microsoft Customer Agreement for enterprises."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogModel:
    """One model. Sizes are in tokens."""

    model_id: str
    display_name: str
    context_window: int
    max_output: int
    thinking: tuple[ThinkingKind, ...]
    entra_only: bool
    """API keys do not serve it."""
    default_version: str
    versions: tuple[ModelVersion, ...]
    prices: tuple[ModelPrice, ...]
    as_of: date
    source: str
    quota: ModelQuota | None = None
    """None: not known, so there is none outside of subscriptions without limits."""

    def get_version(self, version: str) -> ModelVersion | None:
        return next((entry for entry in self.versions if entry.version == version), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostingFeatures:
    """What the Messages API offers on one hosting, by the names of Anthropic's feature overview."""

    hosting: Hosting
    features: tuple[str, ...]
    as_of: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """One edition of everything."""

    as_of: date
    models: tuple[CatalogModel, ...]
    hostings: tuple[HostingFeatures, ...]

    @property
    def model_ids(self) -> tuple[str, ...]:
        return tuple(model.model_id for model in self.models)

    def get_model(self, model_id: str) -> CatalogModel | None:
        return next((model for model in self.models if model.model_id == model_id), None)

    def get_features(self, hosting: Hosting) -> tuple[str, ...]:
        return next((entry.features for entry in self.hostings if entry.hosting == hosting), ())


def parse_catalog(data: bytes) -> Catalog:
    """The content of a file in `catalog_data/`. Raises msgspec.DecodeError when it does not fit."""
    return msgspec.json.decode(data, type=Catalog)
