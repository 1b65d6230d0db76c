"""Alembic's entry point. The connection, with its transaction, comes from the caller (`store/migrating.py`)."""

from __future__ import annotations

from typing import cast

from alembic import context
from sqlalchemy import Connection

from ingate.store.tables import metadata


def run_migrations() -> None:
    connection = cast("Connection", context.config.attributes["connection"])
    # SQLite cannot alter most of a table: batch mode copies it instead.
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    context.run_migrations()


run_migrations()
