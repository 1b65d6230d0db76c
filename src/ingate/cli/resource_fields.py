"""A resource as `ingate resource` shows it."""

from __future__ import annotations

from .json_value import JsonObject, get_object, get_text
from .lookup import resource_group_of
from .output import OutputFormat, print_fields


def print_resource(resource: JsonObject, output: OutputFormat) -> None:
    tags = get_object(resource, "tags")
    fields = [
        ("name", get_text(resource, "name")),
        ("resource group", resource_group_of(resource)),
        ("location", get_text(resource, "location")),
        ("state", get_text(resource, "properties", "provisioningState")),
        ("endpoint", get_text(resource, "properties", "endpoint")),
        ("subdomain", get_text(resource, "properties", "customSubDomainName")),
        ("API keys", "refused" if get_text(resource, "properties", "disableLocalAuth") == "yes" else "accepted"),
        *((f"tag {name}", get_text(tags, name)) for name in sorted(tags)),
        ("id", get_text(resource, "id")),
    ]
    print_fields(output, fields, resource)
