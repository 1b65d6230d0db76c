"""Money in JSON: as a number, with all its digits. A float would lose some of them."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from ingate.domain.price_document import render_number


def exact_number(value: Decimal | int) -> msgspec.Raw:
    """A JSON number; whoever parses it as a decimal gets exactly this value."""
    return msgspec.Raw((render_number(value) if isinstance(value, Decimal) else str(value)).encode("ascii"))
