"""The newest edition of the model catalogue in this package."""

from __future__ import annotations

from pathlib import Path

from ingate.domain import catalog_data
from ingate.domain.catalog import Catalog, parse_catalog


def read_catalog() -> Catalog:
    editions = sorted(Path(catalog_data.__path__[0]).glob("*.json"))
    return parse_catalog(editions[-1].read_bytes())
