"""Features that a deployment's hosting does not have: data beside this file, and what in a request asks for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

import msgspec

from ingate.simulator.incoming import Hosting
from ingate.simulator.json_value import get_objects, get_string, is_list, is_object
from ingate.simulator.validation.inspection import Inspection, Problem


class FeatureFile(msgspec.Struct, frozen=True):
    sources: list[str]
    known_betas: list[str]
    betas_not_on_foundry: list[str]
    not_on_foundry: list[str]
    not_on_hosting: dict[Hosting, list[str]]


@cache
def get_features() -> FeatureFile:
    """Read at the first request."""
    data = resources.files(__package__ or "").joinpath("features.json").read_bytes()
    return msgspec.json.decode(data, type=FeatureFile)


@cache
def get_accepted_betas() -> frozenset[str]:
    features = get_features()
    return frozenset(features.known_betas) - frozenset(features.betas_not_on_foundry)


def find_unknown_beta(betas: frozenset[str]) -> str | None:
    unknown = sorted(betas - get_accepted_betas())
    if not unknown:
        return None
    listed = ", ".join(f"`{name[:100]}`" for name in unknown)
    return (
        f"Unexpected value(s) {listed} for the `anthropic-beta` header. "
        "Please consult our documentation at platform.claude.com/docs or try again without the header."
    )


def offers_tool(*prefixes: str) -> Callable[[Inspection], bool]:
    def is_used(request: Inspection) -> bool:
        return any(get_string(tool, "type").startswith(prefixes) for tool in request.tools)

    return is_used


def uses_structured_outputs(request: Inspection) -> bool:
    return bool(
        request.get_object("output_config").get("format")
        or request.body.get("output_format")
        or any(tool.get("strict") is True for tool in request.tools)
    )


def uses_newer_web_search(request: Inspection) -> bool:
    return any(
        kind.startswith("web_search_") and kind != "web_search_20250305"
        for kind in (get_string(tool, "type") for tool in request.tools)
    )


def uses_skills(request: Inspection) -> bool:
    return bool(get_objects(request.get_object("container").get("skills")))


def uses_programmatic_calls(request: Inspection) -> bool:
    return any(
        is_list(callers := tool.get("allowed_callers")) and any(caller != "direct" for caller in callers)
        for tool in request.tools
    )


def uses_files(request: Inspection) -> bool:
    return any(
        placed.kind == "container_upload"
        or (is_object(source := placed.block.get("source")) and source.get("type") == "file")
        for placed in request.notable
    )


USES: Mapping[str, Callable[[Inspection], bool]] = MappingProxyType(
    {
        "structured_outputs": uses_structured_outputs,
        "web_search_20250305": offers_tool("web_search_20250305"),
        "web_search": uses_newer_web_search,
        "web_fetch": offers_tool("web_fetch_"),
        "code_execution": offers_tool("code_execution_"),
        "programmatic_tool_calling": uses_programmatic_calls,
        "tool_search": offers_tool("tool_search_"),
        "mcp_connector": lambda request: bool(get_objects(request.body.get("mcp_servers"))),
        "skills": uses_skills,
        "files": uses_files,
        "inference_geo": lambda request: request.body.get("inference_geo") is not None,
        "fast_mode": lambda request: request.body.get("speed") == "fast",
        "server_side_fallback": lambda request: bool(request.body.get("fallbacks")),
        "advisor_tool": offers_tool("advisor_"),
        "browser_use": offers_tool("browser_toolset_"),
        "computer_toolset": offers_tool("computer_toolset_"),
    }
)
"""What asks for a feature, by the names of Anthropic's feature overview where it has one."""


def find_feature_not_on_foundry(request: Inspection) -> Problem:
    found = [name for name in get_features().not_on_foundry if USES[name](request)]
    if found:
        return f"The following features are not available for Azure AI Foundry workspaces: {', '.join(found)}"
    return None


def find_feature_not_on_hosting(request: Inspection) -> Problem:
    missing = get_features().not_on_hosting.get(request.hosting, [])
    found = [name for name in missing if USES[name](request)]
    return f"{', '.join(found)} not supported in your workspace." if found else None
