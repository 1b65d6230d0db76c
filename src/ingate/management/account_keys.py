"""An account's API keys: POST listKeys and regenerateKey."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.key import KeyNumber, KeyPair
from ingate.domain.resource import FoundryResource
from ingate.domain.state import StateSession
from ingate.wire.arm.documents import JsonObject

from .bodies import Body, read_body
from .control_plane import Answer, ControlPlane, Outcome, mount
from .refusals import KeyNameInvalid
from .scopes import ACCOUNT_PATH, find_resource


class RegenerateKeyBody(msgspec.Struct, rename="camel"):
    key_name: str | None = None


def account_key_routes(plane: ControlPlane) -> list[BaseRoute]:
    return [
        mount(plane, ACCOUNT_PATH + "/listKeys", {"POST": list_keys}),
        mount(plane, ACCOUNT_PATH + "/regenerateKey", {"POST": regenerate_key}),
    ]


async def list_keys(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        resource = await find_resource(session, request)
        if not isinstance(resource, FoundryResource):
            return resource
        keys = await _get_keys(session, resource)
    return Answer(document=render_keys(keys))


async def regenerate_key(plane: ControlPlane, request: Request) -> Outcome:
    """Replaces one key; the other keeps working."""
    body = await read_body(request, RegenerateKeyBody)
    if not isinstance(body, Body):
        return body
    number = parse_key_name(body.content.key_name)
    if isinstance(number, KeyNameInvalid):
        return number
    async with plane.changing() as session:
        resource = await find_resource(session, request)
        if not isinstance(resource, FoundryResource):
            return resource
        keys = (await _get_keys(session, resource)).replaced(number, plane.new_api_key())
        await session.keys.put_keys(resource.resource_id, keys)
    return Answer(document=render_keys(keys))


def parse_key_name(name: str | None) -> KeyNumber | KeyNameInvalid:
    match (name or "").lower():
        case "key1":
            return 1
        case "key2":
            return 2
        case _:
            return KeyNameInvalid()


def render_keys(keys: KeyPair) -> JsonObject:
    return {"key1": keys.key1, "key2": keys.key2}


async def _get_keys(session: StateSession, resource: FoundryResource) -> KeyPair:
    keys = await session.keys.get_keys(resource.resource_id)
    if keys is None:
        raise LookupError(f"{resource.resource_id} has no keys, which every resource is created with")
    return keys
