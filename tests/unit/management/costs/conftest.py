from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.support.control_plane import ManagementClient, open_management
from tests.support.costs import CostRowsInMemory, make_row

from ingate.domain.forecast import ForecastRefusal


class ForecastOfTen:
    """Implements `domain.forecast.Forecaster`: ten dollars a day, give or take two."""

    def __init__(self) -> None:
        self.history: list[Decimal] = []
        self.calls = 0
        self.refusal: ForecastRefusal | None = None
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        """What happens while it is made."""

    async def forecast(
        self, history: Sequence[Decimal], horizon: int
    ) -> Sequence[tuple[float, float, float]] | ForecastRefusal:
        self.history = list(history)
        self.calls += 1
        if self.meanwhile is not None:
            await self.meanwhile()
        return self.refusal or [(10.0, 8.0, 12.0)] * horizon


@pytest.fixture
def cost_rows() -> CostRowsInMemory:
    return CostRowsInMemory()


@pytest.fixture
def forecaster() -> ForecastOfTen:
    return ForecastOfTen()


@pytest.fixture
async def client(
    seeded_data_dir: Path,
    tmp_path: Path,
    cost_rows: CostRowsInMemory,
    forecaster: ForecastOfTen,
    anyio_backend: str,
) -> AsyncGenerator[ManagementClient]:
    """The management API with an account of costs: 7.50 dollars on each of the first three days of November 2026, on
    the deployment prod-a of the default resource. It is the 22nd, at noon."""
    async with open_management(seeded_data_dir, tmp_path) as management:
        cost_rows.rows = [
            make_row(date(2026, 11, day), resource_id=management.account_path, requests=day) for day in (1, 2, 3)
        ]
        client = management.with_settings(cost_rows=cost_rows, forecaster=forecaster)
        yield client
        await client.close()
