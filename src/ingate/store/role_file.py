"""The built-in roles in this package."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ingate.domain import role_data
from ingate.domain.role import RoleDefinition, parse_roles


@cache
def read_built_in_roles() -> tuple[RoleDefinition, ...]:
    return parse_roles((Path(role_data.__path__[0]) / "built_in_roles.json").read_bytes())
