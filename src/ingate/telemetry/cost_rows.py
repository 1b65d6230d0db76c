"""Reads cost rows out of telemetry.db."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from sqlite3 import Row

from ingate.domain.cost import CostRow

from .rollup_store import reading

_EPOCH = date(1970, 1, 1)
_DAYS = "SELECT * FROM costs WHERE day BETWEEN ? AND ?"
_OF_RESOURCES = " AND lower(resource_id) IN (SELECT value FROM json_each(?))"


class CostRollups:
    """Implements `domain.cost.CostRows`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def list_cost_rows(
        self, from_day: date, to_day: date, resource_ids: Sequence[str] | None = None
    ) -> Iterable[CostRow]:
        """Raises sqlite3.Error."""
        parameters: list[object] = [(day - _EPOCH).days for day in (from_day, to_day)]
        statement = _DAYS
        if resource_ids is not None:
            statement += _OF_RESOURCES
            parameters.append(json.dumps([resource_id.lower() for resource_id in resource_ids]))
        with reading(self._path) as connection:
            rows: list[Row] = connection.execute(statement + " ORDER BY day", parameters).fetchall()
        return [_make_row(row) for row in rows]


def _make_row(row: Row) -> CostRow:
    return CostRow(
        day=_EPOCH + timedelta(days=row["day"]),
        resource_id=row["resource_id"],
        deployment=row["deployment"],
        model=row["model"],
        model_version=row["model_version"],
        deployment_type=row["deployment_type"],
        location=row["location"],
        principal_id=row["principal_id"] or None,
        price=row["price"] or None,
        requests=row["requests"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        cache_read_tokens=row["cache_read_tokens"],
        cache_write_5m_tokens=row["cache_write_5m_tokens"],
        cache_write_1h_tokens=row["cache_write_1h_tokens"],
        web_search_requests=row["web_search_requests"],
        input_cost=_get_dollars(row["input_cost"]),
        output_cost=_get_dollars(row["output_cost"]),
        cache_read_cost=_get_dollars(row["cache_read_cost"]),
        cache_write_5m_cost=_get_dollars(row["cache_write_5m_cost"]),
        cache_write_1h_cost=_get_dollars(row["cache_write_1h_cost"]),
        web_search_cost=_get_dollars(row["web_search_cost"]),
    )


def _get_dollars(text: str) -> Decimal:
    return Decimal(f"{text}e-12")
