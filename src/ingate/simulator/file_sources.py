"""Files that a request names by id: looked up, and put in its place as if they had been sent along."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator

from ingate.simulator.json_value import JsonObject, get_string, is_list, is_object
from ingate.simulator.refusal import Refusal

StoredContent = tuple[str, bytes]
"""A file's media type and content."""
ReadFile = Callable[[str], StoredContent | None]
"""By a file's id; None when there is no such file."""

MARK = b'"file_id"'
"""A body without it names no file."""


def resolve_files(body: JsonObject, read_file: ReadFile) -> JsonObject | Refusal:
    """The body with the content of the images and documents that it names; 404 for the first file that is not there,
    in the words of the Files API."""
    found: dict[str, StoredContent] = {}
    for file_id in list_file_ids(body.get("messages")):
        file = found.get(file_id) or read_file(file_id)
        if file is None:
            return Refusal(error_type="not_found_error", message=f"File not found: {file_id}")
        found[file_id] = file
    if not found:
        return body
    return body | {"messages": replace_sources(body["messages"], found)}


def list_file_ids(value: object) -> Iterator[str]:
    """Of sources and of uploads to containers, however deep in the content."""
    if is_list(value):
        for item in value:
            yield from list_file_ids(item)
    elif is_object(value):
        if value.get("type") in ("file", "container_upload") and (file_id := get_string(value, "file_id")):
            yield file_id
        for name in ("content", "source"):
            yield from list_file_ids(value.get(name))


def replace_sources(value: object, files: dict[str, StoredContent]) -> object:
    if is_list(value):
        return [replace_sources(item, files) for item in value]
    if not is_object(value):
        return value
    if value.get("type") == "file" and (file := files.get(get_string(value, "file_id"))):
        return render_source(*file)
    changed = {name: replace_sources(value[name], files) for name in ("content", "source") if name in value}
    return value | changed if changed else value


def render_source(media_type: str, content: bytes) -> JsonObject:
    if media_type.startswith("text/"):
        return {"type": "text", "media_type": "text/plain", "data": content.decode("utf-8", "replace")}
    return {"type": "base64", "media_type": media_type, "data": base64.b64encode(content).decode("ascii")}
