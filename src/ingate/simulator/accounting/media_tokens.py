"""What images and PDFs cost, by their pixels and pages; bytes that are not here cost a constant."""

from __future__ import annotations

import re
import zlib
from binascii import Error, a2b_base64
from math import ceil

from ingate.simulator.accounting.token_weights import TokenWeights
from ingate.simulator.json_value import JsonObject, get_string
from ingate.wire.media_size import Size, read_image_size

PATCH = 28
"""Pixels: Claude sees an image in squares of this side, a token each (Anthropic, vision page)."""
LINKED_IMAGE_TOKENS = 1_296
"""An image by URL or file id, or of unknown size: as much as one of 1000 x 1000 pixels."""

PAGE_TOKENS = 1_600
"""A page of a PDF as an image, with little text."""
PAGE_TEXT_LIMIT = 1_400
"""What a page's text adds at most: the documentation puts a page at 1,500 to 3,000 tokens."""
PAGE_BYTES_PER_TEXT_TOKEN = 200
LINKED_PDF_TOKENS = 2_333
"""A PDF by URL or file id: one page of the documentation's three for 7,000 tokens."""

_IMAGE_STARTS = (4 * 1024, 1024 * 1024)
"""Base64 characters within which an image tells its size: most at once, some JPEGs only after a long profile."""
_PAGE = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")
_OBJECT_STREAM = re.compile(rb"/ObjStm\b.{0,400}?stream\r?\n", re.DOTALL)
_INFLATED_LIMIT = 4 * 1024 * 1024


def count_image_tokens(source: JsonObject, weights: TokenWeights) -> int:
    size = find_image_size(get_string(source, "data"))
    if size is None:
        return LINKED_IMAGE_TOKENS
    return count_patches(*fit_image(*size, side=weights.image_side, tokens=weights.image_tokens))


def find_image_size(data: str) -> Size | None:
    """Of the image that this is the base64 of."""
    sizes = (read_image_size(decode(data[:length])) for length in _IMAGE_STARTS) if data else ()
    return next((size for size in sizes if size and all(size)), None)


def count_patches(width: int, height: int) -> int:
    return ceil(width / PATCH) * ceil(height / PATCH)


def fit_image(width: int, height: int, *, side: int, tokens: int) -> tuple[int, int]:
    """The largest size of the same shape that both limits allow; an image within them stays as it is."""
    long, short = max(width, height), min(width, height)

    def is_within(length: int) -> bool:
        breadth = scale_side(length, short, long)
        return ceil(length / PATCH) * PATCH <= side and count_patches(length, breadth) <= tokens

    low, high = 0, long
    if is_within(long):
        return width, height
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (middle, high) if is_within(middle) else (low, middle)
    low = max(low, 1)
    fitted = scale_side(low, short, long)
    return (low, fitted) if width >= height else (fitted, low)


def scale_side(length: int, short: int, long: int) -> int:
    """Divided by the ratio, as the documentation does it: what is near a half rounds the same way."""
    return max(1, round(length / (long / short)))


def count_pdf_tokens(source: JsonObject) -> int:
    data = get_string(source, "data")
    if not data:
        return LINKED_PDF_TOKENS
    content = decode(data)
    pages = max(1, count_pdf_pages(content))
    text = min(PAGE_TEXT_LIMIT, len(content) // pages // PAGE_BYTES_PER_TEXT_TOKEN)
    return pages * (PAGE_TOKENS + text)


def count_pdf_pages(content: bytes) -> int:
    """Page objects, those in compressed object streams (PDF 1.5) too; 0 when none is found."""
    pages = len(_PAGE.findall(content))
    allowance = _INFLATED_LIMIT
    for found in _OBJECT_STREAM.finditer(content):
        if allowance <= 0:
            break
        try:
            inflated = zlib.decompressobj().decompress(memoryview(content)[found.end() :], allowance)
        except zlib.error:
            continue
        allowance -= len(inflated)
        pages += len(_PAGE.findall(inflated))
    return pages


def decode(data: str) -> bytes:
    """As much of the base64 as is whole; nothing of what is not base64."""
    try:
        return a2b_base64(data[: len(data) // 4 * 4])
    except (Error, ValueError):
        return b""
