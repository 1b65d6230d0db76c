"""Writes the management API's OpenAPI document out of its own routes: their paths, methods and bodies' types.

A body's type is the one that the handler reads, found in its source. What a document of Azure's may hold beside what
Ingate looks at is allowed everywhere. Answers are Resource Manager's: any object, or its error envelope.

    python scripts/generate_management_openapi.py            writes the document
    python scripts/generate_management_openapi.py --check    compares; exit status 1 when they differ
"""

from __future__ import annotations

import argparse
import inspect
import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FunctionType, SimpleNamespace
from typing import Any, cast

import msgspec
from starlette.applications import Starlette
from starlette.routing import Route

from ingate import __version__
from ingate.management.app import create_management_app
from ingate.management.control_plane import ControlPlane
from ingate.management.guards import OPEN_PATHS, WITHOUT_API_VERSION
from ingate.management.operations import derive_operation

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "reference" / "management-openapi.json"

Json = dict[str, Any]

_READS_BODY = re.compile(r"read_body\(request, (\w+)\)")
_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
_ERROR = {"$ref": "#/components/schemas/Error"}
_SUMMARIES = {"get": "Get", "put": "Create or update", "patch": "Change", "delete": "Delete", "post": "Do"}
_QUERY = ("$filter", "$top", "$skiptoken")


def list_routes() -> list[Route]:
    """The application's own, in its order."""
    plane = cast(ControlPlane, SimpleNamespace(new_id=str))
    app: Any = create_management_app(plane, admin_token="unused")  # noqa: S106 - nobody is let in here
    while not isinstance(app, Starlette):
        app = app._app
    return [route for route in app.routes if isinstance(route, Route)]


def build_document() -> Json:
    routes = list_routes()
    found = {body for route in routes for handler in find_handlers(route).values() if (body := find_body(handler))}
    bodies = {body.__name__: body for body in found}
    if len(bodies) < len(found):
        raise SystemExit("two bodies have the same name, by which operations refer to their schemas")
    (_, schemas) = msgspec.json.schema_components(
        [bodies[name] for name in sorted(bodies)],
        schema_hook=describe_type,
        ref_template="#/components/schemas/{name}",
    )
    paths: dict[str, Json] = {}
    for route in routes:
        operations = {
            method.lower(): describe_operation(route.path, method, handler)
            for method, handler in sorted(find_handlers(route).items())
        }
        paths[_PARAMETER.sub(r"{\1}", route.path)] = {"parameters": describe_parameters(route.path), **operations}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ingate's management API",
            "version": __version__,
            "description": "Azure Resource Manager's REST API for Microsoft.CognitiveServices accounts and what "
            "belongs to them, and Ingate's own types. Paths are compared without regard to case.",
        },
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": {**schemas, "Error": describe_error()},
        },
    }


def describe_type(kind: type) -> Json:
    """Of members that Ingate reads itself, whatever they are."""
    if kind is object:
        return {"description": "Any value."}
    raise NotImplementedError


def find_handlers(route: Route) -> Mapping[str, Callable[..., Any]]:
    """By method. HEAD is there wherever GET is."""
    handlers: Any = inspect.getclosurevars(route.endpoint).nonlocals.get("handlers")
    methods = sorted((route.methods or set()) - {"HEAD"})
    return {method: route.endpoint if handlers is None else handlers[method] for method in methods}


def find_body(handler: Callable[..., Any]) -> type[msgspec.Struct] | None:
    """What the handler, or a function of its module that it calls, reads."""
    for function in _with_its_helpers(cast(FunctionType, handler)):
        found = _READS_BODY.search(inspect.getsource(function))
        if found:
            return function.__globals__[found.group(1)]
    return None


def _with_its_helpers(function: FunctionType) -> list[FunctionType]:
    reached: list[FunctionType] = []
    waiting = [function]
    while waiting:
        current = waiting.pop(0)
        reached.append(current)
        named = (current.__globals__.get(name) for name in current.__code__.co_names)
        helpers = [
            found for found in named if isinstance(found, FunctionType) and found.__module__ == current.__module__
        ]
        waiting += [helper for helper in helpers if helper not in reached and helper not in waiting]
    return reached


def describe_operation(path: str, method: str, handler: Callable[..., Any]) -> Json:
    operation: Json = {
        "summary": f"{_SUMMARIES[method.lower()]} {_name_target(path)}",
        "operationId": f"{handler.__module__.rpartition('.')[2]}.{handler.__name__}"
        + ("" if not path.startswith("/{scope") else ".scoped"),
        "responses": {
            "2XX": {"description": "It was done, or goes on: then the headers say where to look."},
            "default": {"description": "A refusal.", "content": {"application/json": {"schema": _ERROR}}},
        },
    }
    if path in OPEN_PATHS:
        operation["security"] = []
    if method == "GET" and not path.endswith("}"):
        operation["parameters"] = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in _QUERY]
    body = find_body(handler)
    if body is not None:
        schema = {"$ref": f"#/components/schemas/{body.__name__}"}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _name_target(path: str) -> str:
    words = [word for word in path.split("/") if word and not word.startswith("{")]
    return words[-1] if words else path


def describe_parameters(path: str) -> list[Json]:
    parts = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _PARAMETER.findall(path)
    ]
    is_versioned = derive_operation("GET", path, {}).rule not in WITHOUT_API_VERSION
    if not is_versioned or path in OPEN_PATHS - {"/metadata/endpoints"}:
        return parts
    pattern = r"^\d{4}-\d{2}-\d{2}(-[a-z]+)?$"
    version = {"type": "string", "pattern": pattern, "example": "2025-09-01"}
    return [*parts, {"name": "api-version", "in": "query", "required": True, "schema": version}]


def describe_error() -> Json:
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {"code": text, "message": text, "target": text},
            }
        },
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    text = json.dumps(build_document(), indent=1, ensure_ascii=False) + "\n"
    if not parser.parse_args().check:
        DOCUMENT.write_text(text)
        return 0
    if DOCUMENT.exists() and DOCUMENT.read_text() == text:
        return 0
    print("docs/reference/management-openapi.json is not what the routes say: run this script without --check")
    return 1


if __name__ == "__main__":
    sys.exit(main())
