"""A chart of costs in the terminal: a bar beside each amount."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from .bar_table import BAR_WIDTH, draw, make_bar
from .output import printable

if TYPE_CHECKING:
    from rich.bar import Bar

_CENT = Decimal("0.01")
_SMALL = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartRow:
    label: str
    cost: Decimal
    """US dollars."""
    bounds: tuple[Decimal, Decimal] | None = None
    """Of a forecast."""


def render_money(amount: Decimal) -> str:
    """Rounded to cents, half to even; what is less than a cent keeps six digits."""
    if 0 < abs(amount) < _CENT:
        return f"${amount.quantize(_SMALL, ROUND_HALF_EVEN):f}"
    return f"${amount.quantize(_CENT, ROUND_HALF_EVEN):,f}"


def render_chart(heading: str, rows: Sequence[ChartRow]) -> str:
    """Without a line at the end. Bars of forecasts are hollow."""
    from rich.table import Table
    from rich.text import Text

    has_bounds = any(row.bounds for row in rows)
    largest = max((row.cost for row in rows), default=Decimal(0))
    table = Table(box=None, pad_edge=False, header_style="")
    table.add_column(heading.upper(), overflow="fold")
    table.add_column("USD", justify="right")
    table.add_column("CCU", justify="right")
    if has_bounds:
        table.add_column("LIKELY", justify="right")
    table.add_column("", width=BAR_WIDTH)
    for row in rows:
        cells: list[Text | Bar] = [
            Text(printable(row.label)),
            Text(render_money(row.cost)),
            Text(f"{(row.cost * 100).quantize(_CENT):,f}"),
        ]
        if has_bounds:
            bounds = "" if row.bounds is None else " to ".join(render_money(bound) for bound in row.bounds)
            cells.append(Text(bounds))
        share = float(row.cost / largest) if largest > 0 else 0.0
        if row.bounds is not None:
            cells.append(Text("░" * max(1, round(share * BAR_WIDTH))))
        else:
            cells.append(make_bar(share))
        table.add_row(*cells)
    return draw(table)
