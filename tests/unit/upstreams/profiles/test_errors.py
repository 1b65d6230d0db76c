"""Every server's errors, in the Messages API's envelope and with its types."""

from __future__ import annotations

import json

import pytest
from tests.unit.upstreams.profiles.conftest import JSON, Pieces, normalise

from ingate.upstreams.profiles.profile import PROFILE_NAMES

PARSER_FAULT = "[json.exception.parse_error.101] parse error at line 1"


@pytest.mark.parametrize(
    ("profile", "status", "body", "expected"),
    [
        # llama.cpp, as seen in xllamacpp 2026.10.11549
        (
            "llama.cpp",
            401,
            {"error": {"message": "Invalid API Key", "type": "authentication_error", "code": 401}},
            (401, "authentication_error", "Invalid API Key"),
        ),
        (
            "llama.cpp",
            400,
            {"error": {"code": 400, "message": PARSER_FAULT, "type": "invalid_request_error"}},
            (400, "invalid_request_error", PARSER_FAULT),
        ),
        (
            "llama.cpp",
            500,
            {"error": {"code": 500, "message": "Failed to parse messages: Missing 'role'", "type": "server_error"}},
            (400, "invalid_request_error", "Failed to parse messages: Missing 'role'"),
        ),
        (
            "llama.cpp",
            500,
            {"error": {"code": 500, "message": "image input is not supported - hint", "type": "server_error"}},
            (400, "invalid_request_error", "image input is not supported - hint"),
        ),
        (
            "llama.cpp",
            500,
            {"error": {"code": 500, "message": "decode failed", "type": "server_error"}},
            (500, "api_error", "decode failed"),
        ),
        (
            "llama.cpp",
            400,
            {
                "error": {
                    "code": 400,
                    "message": "request (9021 tokens) exceeds the available context size (8192 tokens)",
                    "type": "exceed_context_size_error",
                    "n_prompt_tokens": 9021,
                    "n_ctx": 8192,
                }
            },
            (400, "invalid_request_error", "prompt is too long: 9021 tokens > 8192 maximum"),
        ),
        (
            "llama.cpp",
            503,
            {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}},
            (503, "overloaded_error", "Loading model"),
        ),
        (
            "llama.cpp",
            501,
            {"error": {"message": "This server does not do that", "type": "not_supported_error", "code": 501}},
            (400, "invalid_request_error", "This server does not do that"),
        ),
        # vLLM's two envelopes
        (
            "vllm",
            400,
            {"type": "error", "error": {"type": "BadRequestError", "message": "no reasoning parser"}},
            (400, "invalid_request_error", "no reasoning parser"),
        ),
        (
            "vllm",
            404,
            {
                "error": {
                    "message": "The model `x` does not exist.",
                    "type": "NotFoundError",
                    "param": None,
                    "code": 404,
                }
            },
            (404, "not_found_error", "The model `x` does not exist."),
        ),
        ("vllm", 422, {"detail": [{"msg": "odd"}]}, (422, "invalid_request_error", '[{"msg": "odd"}]')),
        # Ollama
        ("ollama", 404, {"error": "model 'x' not found"}, (404, "not_found_error", "model 'x' not found")),
        # LM Studio
        (
            "lmstudio",
            500,
            {"error": {"message": "Invalid 'max_tokens'", "type": "internal_error"}},
            (400, "invalid_request_error", "Invalid 'max_tokens'"),
        ),
        (
            "lmstudio",
            500,
            {"type": "error", "error": {"type": "api_error", "message": "messages is required"}},
            (400, "invalid_request_error", "messages is required"),
        ),
        ("lmstudio", 500, {"error": "the model crashed"}, (500, "api_error", "the model crashed")),
    ],
)
def test_a_foreign_error_becomes_the_documented_one(
    profile: str, status: int, body: object, expected: tuple[int, str, str], pieces: Pieces
) -> None:
    answer = normalise(profile, json.dumps(body).encode(), status=status, pieces=pieces)
    expected_status, error_type, message = expected
    assert answer.status == expected_status
    assert json.loads(answer.body) == {"type": "error", "error": {"type": error_type, "message": message}}
    assert (b"content-type", b"application/json") in answer.head[1]


@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_an_error_that_is_right_passes_as_it_came(profile: str) -> None:
    body = (
        b'{ "type": "error", "error": {"type": "rate_limit_error", "message": "Slow down"}, "request_id": "req_1" }'
    )
    headers = [*JSON, (b"retry-after", b"3"), (b"content-length", b"1")]
    answer = normalise(profile, body, status=429, headers=headers)
    assert (answer.head, answer.body) == ((429, headers), body)


def test_a_head_waits_for_the_body_that_decides_its_status() -> None:
    answer = normalise("llama.cpp", b'{"error":{"message":"x is required","type":"server_error"}}', status=500)
    assert answer.status == 400


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"404 page not found\n", "404 page not found"),
        (b"<html>Bad gateway</html>", "The upstream answered 502 and gave no reason."),
        (b"", "The upstream answered 502 and gave no reason."),
        (b"{}", "The upstream answered 502 and gave no reason."),
        (b"x" * 9000, "x" * 500),
    ],
)
def test_an_error_without_a_shape_still_says_something(body: bytes, message: str) -> None:
    answer = normalise("vllm", body, status=502, headers=[(b"content-type", b"text/html")])
    assert json.loads(answer.body)["error"] == {"type": "api_error", "message": message}


def test_ollama_says_plainly_that_it_cannot_count() -> None:
    answer = normalise(
        "ollama",
        b"404 page not found",
        status=404,
        headers=[(b"content-type", b"text/plain")],
        path=b"/v1/messages/count_tokens",
    )
    assert answer.status == 404
    assert json.loads(answer.body)["error"]["type"] == "not_found_error"
    assert "cannot count tokens" in json.loads(answer.body)["error"]["message"]
