"""What is said of images and documents: that they came, their kind and size, and nothing of what is in them."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from typing import Any, TypeAlias

import pytest

from ingate.simulator.media import describe_media
from ingate.simulator.request import parse_messages_request

Json: TypeAlias = "dict[str, Any]"


def encode(content: bytes) -> str:
    return base64.b64encode(content).decode()


def build_image(content: bytes, media_type: str) -> Json:
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": encode(content)}}


def build_document(source: Json, **fields: object) -> Json:
    return {"type": "document", "source": source, **fields}


PNG = build_image(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 640, 480), "image/png")
GIF = build_image(b"GIF89a" + struct.pack("<HH", 32, 16) + bytes(9), "image/gif")
BROKEN = build_image(b"not an image", "image/webp")
LATE_JPEG = build_image(
    b"\xff\xd8"
    + b"\xff\xe1\xff\xf0"
    + bytes(0xFFEE)
    + b"\xff\xc0\0\x11\x08"
    + struct.pack(">HH", 20, 30)
    + bytes(20),
    "image/jpeg",
)
PDF = b"%PDF-1.4\n" + b"".join(b"%d 0 obj\n<< /Type /Page >>\nendobj\n" % number for number in (1, 2, 3))


def describe(content: str | Sequence[Json], *later: Json) -> str:
    messages = [{"role": "user", "content": content}, *later]
    return describe_media(parse_messages_request({"model": "m", "max_tokens": 5, "messages": messages}))


@pytest.mark.parametrize(
    ("block", "described"),
    [
        (PNG, "a PNG image of 640 x 480 pixels"),
        (GIF, "a GIF image of 32 x 16 pixels"),
        (LATE_JPEG, "a JPEG image of 30 x 20 pixels"),
        (BROKEN, "a WEBP image of unknown size"),
        (
            {"type": "image", "source": {"type": "url", "url": "https://x.example/"}},
            "an image at a URL, which was not fetched",
        ),
        ({"type": "image", "source": {"type": "file", "file_id": "file_1"}}, "an image from an uploaded file"),
        (build_document({"type": "base64", "data": encode(PDF)}), f"a PDF of 3 pages ({len(PDF)} bytes)"),
        (build_document({"type": "base64", "data": "####"}), "a PDF of an unknown number of pages (0 bytes)"),
        (
            build_document({"type": "text", "data": "Sheep."}, title="Notes"),
            'a text document of 6 characters titled "Notes"',
        ),
        (
            build_document({"type": "content", "content": [{"type": "text", "text": "a"}]}),
            "a document of 1 content block",
        ),
        (build_document({"type": "url", "url": "https://x.example/a.pdf"}), "a PDF at a URL, which was not fetched"),
        (build_document({"type": "file", "file_id": "file_1"}), "a document from an uploaded file"),
    ],
)
def test_each_kind_is_named_with_its_size(block: Json, described: str) -> None:
    assert describe([block]) == f"With the message came {described}; only the size was looked at."


def test_several_are_listed_in_order() -> None:
    assert describe([GIF, {"type": "text", "text": "Compare them."}, PNG, GIF]) == (
        "With the message came a GIF image of 32 x 16 pixels, a PNG image of 640 x 480 pixels "
        "and a GIF image of 32 x 16 pixels; only the size was looked at."
    )


def test_a_screenshot_in_the_result_of_a_tool_is_described() -> None:
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [PNG]}
    assert "640 x 480" in describe("Look", {"role": "user", "content": [result]})


def test_only_the_last_message_counts() -> None:
    assert describe([PNG], {"role": "assistant", "content": "Nice."}, {"role": "user", "content": "Thanks."}) == ""


def test_a_message_of_text_has_nothing_to_describe() -> None:
    assert describe("Hello") == ""


def test_a_hundred_images_are_not_described_one_by_one() -> None:
    assert "and 80 more; only" in describe([GIF] * 100)
