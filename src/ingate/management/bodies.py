"""Request bodies: read up to a limit, parsed once, kept whole, and typed only where Ingate acts on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec
from starlette.requests import Request

from ingate.wire.arm.documents import JsonObject, parse_document

from .refusals import BodyInvalid, BodyTooLarge

LARGEST_BODY = 1024 * 1024
"""Bytes. No document of the types served here comes near it."""

Shape = TypeVar("Shape")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body(Generic[Shape]):
    """A body twice: as it was written, and the part of it that Ingate understands."""

    document: JsonObject
    content: Shape


async def read_body(request: Request, shape: type[Shape]) -> Body[Shape] | BodyInvalid | BodyTooLarge:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > LARGEST_BODY:
            return BodyTooLarge(limit=LARGEST_BODY)
    document = parse_document(bytes(data))
    if document is None:
        return BodyInvalid(reason="it is not a JSON object")
    return convert_body(document, shape)


def convert_body(document: JsonObject, shape: type[Shape]) -> Body[Shape] | BodyInvalid:
    """msgspec's complaint names members and types, never values."""
    try:
        return Body(document=document, content=msgspec.convert(document, shape))
    except msgspec.ValidationError as error:
        return BodyInvalid(reason=str(error))
