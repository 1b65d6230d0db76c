"""Principals, roles, signing keys, audit trail, projects; resources to recover, deployments that pause."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
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
    op.add_column("resources", sa.Column("deleted_at", TIME))
    op.add_column("resources", sa.Column("purge_at", TIME))
    op.add_column("deployments", sa.Column("is_paused", sa.Boolean(), nullable=False, server_default=sa.false()))
    _create_projects()
    _create_principals()
    _create_roles()
    op.create_table(
        "signing_keys",
        sa.Column("key_id", NAME, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("certificate_pem", sa.String(8192), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("retire_at", TIME, nullable=False),
    )
    _create_audit_events()


def _create_projects() -> None:
    op.create_table(
        "projects",
        sa.Column(
            "resource_id_folded", ID, sa.ForeignKey("resources.id_folded", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("name_folded", NAME, primary_key=True),
        sa.Column("resource_id", ID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("location", NAME, nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
        *_change_columns(),
    )


def _create_principals() -> None:
    op.create_table(
        "principals",
        sa.Column("object_id", GUID, primary_key=True),
        sa.Column("tenant_id", GUID, sa.ForeignKey("tenants.tenant_id"), nullable=False),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("name_folded", NAME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("is_enabled", sa.Boolean, nullable=False),
        sa.Column("client_id", GUID, unique=True),
        sa.Column("user_principal_name", NAME),
        sa.Column("user_principal_name_folded", NAME, unique=True),
        sa.Column("resource_id_folded", ID, unique=True),
        sa.Column("resource_id", ID),
        sa.Column("redirect_uris", sa.JSON, nullable=False),
        sa.Column("password_hash", sa.String(512)),
        sa.UniqueConstraint("tenant_id", "name_folded"),
    )
    op.create_table(
        "credentials",
        sa.Column("object_id", GUID, sa.ForeignKey("principals.object_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("key_id", NAME, primary_key=True),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
    )
    op.create_table(
        "memberships",
        sa.Column("group_id", GUID, sa.ForeignKey("principals.object_id", ondelete="CASCADE"), primary_key=True),
        sa.Column(
            "member_id", GUID, sa.ForeignKey("principals.object_id", ondelete="CASCADE"), primary_key=True, index=True
        ),
    )


def _create_roles() -> None:
    op.create_table(
        "roles",
        sa.Column("role_id", GUID, primary_key=True),
        sa.Column("name", NAME, nullable=False),
        sa.Column("name_folded", NAME, nullable=False, unique=True),
        sa.Column("content", sa.JSON, nullable=False),
    )
    op.create_table(
        "role_assignments",
        sa.Column("assignment_id", GUID, primary_key=True),
        sa.Column("scope", ID, nullable=False),
        sa.Column("role_id", GUID, nullable=False),
        sa.Column("principal_id", GUID, nullable=False, index=True),
        sa.Column("principal_type", NAME, nullable=False),
        sa.Column("description", sa.String(1024)),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("created_by", NAME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("updated_by", NAME, nullable=False),
    )


def _create_audit_events() -> None:
    op.create_table(
        "audit_events",
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("event_id", GUID, nullable=False, unique=True),
        sa.Column("time", TIME, nullable=False, index=True),
        sa.Column("action", ID, nullable=False),
        sa.Column("target_id", ID, nullable=False),
        sa.Column("target_folded", ID, nullable=False, index=True),
        sa.Column("actor_id", NAME, nullable=False),
        sa.Column("actor_name", NAME, nullable=False),
        sa.Column("caller_address", NAME, nullable=False),
        sa.Column("correlation_id", NAME, nullable=False),
        sa.Column("result", NAME, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("detail", ID, nullable=False),
    )


def downgrade() -> None:
    for name in (
        "audit_events",
        "signing_keys",
        "role_assignments",
        "roles",
        "memberships",
        "credentials",
        "principals",
        "projects",
    ):
        op.drop_table(name)
    with op.batch_alter_table("deployments") as table:
        table.drop_column("is_paused")
    with op.batch_alter_table("resources") as table:
        table.drop_column("purge_at")
        table.drop_column("deleted_at")
