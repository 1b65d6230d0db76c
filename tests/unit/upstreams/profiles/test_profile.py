from __future__ import annotations

import pytest

from ingate.upstreams.profiles.profile import PROFILE_NAMES, Profile, get_profile


def _get(name: str) -> Profile:
    profile = get_profile(name)
    assert profile is not None
    return profile


def test_every_profile_that_may_be_configured_can_be_had() -> None:
    assert PROFILE_NAMES == ("none", "llama.cpp", "vllm", "ollama", "lmstudio")
    assert [_get(name).name for name in PROFILE_NAMES] == list(PROFILE_NAMES)


def test_an_unknown_profile_is_none() -> None:
    assert get_profile("llamacpp") is None


def test_the_profile_none_touches_nothing() -> None:
    headers = [(b"accept-encoding", b"gzip"), (b"api-key", b"k")]
    assert _get("none").request_headers(headers) == headers
    assert _get("none").normaliser(path=b"/v1/messages", request_body=b"{}") is None


@pytest.mark.parametrize("name", PROFILE_NAMES[1:])
def test_a_profile_that_reads_answers_asks_for_none_that_are_compressed(name: str) -> None:
    headers = [(b"Accept-Encoding", b"gzip, br"), (b"anthropic-version", b"2023-06-01")]
    assert _get(name).request_headers(headers) == [(b"anthropic-version", b"2023-06-01")]


def test_llama_cpp_gets_its_key_in_a_header_that_it_reads() -> None:
    assert _get("llama.cpp").request_headers([(b"Api-Key", b"k")]) == [(b"x-api-key", b"k")]
    assert _get("vllm").request_headers([(b"Api-Key", b"k")]) == [(b"Api-Key", b"k")]
