"""Credentials are kept by reference, and read where they are used."""

from __future__ import annotations

from pathlib import Path

from ingate.domain.upstream import CredentialReference
from ingate.settings import read_environment


def read_credential(reference: CredentialReference) -> str:
    """Raises KeyError, OSError or ValueError."""
    if reference.source == "env":
        return read_environment(reference.location).strip()
    return Path(reference.location).read_text(encoding="ascii").strip()
