"""Prints where the catalogue's prices differ from those of `genai-prices` (a development dependency).

Nothing is changed: a difference is for a person to look into, and a new price is a new dated entry of
`src/ingate/domain/catalog_data`. Exits 1 when there are differences.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from importlib.metadata import version
from typing import Any

from ingate.domain.catalog import CatalogModel
from ingate.domain.price import decide_cost
from ingate.domain.price_book import PricedDeployment, resolve_prices
from ingate.domain.usage import TokenUsage
from ingate.store.catalog_file import read_catalog

PROVIDER = "anthropic"
USAGES = {
    "input": TokenUsage(input_tokens=1000),
    "output": TokenUsage(output_tokens=1000),
    "cache read": TokenUsage(cache_read_input_tokens=1000),
    "cache write 5m": TokenUsage(cache_creation_5m_input_tokens=1000),
    "cache write 1h": TokenUsage(cache_creation_1h_input_tokens=1000),
    "long prompt": TokenUsage(input_tokens=200_000, output_tokens=1000),
}


def compare_prices(now: datetime) -> Iterator[tuple[str, str, Decimal, Decimal]]:
    """Model, kind of usage, our cost and theirs, of every priced model that both know."""
    for model in read_catalog().models:
        for kind, usage in USAGES.items():
            theirs = ask_genai_prices(model.model_id, usage, now)
            if theirs is not None and model.prices:
                yield model.model_id, kind, _price(model, usage, now), theirs


def _price(model: CatalogModel, usage: TokenUsage, now: datetime) -> Decimal:
    deployment = PricedDeployment(
        deployment_id="d", resource_id="r", model_id=model.model_id, deployment_type="GlobalStandard"
    )
    cost = decide_cost(usage, resolve_prices(deployment, model, ()), now.timestamp()).cost
    return Decimal(0) if cost is None else cost.total


def ask_genai_prices(model_id: str, usage: TokenUsage, now: datetime) -> Decimal | None:
    """None for a model that it does not know. Its `input_tokens` has cached tokens in it, and its total of cache
    writes has to be given beside its parts."""
    library: Any = import_module("genai_prices")
    writes = usage.cache_creation_input_tokens
    counts = {
        "input_tokens": usage.input_tokens + usage.cache_read_input_tokens + writes,
        "cache_read_tokens": usage.cache_read_input_tokens,
        "cache_write_tokens": writes,
        "cache_write_5m_tokens": usage.cache_creation_5m_input_tokens,
        "cache_write_1h_tokens": usage.cache_creation_1h_input_tokens,
        "output_tokens": usage.output_tokens,
    }
    given = library.Usage(**{name: count for name, count in counts.items() if count})
    try:
        calculated = library.calc_price(given, model_ref=model_id, provider_id=PROVIDER, genai_request_timestamp=now)
    except LookupError:
        return None
    return Decimal(calculated.total_price)


def main() -> int:
    rows = list(compare_prices(datetime.fromtimestamp(time.time(), UTC)))
    models = sorted({model for model, _, _, _ in rows})
    print(f"genai-prices {version('genai-prices')} knows {len(models)} of our models: {', '.join(models)}")
    different = [row for row in rows if row[2] != row[3]]
    for model, kind, ours, theirs in different:
        print(f"{model:20} {kind:16} ours ${ours:f}, theirs ${theirs:f}")
    print("No differences." if not different else f"{len(different)} differences.")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
