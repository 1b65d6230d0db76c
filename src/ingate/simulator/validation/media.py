"""Images and documents: kind, size, number. Nothing is fetched: of a link, only its scheme is looked at."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from ingate.simulator.accounting.media_tokens import count_pdf_pages
from ingate.simulator.json_value import JsonObject, get_string, is_object
from ingate.simulator.refusal import refuse
from ingate.simulator.validation.inspection import Inspection, PlacedBlock, Problem
from ingate.wire.media_size import read_image_size

MOST_IMAGE_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 8_000
MOST_PIXELS_OF_MANY = 2_000
MANY_IMAGES = 20
_LARGE_WINDOW = 1_000_000
_HEAD = 262_144
"""Characters of an image that are decoded: its size stands in the beginning."""
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def iterate_media(request: Inspection, kind: str) -> Iterator[tuple[PlacedBlock, JsonObject]]:
    """Blocks of this kind, each with its source."""
    for placed in request.notable:
        source = placed.block.get("source")
        if placed.kind == kind and is_object(source):
            yield placed, source


def get_most_media(request: Inspection) -> int:
    return 600 if request.facts.context_window >= _LARGE_WINDOW else 100


def find_too_many_media(request: Inspection) -> Problem:
    images, documents = (sum(1 for _ in iterate_media(request, kind)) for kind in ("image", "document"))
    most = get_most_media(request)
    return f"too many images and documents: {images} + {documents} > {most}" if images + documents > most else None


def find_unusable_image(request: Inspection) -> Problem:
    images = list(iterate_media(request, "image"))
    for placed, source in images:
        path = f"{placed.path}.image.source"
        problem = explain_link(path, source) if source.get("type") == "url" else None
        if source.get("type") == "base64":
            problem = explain_image(path, source, is_one_of_many=len(images) > MANY_IMAGES)
        if problem:
            return problem
    return None


def explain_link(path: str, source: JsonObject) -> str | None:
    url = get_string(source, "url")
    return None if url.startswith("https://") else f"{path}.url.url: Only HTTPS URLs are supported."


def explain_image(path: str, source: JsonObject, *, is_one_of_many: bool) -> Problem:
    data = get_string(source, "data")
    if not data:
        return f"{path}.base64: image cannot be empty"
    if len(data) > MOST_IMAGE_BYTES:
        return (
            f"{path}.base64: image exceeds {MOST_IMAGE_BYTES >> 20} MB maximum: "
            f"{len(data)} bytes > {MOST_IMAGE_BYTES} bytes"
        )
    head = decode(data[:_HEAD])
    if head is None:
        return f"{path}.base64.data: Invalid base64 data"
    declared, found = get_string(source, "media_type"), find_media_type(head)
    if found is None:
        return "Could not process image"
    if found != declared:
        return (
            f"{path}.base64: The image was specified using the {declared} media type, "
            f"but the image appears to be a {found} image"
        )
    return explain_dimensions(f"{path}.base64.data", head, is_one_of_many=is_one_of_many)


def explain_dimensions(path: str, head: bytes, *, is_one_of_many: bool) -> Problem:
    size = read_image_size(head)
    longest = max(size) if size else 0
    most, kind = (MOST_PIXELS_OF_MANY, " for many-image requests") if is_one_of_many else (MOST_PIXELS, "")
    if longest <= most:
        return None
    return refuse(
        f"{path}: At least one of the image dimensions exceed max allowed size{kind}: {most} pixels",
        details={"error_code": "image_dimensions_too_large", "max_side_length_pixels": most, "paths": [path]},
    )


def decode(data: str) -> bytes | None:
    """The bytes; of a text that was cut off, as many as are whole. None: it is no base64."""
    text = data.encode("ascii", "replace")
    try:
        return base64.b64decode(text[: len(text) // 4 * 4] if len(text) == _HEAD else text, validate=True)
    except (binascii.Error, ValueError):
        return None


def find_media_type(head: bytes) -> str | None:
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    return next((media_type for magic, media_type in _MAGIC if head.startswith(magic)), None)


def find_unusable_document(request: Inspection) -> Problem:
    for placed, source in iterate_media(request, "document"):
        problem = None
        if source.get("type") == "url":
            problem = explain_link(f"{placed.path}.document.source", source)
        elif source.get("type") == "base64":
            problem = explain_pdf(f"{placed.path}.pdf.source.base64.data", source, most_pages=get_most_media(request))
        if problem:
            return problem
    return None


def explain_pdf(path: str, source: JsonObject, *, most_pages: int) -> str | None:
    data = get_string(source, "data")
    if not data:
        return f"{path}: PDF cannot be empty"
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return f"{path}: Invalid base64 data"
    if b"%PDF-" not in content[:1024]:
        return f"{path}: The PDF specified was not valid."
    if b"/Encrypt" in content:
        return f"{path}: The PDF specified is password protected."
    if len(content) > most_pages and count_pdf_pages(content) > most_pages:
        return f"{path}: A maximum of {most_pages} PDF pages may be provided."
    return None


def find_mixed_citations(request: Inspection) -> Problem:
    """Citations are asked of all documents and search results, or of none."""
    asked = {
        is_object(citations := placed.block.get("citations")) and citations.get("enabled") is True
        for placed in request.notable
        if placed.kind == "document"
    }
    if len(asked) > 1:
        return "messages: citations must be enabled on all documents in a request or on none of them"
    return None


def find_citations_with_format(request: Inspection) -> Problem:
    if not request.get_object("output_config").get("format") and not request.body.get("output_format"):
        return None
    for placed in request.notable:
        citations = placed.block.get("citations")
        if placed.kind in ("document", "search_result") and is_object(citations) and citations.get("enabled") is True:
            return "output_config.format: structured outputs cannot be used when citations are enabled"
    return None
