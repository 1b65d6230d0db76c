"""The text of simple PDFs; what cannot be read is empty, never wrong."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingate.simulator.pdf_text import MAX_PAGES, MAX_READ, read_pdf_pages


def build_pdf(objects: Mapping[int, bytes]) -> bytes:
    return b"%PDF-1.4\n" + b"".join(b"%d 0 obj\n%s\nendobj\n" % item for item in objects.items()) + b"%%EOF"


def build_stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(content), content)


def read_shown(content: bytes, entries: bytes = b"") -> str:
    page = b"<< /Type /Page /Contents 2 0 R >>"
    return read_pdf_pages(build_pdf({1: page, 2: build_stream(content, entries)}))[0]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"BT (Sheep) Tj ET", "Sheep"),
        (b"BT [(She) -20 (ep)] TJ ET", "Sheep"),
        (b"BT (one) Tj 0 -14 Td (two) Tj ET", "one\ntwo"),
        (rb"BT (a \(b\) \\ \101) Tj ET", "a (b) \\ A"),
        (b"BT (caf\xe9) Tj ET", "caf\u00e9"),
        (b"BT <0102> Tj ET", ""),
        (b"BT (\x01\x02) Tj ET", ""),
        (b"", ""),
    ],
)
def test_the_strings_that_a_page_shows_are_its_text(content: bytes, text: str) -> None:
    assert read_shown(content) == text


def test_compressed_content_is_read() -> None:
    assert read_shown(zlib.compress(b"BT (Sheep) Tj ET"), b"/Filter /FlateDecode") == "Sheep"


def test_content_under_another_filter_is_not() -> None:
    assert read_shown(b"BT (Sheep) Tj ET", b"/Filter /LZWDecode") == ""


def test_pages_come_in_the_order_of_the_page_tree() -> None:
    pages = read_pdf_pages(
        build_pdf(
            {
                3: b"<< /Type /Page /Contents [5 0 R 6 0 R] >>",
                4: b"<< /Type /Page /Contents 7 0 R >>",
                2: b"<< /Type /Pages /Kids [4 0 R 3 0 R] >>",
                5: build_stream(b"(last) Tj "),
                6: build_stream(b"( page) Tj"),
                7: build_stream(b"(first) Tj"),
            }
        )
    )
    assert pages == ["first", "last page"]


def test_a_page_without_content_is_empty() -> None:
    assert read_pdf_pages(build_pdf({1: b"<< /Type /Page >>", 2: b"<< /Type /Page /Contents 9 0 R >>"})) == ["", ""]


def test_only_so_many_pages_are_read() -> None:
    assert len(read_pdf_pages(build_pdf(dict.fromkeys(range(1, 60), b"<< /Type /Page >>")))) == MAX_PAGES


def test_pages_that_name_one_content_again_and_again_are_read_for_a_bounded_time() -> None:
    page = b"<< /Type /Page /Contents [" + b"2 0 R " * 150 + b"] >>"
    [text] = read_pdf_pages(build_pdf({1: page, 2: build_stream(b"(sheep) Tj " * 4_000)}))
    assert len(text) < MAX_READ


def test_a_string_within_a_string_makes_the_page_unreadable() -> None:
    assert read_shown(b"(a (b) c) Tj") == ""


@given(st.binary(max_size=300))
def test_any_bytes_can_be_asked_for_their_text(content: bytes) -> None:
    read_pdf_pages(b"%PDF-1.4\n1 0 obj\n<< /Type /Page /Contents 1 0 R >>\nstream\n" + content)


def test_recorded_pdfs_are_read_or_left_alone(fixtures_dir: Path) -> None:
    requests = [
        json.loads(line)["request"]
        for line in (fixtures_dir / "requests" / "real_requests.jsonl").read_text().splitlines()
    ]
    sources = [block["source"] for request in requests for block in list_documents(request)]
    contents = [base64.b64decode(source["data"]) for source in sources if source["type"] == "base64"]
    assert contents
    for content in contents:
        assert all(page.replace("\n", "").isprintable() for page in read_pdf_pages(content))


def list_documents(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for message in request["messages"]:
        if not isinstance(message["content"], str):
            yield from (block for block in message["content"] if block["type"] == "document")
