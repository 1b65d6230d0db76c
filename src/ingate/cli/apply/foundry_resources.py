"""foundry.yaml's resource groups, upstreams and resources with what is in them."""

from __future__ import annotations

from collections.abc import Iterator

from ingate.cli.json_value import JsonObject, get_object
from ingate.cli.lookup import path_segment
from ingate.cli.resource import DEFAULT_LOCATION
from ingate.cli.upstream import UPSTREAMS

from .arm_item import ArmItem, Build
from .comparison import fold_location, join
from .current import ACCOUNT_TYPE, Current
from .foundry_schema import LIMITS
from .reading import Source
from .schema import Section


def list_group_items(file: Section, source: Source, current: Current) -> Iterator[ArmItem]:
    """Groups that the file names and that are not there yet; one that is there is left alone."""
    seen: set[str] = set()
    for entry in (*file.sections("upstreams"), *file.sections("resources")):
        name = entry.text("resourceGroup")
        path = current.group_path(name)
        if not name or path.lower() in seen or current.find(path) is not None:
            continue
        seen.add(path.lower())
        body: JsonObject = {"location": fold_location(entry.text("location")) or DEFAULT_LOCATION}
        place = source.place(entry.place_of("resourceGroup"))
        yield ArmItem(kind="resource group", name=name, place=place, resource_id=path, build=_answer(body))


def list_upstream_items(file: Section, source: Source, current: Current) -> Iterator[ArmItem]:
    for entry in file.sections("upstreams"):
        name = entry.text("name")
        yield ArmItem(
            kind="upstream",
            name=name,
            place=source.place(entry.place),
            resource_id=f"{current.group_path(entry.text('resourceGroup'))}/{UPSTREAMS}/{path_segment(name)}",
            build=_answer({"properties": _render_upstream(entry, source)}),
        )


def _render_upstream(entry: Section, source: Source) -> JsonObject:
    properties: JsonObject = {"kind": "messages-api"}
    members = (
        *("kind", "baseUrl", "credential", "credentialHeader", "profile", "connectTimeoutSeconds"),
        *("firstByteTimeoutSeconds", "idleTimeoutSeconds", "tlsCaFile", "allowPlainHttp"),
    )
    properties.update(entry.present(*members))
    if properties.get("credential"):
        properties["credential"] = source.find_credential(entry.text("credential"))
    if properties.get("tlsCaFile"):
        properties["tlsCaFile"] = str(source.find_path(entry.text("tlsCaFile")))
    if "baseUrl" in entry:
        properties["baseUrl"] = entry.text("baseUrl").rstrip("/")
    return properties


def list_resource_items(file: Section, source: Source, current: Current) -> Iterator[ArmItem]:
    """All resources, then what is in them."""
    entries = [(entry, find_resource_id(entry, current)) for entry in file.sections("resources")]
    for entry, resource_id in entries:
        existing = current.find(resource_id)
        yield ArmItem(
            kind="resource",
            name=entry.text("name"),
            place=source.place(entry.place),
            resource_id=resource_id,
            build=_answer(_render_resource(entry, is_new=existing is None)),
        )
    for entry, resource_id in entries:
        for project in entry.sections("projects"):
            yield _build_project(entry, project, resource_id, source)
        for deployment in entry.sections("deployments"):
            yield _build_deployment(entry, deployment, resource_id, source)


def find_resource_id(entry: Section, current: Current) -> str:
    group = current.group_path(entry.text("resourceGroup"))
    return f"{group}/providers/{ACCOUNT_TYPE}/{path_segment(entry.text('name'))}"


def _render_resource(entry: Section, *, is_new: bool) -> JsonObject:
    properties: JsonObject = {}
    properties.update(get_object(entry.values, "properties"))
    if "subdomain" in entry or is_new:
        properties["customSubDomainName"] = entry.text("subdomain") or entry.text("name")
    properties.update(entry.present("disableLocalAuth", "allowProjectManagement"))
    if network := entry.section("network"):
        properties = join(_render_network(network), properties)
    body: JsonObject = {"kind": "AIServices", "properties": properties}
    if "location" in entry or is_new:
        body["location"] = fold_location(entry.text("location")) or DEFAULT_LOCATION
    if is_new:
        body["sku"] = {"name": "S0"}
    if "identity" in entry:
        body["identity"] = {"type": entry.text("identity")}
    body.update(entry.present("tags"))
    return body


def _render_network(network: Section) -> JsonObject:
    properties: JsonObject = {}
    rules: JsonObject = {}
    if "publicAccess" in network:
        properties["publicNetworkAccess"] = "Enabled" if network.values["publicAccess"] else "Disabled"
    rules.update(network.present("defaultAction"))
    if "allow" in network:
        rules["ipRules"] = [{"value": value} for value in network.texts("allow")]
    if rules:
        properties["networkAcls"] = rules
    return properties


def _build_project(resource: Section, entry: Section, resource_id: str, source: Source) -> ArmItem:
    body: JsonObject = {"properties": dict(entry.present("displayName", "description"))}
    body.update(entry.present("tags"))
    location = fold_location(entry.text("location"))

    def build(current: Current) -> JsonObject:
        project_id = f"{resource_id}/projects/{path_segment(entry.text('name'))}"
        if location:
            return {**body, "location": location}
        if current.find(project_id) is not None:
            return body
        # A project is where its resource is.
        return {**body, "location": current.get(resource_id).get("location")}

    return ArmItem(
        kind="project",
        name=f"{resource.text('name')}/{entry.text('name')}",
        place=source.place(entry.place),
        resource_id=f"{resource_id}/projects/{path_segment(entry.text('name'))}",
        build=build,
    )


def _build_deployment(resource: Section, entry: Section, resource_id: str, source: Source) -> ArmItem:
    return ArmItem(
        kind="deployment",
        name=f"{resource.text('name')}/{entry.text('name')}",
        place=source.place(entry.place),
        resource_id=f"{resource_id}/deployments/{path_segment(entry.text('name'))}",
        build=_answer(_render_deployment(entry)),
    )


def _render_deployment(entry: Section) -> JsonObject:
    model: JsonObject = {"format": "Anthropic", "name": entry.text("model")}
    model.update(entry.present("version"))
    properties: JsonObject = {**get_object(entry.values, "properties"), "model": model}
    properties.update(entry.present("raiPolicyName", "versionUpgradeOption"))
    if "modelProviderData" in entry:
        data = entry.section("modelProviderData")
        properties["modelProviderData"] = None if data is None else data.values
    ingate: JsonObject = dict(entry.present("upstream", "upstreamModel"))
    if "limits" in entry:
        limits = entry.section("limits")
        ingate["limits"] = None if limits is None else dict(limits.present(*LIMITS))
    if "recordContent" in entry:
        recording = entry.section("recordContent")
        ingate["recordContent"] = None if recording is None else {"redact": [], **recording.values}
    if ingate:
        properties["ingate"] = ingate
    body: JsonObject = {"properties": properties}
    sku: JsonObject = {}
    if "type" in entry:
        sku["name"] = entry.text("type")
    sku.update(entry.present("capacity"))
    if sku:
        body["sku"] = sku
    body.update(entry.present("tags"))
    return body


def _answer(body: JsonObject) -> Build:
    """A body that depends on nothing else."""
    return lambda current: body
