"""What the directory says of a deployment's money: its prices, and the closed budget it falls under."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from ingate.domain.budget import Budget, find_closing_budget
from ingate.domain.catalog import Catalog
from ingate.domain.cost_filter import CoveredDeployment
from ingate.domain.directory import DirectoryDeployment
from ingate.domain.price_book import PriceAgreement, PricedDeployment, resolve_prices
from ingate.domain.resource import FoundryResource
from ingate.wire.arm.documents import get_object
from ingate.wire.arm.ids import render_deployment_id

from .budgets import SqlBudgetStore
from .prices import SqlPriceStore


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryCosts:
    """Everything that decides about it, read once for a directory."""

    catalog: Catalog
    agreements: Mapping[str, Sequence[PriceAgreement]]
    """By subscription, in lower case."""
    closed: Sequence[Budget]

    def complete(self, deployment: DirectoryDeployment, resource: FoundryResource) -> DirectoryDeployment:
        return replace(
            deployment,
            prices=resolve_prices(
                PricedDeployment(
                    deployment_id=render_deployment_id(resource.resource_id, deployment.name),
                    resource_id=resource.resource_id,
                    model_id=deployment.model_id,
                    deployment_type=deployment.deployment_type,
                ),
                self.catalog.get_model(deployment.model_id),
                self.agreements.get(resource.subscription_id.lower(), ()),
            ),
            blocked_by_budget=find_closing_budget(self.closed, _cover(deployment, resource)),
        )


async def read_directory_costs(connection: AsyncConnection, catalog: Catalog) -> DirectoryCosts:
    agreements: dict[str, list[PriceAgreement]] = defaultdict(list)
    for agreement in await SqlPriceStore(connection).list_agreements():
        agreements[agreement.subscription_id.lower()].append(agreement)
    budgets = await SqlBudgetStore(connection).list_budgets()
    return DirectoryCosts(
        catalog=catalog, agreements=agreements, closed=[entry for entry in budgets if entry.closed_since is not None]
    )


def _cover(deployment: DirectoryDeployment, resource: FoundryResource) -> CoveredDeployment:
    return CoveredDeployment(
        resource_id=resource.resource_id,
        name=deployment.name,
        model_id=deployment.model_id,
        model_version=deployment.model_version,
        deployment_type=deployment.deployment_type,
        location=resource.location,
        tags=get_object(resource.document, "tags"),
    )
