"""What a request will cost, guessed from its bytes. `python -m bench.estimator` scores it against real requests."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingate.domain.token_estimate import IMAGE_TOKENS_LIMIT, estimate_input_tokens, estimate_output_tokens

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x03\xe8\x00\x00\x02\xee"


def estimate(content: Any, **fields: Any) -> int:
    return estimate_input_tokens(
        json.dumps(
            {"model": "m", "messages": [{"role": "user", "content": content}], **fields}, separators=(",", ":")
        ).encode()
    )


def make_media(kind: str, media_type: str, data: bytes) -> dict[str, Any]:
    source = {"type": "base64", "media_type": media_type, "data": base64.b64encode(data).decode()}
    return {"type": kind, "source": source}


PROSE = "The quick brown fox jumps over the lazy dog. " * 100


def test_prose_costs_about_a_token_for_four_and_a_half_characters() -> None:
    assert 0.9 < estimate(PROSE) / (len(PROSE) / 4.5) < 1.1


def test_a_short_request_costs_a_few_tokens_whatever_its_parameters() -> None:
    assert 5 < estimate("Hello", temperature=0.5, metadata={"user_id": "x" * 100}, stop_sequences=["a"]) < 15


def test_json_around_the_text_is_not_text() -> None:
    blocks = [{"type": "text", "text": word} for word in PROSE.split()]
    assert estimate(blocks) < 3 * estimate(PROSE)


def test_indentation_costs_nothing() -> None:
    request = {"model": "m", "messages": [{"role": "user", "content": "Hello"}] * 50}
    compact, indented = (json.dumps(request, indent=indent).encode() for indent in (None, 8))
    assert len(indented) > 1.5 * len(compact)
    assert estimate_input_tokens(indented) <= 1.05 * estimate_input_tokens(compact)


def test_other_scripts_cost_more_than_ascii() -> None:
    chinese = "敏捷的棕色狐狸跳过了懒狗" * 50
    body = json.dumps({"messages": [{"role": "user", "content": chinese}]}, ensure_ascii=False).encode()
    assert 0.8 < estimate_input_tokens(body) / len(chinese) < 1.5


@pytest.mark.parametrize("padding", [0, 100, 1_000_000])
def test_an_image_costs_by_its_pixels(padding: int) -> None:
    tokens = estimate([make_media("image", "image/png", PNG + bytes(padding))]) - estimate("")
    assert abs(tokens - 1000 * 750 / 750) < 30


def test_one_whose_size_cannot_be_read_costs_the_most() -> None:
    tokens = estimate([make_media("image", "image/jpeg", b"\xff\xd8" + bytes(100_000))])
    assert IMAGE_TOKENS_LIMIT - 30 < tokens < IMAGE_TOKENS_LIMIT + 30


def test_a_document_costs_at_least_a_page() -> None:
    small, large = (
        estimate([make_media("document", "application/pdf", b"%PDF-1.7" + bytes(size))]) for size in (100, 500_000)
    )
    assert 1400 < small < 1700
    assert 40_000 < large < 60_000


def test_a_document_of_plain_text_costs_as_text() -> None:
    block = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": PROSE}}
    assert 0.9 < estimate([block]) / estimate(PROSE) < 1.1


def test_signatures_cost_nothing() -> None:
    thinking = {"type": "thinking", "thinking": "", "signature": "Eo" * 5000}
    assert estimate([thinking]) < 50


def test_tools_cost_their_schemas_and_being_explained() -> None:
    tool: dict[str, Any] = {
        "name": "get_weather",
        "description": "x",
        "input_schema": {"type": "object", "properties": {}},
    }
    one, two = (estimate("Hello", tools=[tool] * count) for count in (1, 2))
    assert 450 < one < 550
    assert 10 < two - one < 40
    assert estimate("Hello", tools=[]) < 15
    assert estimate("Hello", tools=[tool], tool_choice={"type": "any"}) > one + 50
    assert estimate("Hello", tools=[{"type": "web_search_20250305", "name": "web_search"}]) > 2000


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"messages":1}', b'{"messages":null,"tools":{}}'])
def test_of_anything_there_is_an_estimate(body: bytes) -> None:
    assert 1 <= estimate_input_tokens(body) < 600


@given(st.binary(max_size=200), st.booleans())
def test_it_never_raises(data: bytes, as_media: bool) -> None:
    text = data.decode("latin-1")
    content = [{"type": "image", "source": {"type": "base64", "data": text}}] if as_media else text
    assert estimate(content) >= 1
    assert estimate_input_tokens(data) >= 1


@pytest.mark.parametrize(("content_bytes", "tokens"), [(0, 0), (1, 1), (7, 2), (8, 3), (3500, 1000)])
def test_output_is_estimated_from_its_content(content_bytes: int, tokens: int) -> None:
    assert estimate_output_tokens(content_bytes) == tokens


def test_it_is_nearer_to_real_requests_than_their_length_is(fixtures_dir: Path) -> None:
    """Of requests without server tools, whose further inferences nobody can foresee."""
    errors: list[float] = []
    naive: list[float] = []
    for line in (fixtures_dir / "requests" / "real_requests.jsonl").read_bytes().splitlines():
        row = json.loads(line)
        if row["status"] != 200 or b"_20" in json.dumps(row["request"].get("tools", [])).encode():
            continue
        body = json.dumps(row["request"], separators=(",", ":"), ensure_ascii=False).encode()
        usage = row["usage"]
        truth = sum(usage.get(f"{kind}input_tokens") or 0 for kind in ("", "cache_read_", "cache_creation_"))
        errors.append(abs(estimate_input_tokens(body) - truth) / truth)
        naive.append(abs(len(body) / 4 - truth) / truth)
    assert len(errors) > 100
    assert median(errors) < 0.1 < 0.4 < median(naive)
