"""The two identifiers that every answer carries."""

from __future__ import annotations

from typing import NamedTuple


class RequestIds(NamedTuple):
    request_id: str
    """Anthropic's form, `req_...`: the upstream's own when it gives one."""
    apim_request_id: str
    """Azure's form, a GUID."""
