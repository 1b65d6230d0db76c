"""What the simulator says about images and documents: that it got them, of which kind and how large."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ingate.simulator.accounting.media_tokens import count_pdf_pages, decode
from ingate.simulator.hosted_tools.turn import list_blocks
from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_object
from ingate.simulator.request import MessagesRequest
from ingate.wire.media_size import read_image_size

MAX_DESCRIBED = 20
"""Images and documents that are described one by one."""
_STARTS = (4 * 1024, 1024 * 1024)
"""Base64 characters within which an image tells its size: most at once, some JPEGs only after a long profile."""


def describe_media(request: MessagesRequest) -> str:
    """A sentence about the images and documents of the last user message, tool results included; "" without any."""
    found = list(_list_media(_get_last_user_blocks(request.body)))
    if not found:
        return ""
    described = [_describe(block) for block in found[:MAX_DESCRIBED]]
    if len(found) > MAX_DESCRIBED:
        described.append(f"{len(found) - MAX_DESCRIBED} more")
    listed = " and ".join(filter(None, [", ".join(described[:-1]), described[-1]]))
    return f"With the message came {listed}; only the size was looked at."


def _get_last_user_blocks(body: JsonObject) -> Iterable[JsonObject]:
    for message in reversed(get_objects(body.get("messages"))):
        if message.get("role") == "user":
            return list_blocks(message)
    return ()


def _list_media(blocks: Iterable[JsonObject]) -> Iterator[JsonObject]:
    for block in blocks:
        match block.get("type"):
            case "image" | "document":
                yield block
            case "tool_result":
                yield from _list_media(list_blocks(block))
            case _:
                pass


def _describe(block: JsonObject) -> str:
    source = block.get("source")
    source = source if is_object(source) else {}
    if block.get("type") == "image":
        return _describe_image(source)
    title = get_string(block, "title")
    return _describe_document(source) + (f' titled "{title[:80]}"' if title else "")


def _describe_image(source: JsonObject) -> str:
    match source.get("type"):
        case "base64":
            kind = get_string(source, "media_type").removeprefix("image/").upper() or "image"
            return f"{_with_article(kind)} image of {_measure(get_string(source, 'data'))}"
        case "url":
            return "an image at a URL, which was not fetched"
        case _:
            return "an image from an uploaded file"


def _measure(data: str) -> str:
    for length in _STARTS:
        size = read_image_size(decode(data[:length]))
        if size is not None:
            return f"{size[0]} x {size[1]} pixels"
    return "unknown size"


def _describe_document(source: JsonObject) -> str:
    match source.get("type"):
        case "base64":
            content = decode(get_string(source, "data"))
            pages = count_pdf_pages(content)
            counted = f"{pages} page{'' if pages == 1 else 's'}" if pages else "an unknown number of pages"
            return f"a PDF of {counted} ({len(content)} bytes)"
        case "text":
            return f"a text document of {len(get_string(source, 'data'))} characters"
        case "content":
            blocks = len(list_blocks(source))
            return f"a document of {blocks} content block{'' if blocks == 1 else 's'}"
        case "url":
            return "a PDF at a URL, which was not fetched"
        case _:
            return "a document from an uploaded file"


def _with_article(kind: str) -> str:
    return f"{'an' if kind[:1] in 'AEIOU' else 'a'} {kind}"
