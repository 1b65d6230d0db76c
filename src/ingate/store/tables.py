"""The tables. A `*_folded` column is what names and ids are compared by (`domain.naming.fold_name`)."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    false,
)

from .column_types import UtcDateTime

NAMING_CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Constraints need names that are the same everywhere, or a later migration cannot alter them."""

metadata = MetaData(naming_convention=NAMING_CONVENTION)

ID = String(1024)
NAME = String(256)
GUID = String(36)
MONEY = String(64)
"""Decimal digits: no database's own number is exact everywhere."""


def _change_columns() -> list[Column[object]]:
    return [
        Column("etag", NAME, nullable=False),
        Column("created_by", NAME, nullable=False),
        Column("created_by_type", NAME, nullable=False),
        Column("created_at", UtcDateTime, nullable=False),
        Column("modified_by", NAME, nullable=False),
        Column("modified_by_type", NAME, nullable=False),
        Column("modified_at", UtcDateTime, nullable=False),
    ]


tenants = Table(
    "tenants",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("tenant_id", GUID, nullable=False, unique=True),
    Column("display_name", NAME, nullable=False),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("subscription_id", GUID, nullable=False, unique=True),
    Column("tenant_id", GUID, ForeignKey("tenants.tenant_id"), nullable=False),
    Column("display_name", NAME, nullable=False),
)

resource_groups = Table(
    "resource_groups",
    metadata,
    Column("subscription_id", GUID, ForeignKey("subscriptions.subscription_id"), primary_key=True),
    Column("name_folded", NAME, primary_key=True),
    Column("name", NAME, nullable=False),
    Column("location", NAME, nullable=False),
    Column("document", JSON, nullable=False),
)

resources = Table(
    "resources",
    metadata,
    Column("id_folded", ID, primary_key=True),
    Column("subscription_id", GUID, nullable=False),
    Column("group_folded", NAME, nullable=False),
    Column("resource_group", NAME, nullable=False),
    Column("name", NAME, nullable=False),
    Column("location", NAME, nullable=False),
    Column("subdomain", NAME, nullable=False, unique=True),
    Column("internal_id", NAME, nullable=False),
    Column("document", JSON, nullable=False),
    *_change_columns(),
    Column("deleted_at", UtcDateTime),
    Column("purge_at", UtcDateTime),
    ForeignKeyConstraint(
        ["subscription_id", "group_folded"], ["resource_groups.subscription_id", "resource_groups.name_folded"]
    ),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("resource_id_folded", ID, ForeignKey("resources.id_folded", ondelete="CASCADE"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("digest1", String(64), nullable=False),
    Column("digest2", String(64), nullable=False),
)

upstreams = Table(
    "upstreams",
    metadata,
    Column("name_folded", NAME, primary_key=True),
    Column("name", NAME, nullable=False),
    Column("subscription_id", GUID, nullable=False),
    Column("group_folded", NAME, nullable=False),
    Column("resource_group", NAME, nullable=False),
    Column("kind", NAME, nullable=False),
    Column("base_url", String(2048)),
    Column("credential_source", NAME),
    Column("credential_location", String(4096)),
    Column("credential_header", NAME, nullable=False),
    Column("profile", NAME, nullable=False),
    Column("connect_timeout", Float(53), nullable=False),
    Column("first_byte_timeout", Float(53), nullable=False),
    Column("idle_timeout", Float(53), nullable=False),
    Column("tls_ca_file", String(4096)),
    Column("allow_plain_http", Boolean, nullable=False),
    *_change_columns(),
    ForeignKeyConstraint(
        ["subscription_id", "group_folded"], ["resource_groups.subscription_id", "resource_groups.name_folded"]
    ),
)

deployments = Table(
    "deployments",
    metadata,
    Column("resource_id_folded", ID, ForeignKey("resources.id_folded", ondelete="CASCADE"), primary_key=True),
    Column("name_folded", NAME, primary_key=True),
    Column("resource_id", ID, nullable=False),
    Column("name", NAME, nullable=False),
    Column("model_id", NAME, nullable=False),
    Column("model_version", NAME, nullable=False),
    Column("deployment_type", NAME, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("upstream", NAME, nullable=False, index=True),
    Column("upstream_model", NAME, nullable=False),
    Column("requests_per_minute", BigInteger),
    Column("input_tokens_per_minute", BigInteger),
    Column("output_tokens_per_minute", BigInteger),
    Column("record_content", JSON(none_as_null=True)),
    Column("document", JSON, nullable=False),
    *_change_columns(),
    Column("is_paused", Boolean, nullable=False, server_default=false()),
)

projects = Table(
    "projects",
    metadata,
    Column("resource_id_folded", ID, ForeignKey("resources.id_folded", ondelete="CASCADE"), primary_key=True),
    Column("name_folded", NAME, primary_key=True),
    Column("resource_id", ID, nullable=False),
    Column("name", NAME, nullable=False),
    Column("location", NAME, nullable=False),
    Column("document", JSON, nullable=False),
    *_change_columns(),
)

principals = Table(
    "principals",
    metadata,
    Column("object_id", GUID, primary_key=True),
    Column("tenant_id", GUID, ForeignKey("tenants.tenant_id"), nullable=False),
    Column("kind", NAME, nullable=False),
    Column("name", NAME, nullable=False),
    Column("name_folded", NAME, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("is_enabled", Boolean, nullable=False),
    Column("client_id", GUID, unique=True),
    Column("user_principal_name", NAME),
    Column("user_principal_name_folded", NAME, unique=True),
    Column("resource_id_folded", ID, unique=True),
    Column("resource_id", ID),
    Column("redirect_uris", JSON, nullable=False),
    Column("password_hash", String(512)),
    UniqueConstraint("tenant_id", "name_folded"),
)

credentials = Table(
    "credentials",
    metadata,
    Column("object_id", GUID, ForeignKey("principals.object_id", ondelete="CASCADE"), primary_key=True),
    Column("key_id", NAME, primary_key=True),
    Column("kind", NAME, nullable=False),
    Column("content", JSON, nullable=False),
)

memberships = Table(
    "memberships",
    metadata,
    Column("group_id", GUID, ForeignKey("principals.object_id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", GUID, ForeignKey("principals.object_id", ondelete="CASCADE"), primary_key=True, index=True),
)

roles = Table(
    "roles",
    metadata,
    Column("role_id", GUID, primary_key=True),
    Column("name", NAME, nullable=False),
    Column("name_folded", NAME, nullable=False, unique=True),
    Column("content", JSON, nullable=False),
)

role_assignments = Table(
    "role_assignments",
    metadata,
    Column("assignment_id", GUID, primary_key=True),
    Column("scope", ID, nullable=False),
    Column("role_id", GUID, nullable=False),
    Column("principal_id", GUID, nullable=False, index=True),
    Column("principal_type", NAME, nullable=False),
    Column("description", String(1024)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", NAME, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("updated_by", NAME, nullable=False),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("key_id", NAME, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("certificate_pem", String(8192), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("retire_at", UtcDateTime, nullable=False),
)

audit_events = Table(
    "audit_events",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("event_id", GUID, nullable=False, unique=True),
    Column("time", UtcDateTime, nullable=False, index=True),
    Column("action", ID, nullable=False),
    Column("target_id", ID, nullable=False),
    Column("target_folded", ID, nullable=False, index=True),
    Column("actor_id", NAME, nullable=False),
    Column("actor_name", NAME, nullable=False),
    Column("caller_address", NAME, nullable=False),
    Column("correlation_id", NAME, nullable=False),
    Column("result", NAME, nullable=False),
    Column("status", Integer, nullable=False),
    Column("detail", ID, nullable=False),
)

price_agreements = Table(
    "price_agreements",
    metadata,
    Column("subscription_id", GUID, ForeignKey("subscriptions.subscription_id"), primary_key=True),
    Column("name_folded", NAME, primary_key=True),
    Column("name", NAME, nullable=False),
    Column("target_kind", NAME, nullable=False),
    Column("target_value", ID, nullable=False),
    Column("terms", JSON, nullable=False),
    Column("effective_from", UtcDateTime, nullable=False),
    *_change_columns(),
)

budgets = Table(
    "budgets",
    metadata,
    Column("scope_folded", ID, primary_key=True),
    Column("name_folded", NAME, primary_key=True),
    Column("scope", ID, nullable=False),
    Column("name", NAME, nullable=False),
    Column("document", JSON, nullable=False),
    Column("closed_since", Date),
    Column("forecast", MONEY),
    *_change_columns(),
)

budget_alerts = Table(
    "budget_alerts",
    metadata,
    Column("scope_folded", ID, primary_key=True),
    Column("name_folded", NAME, primary_key=True),
    Column("period", Date, primary_key=True),
    Column("notification", NAME, primary_key=True),
    Column("scope", ID, nullable=False),
    Column("budget", NAME, nullable=False),
    Column("fired_at", UtcDateTime, nullable=False),
    Column("threshold", MONEY, nullable=False),
    Column("threshold_type", NAME, nullable=False),
    Column("amount", MONEY, nullable=False),
    Column("spent", MONEY, nullable=False),
    Column("webhook", String(2048)),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt", UtcDateTime),
    ForeignKeyConstraint(
        ["scope_folded", "name_folded"], ["budgets.scope_folded", "budgets.name_folded"], ondelete="CASCADE"
    ),
)

directory_revision = Table(
    "directory_revision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="single_row"),
)

workspaces = Table(
    "workspaces",
    metadata,
    Column("id_folded", ID, primary_key=True),
    Column("subscription_id", GUID, ForeignKey("subscriptions.subscription_id"), nullable=False),
    Column("resource_group", NAME, nullable=False),
    Column("group_folded", NAME, nullable=False),
    Column("name", NAME, nullable=False),
    Column("location", NAME, nullable=False),
    Column("customer_id", GUID, nullable=False, unique=True),
    Column("retention_days", Integer, nullable=False),
    Column("document", JSON, nullable=False),
    *_change_columns(),
)

diagnostic_settings = Table(
    "diagnostic_settings",
    metadata,
    Column("resource_id_folded", ID, primary_key=True),
    Column("name_folded", NAME, primary_key=True),
    Column("resource_id", ID, nullable=False),
    Column("name", NAME, nullable=False),
    Column("routes", JSON, nullable=False),
    Column("document", JSON, nullable=False),
    *_change_columns(),
)
