"""Brings a database's schema up to date with Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from .faults import StoreUnusable


def configure_alembic(connection: Connection | None = None) -> Config:
    """Alembic over the migrations in this package, without a configuration file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def find_head() -> str | None:
    """The newest revision in `migrations/versions`."""
    return ScriptDirectory.from_config(configure_alembic()).get_current_head()


def upgrade(connection: Connection, current: str | None) -> None:
    """From `current` to the newest revision, in the connection's transaction. Raises StoreUnusable."""
    try:
        command.upgrade(configure_alembic(connection), "head")
    except CommandError as error:
        raise StoreUnusable(
            f"the database's schema is at revision {current}, which this version of Ingate does not know; it was "
            "probably written by a newer one"
        ) from error
