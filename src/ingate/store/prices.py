"""Price agreements."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ingate.domain.naming import fold_name
from ingate.domain.price_book import PriceAgreement, PriceTarget
from ingate.domain.price_document import PriceInvalid, parse_terms, render_terms

from .statements import (
    Values,
    all_rows,
    bump_revision,
    change_values,
    delete_row,
    first_row,
    parse_system_data,
    put_row,
)
from .tables import price_agreements


class SqlPriceStore:
    """Implements `domain.price_book.PriceStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get_agreement(self, subscription_id: str, name: str) -> PriceAgreement | None:
        statement = select(price_agreements).where(
            price_agreements.c.subscription_id == subscription_id.lower(),
            price_agreements.c.name_folded == fold_name(name),
        )
        row = await first_row(self._connection, statement)
        return None if row is None else _parse_agreement(row)

    async def list_agreements(self, subscription_id: str | None = None) -> list[PriceAgreement]:
        statement = select(price_agreements).order_by(
            price_agreements.c.effective_from, price_agreements.c.created_at, price_agreements.c.name_folded
        )
        if subscription_id is not None:
            statement = statement.where(price_agreements.c.subscription_id == subscription_id.lower())
        return [_parse_agreement(row) for row in await all_rows(self._connection, statement)]

    async def put_agreement(self, agreement: PriceAgreement) -> None:
        values: Values = {
            "name": agreement.name,
            "target_kind": agreement.target.kind,
            "target_value": agreement.target.value,
            "terms": render_terms(agreement.terms),
            "effective_from": agreement.effective_from,
        }
        changes = change_values(agreement.etag, agreement.system_data)
        key = _key(agreement.subscription_id, agreement.name)
        await put_row(self._connection, price_agreements, key, values | changes)
        await bump_revision(self._connection)

    async def delete_agreement(self, subscription_id: str, name: str) -> bool:
        deleted = await delete_row(self._connection, price_agreements, _key(subscription_id, name))
        if deleted:
            await bump_revision(self._connection)
        return deleted


def _key(subscription_id: str, name: str) -> Values:
    return {"subscription_id": subscription_id.lower(), "name_folded": fold_name(name)}


def _parse_agreement(row: Row[Any]) -> PriceAgreement:
    terms = parse_terms(row.terms)
    if isinstance(terms, PriceInvalid):
        raise ValueError(f"the price {row.name!r} is damaged: {terms.member} {terms.reason}")
    return PriceAgreement(
        subscription_id=row.subscription_id,
        name=row.name,
        target=PriceTarget(kind=row.target_kind, value=row.target_value),
        terms=terms,
        effective_from=row.effective_from,
        etag=row.etag,
        system_data=parse_system_data(row),
    )
