"""The first schema: tenants to deployments, keys, upstreams and the directory's revision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_directory_revision()
    _create_tenants()
    _create_subscriptions()
    _create_resource_groups()
    _create_resources()
    _create_upstreams()
    _create_api_keys()
    _create_deployments()


def downgrade() -> None:
    op.drop_table("deployments")
    op.drop_table("api_keys")
    op.drop_table("upstreams")
    op.drop_table("resources")
    op.drop_table("resource_groups")
    op.drop_table("subscriptions")
    op.drop_table("tenants")
    op.drop_table("directory_revision")


def _change_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("etag", sa.String(length=256), nullable=False),
        sa.Column("created_by", sa.String(length=256), nullable=False),
        sa.Column("created_by_type", sa.String(length=256), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified_by", sa.String(length=256), nullable=False),
        sa.Column("modified_by_type", sa.String(length=256), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
    ]


def _create_directory_revision() -> None:
    created = op.create_table(
        "directory_revision",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_directory_revision_single_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_revision")),
    )
    op.bulk_insert(created, [{"id": 1, "revision": 1}])


def _create_tenants() -> None:
    op.create_table(
        "tenants",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("display_name", sa.String(length=256), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_tenants")),
        sa.UniqueConstraint("tenant_id", name=op.f("uq_tenants_tenant_id")),
    )


def _create_subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("display_name", sa.String(length=256), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_subscriptions_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint("subscription_id", name=op.f("uq_subscriptions_subscription_id")),
    )


def _create_resource_groups() -> None:
    op.create_table(
        "resource_groups",
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("name_folded", sa.String(length=256), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("location", sa.String(length=256), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.subscription_id"],
            name=op.f("fk_resource_groups_subscription_id_subscriptions"),
        ),
        sa.PrimaryKeyConstraint("subscription_id", "name_folded", name=op.f("pk_resource_groups")),
    )


def _create_resources() -> None:
    op.create_table(
        "resources",
        sa.Column("id_folded", sa.String(length=1024), nullable=False),
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("group_folded", sa.String(length=256), nullable=False),
        sa.Column("resource_group", sa.String(length=256), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("location", sa.String(length=256), nullable=False),
        sa.Column("subdomain", sa.String(length=256), nullable=False),
        sa.Column("internal_id", sa.String(length=256), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        *_change_columns(),
        sa.ForeignKeyConstraint(
            ["subscription_id", "group_folded"],
            ["resource_groups.subscription_id", "resource_groups.name_folded"],
            name=op.f("fk_resources_subscription_id_resource_groups"),
        ),
        sa.PrimaryKeyConstraint("id_folded", name=op.f("pk_resources")),
        sa.UniqueConstraint("subdomain", name=op.f("uq_resources_subdomain")),
    )


def _create_upstreams() -> None:
    op.create_table(
        "upstreams",
        sa.Column("name_folded", sa.String(length=256), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("group_folded", sa.String(length=256), nullable=False),
        sa.Column("resource_group", sa.String(length=256), nullable=False),
        sa.Column("kind", sa.String(length=256), nullable=False),
        sa.Column("base_url", sa.String(length=2048), nullable=True),
        sa.Column("credential_source", sa.String(length=256), nullable=True),
        sa.Column("credential_location", sa.String(length=4096), nullable=True),
        sa.Column("credential_header", sa.String(length=256), nullable=False),
        sa.Column("profile", sa.String(length=256), nullable=False),
        sa.Column("connect_timeout", sa.Float(53), nullable=False),
        sa.Column("first_byte_timeout", sa.Float(53), nullable=False),
        sa.Column("idle_timeout", sa.Float(53), nullable=False),
        sa.Column("tls_ca_file", sa.String(length=4096), nullable=True),
        sa.Column("allow_plain_http", sa.Boolean(), nullable=False),
        *_change_columns(),
        sa.ForeignKeyConstraint(
            ["subscription_id", "group_folded"],
            ["resource_groups.subscription_id", "resource_groups.name_folded"],
            name=op.f("fk_upstreams_subscription_id_resource_groups"),
        ),
        sa.PrimaryKeyConstraint("name_folded", name=op.f("pk_upstreams")),
    )


def _create_api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("resource_id_folded", sa.String(length=1024), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("digest1", sa.String(length=64), nullable=False),
        sa.Column("digest2", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["resource_id_folded"],
            ["resources.id_folded"],
            name=op.f("fk_api_keys_resource_id_folded_resources"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("resource_id_folded", name=op.f("pk_api_keys")),
    )


def _create_deployments() -> None:
    op.create_table(
        "deployments",
        sa.Column("resource_id_folded", sa.String(length=1024), nullable=False),
        sa.Column("name_folded", sa.String(length=256), nullable=False),
        sa.Column("resource_id", sa.String(length=1024), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("model_id", sa.String(length=256), nullable=False),
        sa.Column("model_version", sa.String(length=256), nullable=False),
        sa.Column("deployment_type", sa.String(length=256), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("upstream", sa.String(length=256), nullable=False),
        sa.Column("upstream_model", sa.String(length=256), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        *_change_columns(),
        sa.ForeignKeyConstraint(
            ["resource_id_folded"],
            ["resources.id_folded"],
            name=op.f("fk_deployments_resource_id_folded_resources"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("resource_id_folded", "name_folded", name=op.f("pk_deployments")),
    )
    op.create_index(op.f("ix_deployments_upstream"), "deployments", ["upstream"])
