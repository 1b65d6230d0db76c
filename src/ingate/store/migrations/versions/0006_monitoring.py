"""Log Analytics workspaces; diagnostic settings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.String(1024)
NAME = sa.String(256)
GUID = sa.String(36)
TIME = sa.DateTime(timezone=True)


def _change_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("etag", NAME, nullable=False),
        sa.Column("created_by", NAME, nullable=False),
        sa.Column("created_by_type", NAME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("modified_by", NAME, nullable=False),
        sa.Column("modified_by_type", NAME, nullable=False),
        sa.Column("modified_at", TIME, nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "workspaces",
        sa.Column("id_folded", ID, primary_key=True),
        sa.Column("subscription_id", GUID, sa.ForeignKey("subscriptions.subscription_id"), nullable=False),
        sa.Column("resource_group", NAME, nullable=False),
        sa.Column("group_folded", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("location", NAME, nullable=False),
        sa.Column("customer_id", GUID, nullable=False, unique=True),
        sa.Column("retention_days", sa.Integer, nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
        *_change_columns(),
    )
    op.create_table(
        "diagnostic_settings",
        sa.Column("resource_id_folded", ID, primary_key=True),
        sa.Column("name_folded", NAME, primary_key=True),
        sa.Column("resource_id", ID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("routes", sa.JSON, nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
        *_change_columns(),
    )
