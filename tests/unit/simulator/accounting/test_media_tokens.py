"""Images cost their pixels and PDFs their pages; the sizes and tokens are the documentation's own examples."""

from __future__ import annotations

import zlib
from base64 import b64encode
from typing import Any

import pytest

from ingate.simulator.accounting.media_tokens import (
    LINKED_IMAGE_TOKENS,
    LINKED_PDF_TOKENS,
    count_pdf_pages,
    fit_image,
)
from ingate.simulator.accounting.tokens import count_input_tokens

STANDARD = {"side": 1568, "tokens": 1568}
HIGH_RESOLUTION = {"side": 2576, "tokens": 4784}


def make_png(width: int, height: int) -> str:
    """No more of it than what tells the size."""
    start = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + width.to_bytes(4) + height.to_bytes(4)
    return b64encode(start + bytes(13)).decode()


def count_addition(block: dict[str, Any], model: str) -> int:
    def count(content: list[dict[str, Any]]) -> int:
        return count_input_tokens({"model": model, "messages": [{"role": "user", "content": content}]})

    text = {"type": "text", "text": "look"}
    return count([text, block]) - count([text])


def make_image(width: int, height: int) -> dict[str, Any]:
    source = {"type": "base64", "media_type": "image/png", "data": make_png(width, height)}
    return {"type": "image", "source": source}


@pytest.mark.parametrize(
    ("size", "standard", "high_resolution"),
    [
        ((200, 200), 64, 64),
        ((1000, 1000), 1296, 1296),
        ((1092, 1092), 1521, 1521),
        ((1920, 1080), 1560, 2691),
        ((2000, 1500), 1564, 3888),
        ((3840, 2160), 1560, 4784),
    ],
)
def test_an_image_costs_what_the_documentation_says(
    size: tuple[int, int], standard: int, high_resolution: int
) -> None:
    assert count_addition(make_image(*size), "claude-sonnet-4-5") == standard
    assert count_addition(make_image(*size), "claude-opus-4-7") == high_resolution


@pytest.mark.parametrize(
    ("size", "limits", "fitted"),
    [
        ((1920, 1080), STANDARD, (1456, 819)),
        ((2000, 1500), STANDARD, (1270, 952)),
        ((1075, 1520), STANDARD, (924, 1307)),
        ((3840, 2160), HIGH_RESOLUTION, (2576, 1449)),
        ((1075, 1520), HIGH_RESOLUTION, (1075, 1520)),
        ((8000, 1), STANDARD, (1568, 1)),
    ],
)
def test_a_large_image_is_scaled_down_as_documented(
    size: tuple[int, int], limits: dict[str, int], fitted: tuple[int, int]
) -> None:
    assert fit_image(*size, **limits) == fitted


@pytest.mark.parametrize(
    "source",
    [
        {"type": "url", "url": "https://example.com/a.png"},
        {"type": "file", "file_id": "file_1"},
        {"type": "base64", "media_type": "image/png", "data": "QUJD"},
        {"type": "base64", "media_type": "image/png", "data": "no base64 at all"},
    ],
)
def test_an_image_that_is_not_there_to_be_measured_costs_a_constant(source: dict[str, Any]) -> None:
    assert count_addition({"type": "image", "source": source}, "claude-haiku-4-5") == LINKED_IMAGE_TOKENS


def make_pdf(pages: int, *, compressed: bool) -> bytes:
    objects = b"<< /Type /Pages /Kids [] >>" + b"<< /Type /Page /Parent 1 0 R >>\n" * pages
    if compressed:
        packed = zlib.compress(objects)
        objects = b"<< /Type /ObjStm /N 9 /Filter /FlateDecode >>\nstream\n" + packed + b"\nendstream"
    return b"%PDF-1.7\n" + objects + b"\n%%EOF"


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("pages", [1, 3, 40])
def test_a_pdf_costs_by_the_page_between_1500_and_3000_tokens(pages: int, compressed: bool) -> None:
    pdf = make_pdf(pages, compressed=compressed)
    assert count_pdf_pages(pdf) == pages
    source = {"type": "base64", "media_type": "application/pdf", "data": b64encode(pdf).decode()}
    tokens = count_addition({"type": "document", "source": source}, "claude-sonnet-4-5")
    assert 1_500 * pages <= tokens <= 3_000 * pages + 100


def test_a_pdf_by_url_costs_a_constant() -> None:
    document = {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}}
    assert LINKED_PDF_TOKENS <= count_addition(document, "claude-sonnet-4-5") <= LINKED_PDF_TOKENS + 100


def test_a_pdf_that_inflates_without_end_is_read_no_further_than_a_limit() -> None:
    bomb = b"<< /Type /ObjStm >>\nstream\n" + zlib.compress(bytes(50_000_000)) + b"\nendstream"
    assert count_pdf_pages(b"%PDF-1.7\n" + bomb * 3) == 0
