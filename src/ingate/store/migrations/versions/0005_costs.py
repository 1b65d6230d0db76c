"""Price agreements; budgets and their alerts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.String(1024)
NAME = sa.String(256)
GUID = sa.String(36)
MONEY = sa.String(64)
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
        "price_agreements",
        sa.Column("subscription_id", GUID, sa.ForeignKey("subscriptions.subscription_id"), primary_key=True),
        sa.Column("name_folded", NAME, primary_key=True),
        sa.Column("name", NAME, nullable=False),
        sa.Column("target_kind", NAME, nullable=False),
        sa.Column("target_value", ID, nullable=False),
        sa.Column("terms", sa.JSON, nullable=False),
        sa.Column("effective_from", TIME, nullable=False),
        *_change_columns(),
    )
    op.create_table(
        "budgets",
        sa.Column("scope_folded", ID, primary_key=True),
        sa.Column("name_folded", NAME, primary_key=True),
        sa.Column("scope", ID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
        sa.Column("closed_since", sa.Date),
        sa.Column("forecast", MONEY),
        *_change_columns(),
    )
    op.create_table(
        "budget_alerts",
        sa.Column("scope_folded", ID, primary_key=True),
        sa.Column("name_folded", NAME, primary_key=True),
        sa.Column("period", sa.Date, primary_key=True),
        sa.Column("notification", NAME, primary_key=True),
        sa.Column("scope", ID, nullable=False),
        sa.Column("budget", NAME, nullable=False),
        sa.Column("fired_at", TIME, nullable=False),
        sa.Column("threshold", MONEY, nullable=False),
        sa.Column("threshold_type", NAME, nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("spent", MONEY, nullable=False),
        sa.Column("webhook", sa.String(2048)),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_attempt", TIME),
        sa.ForeignKeyConstraint(
            ["scope_folded", "name_folded"], ["budgets.scope_folded", "budgets.name_folded"], ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    for name in ("budget_alerts", "budgets", "price_agreements"):
        op.drop_table(name)
