"""Limits of a deployment's own, in place of what its capacity gives."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = ("requests_per_minute", "input_tokens_per_minute", "output_tokens_per_minute")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("deployments", sa.Column(name, sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("deployments") as table:
        for name in reversed(COLUMNS):
            table.drop_column(name)
