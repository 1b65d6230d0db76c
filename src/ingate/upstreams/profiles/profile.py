"""What the HTTP upstream uses: a profile by its name."""

from __future__ import annotations

from typing import Protocol

from .answer import AnswerNormaliser, Headers
from .llama_cpp import LLAMA_CPP
from .lm_studio import LM_STUDIO
from .ollama import OLLAMA
from .vllm import VLLM


class Profile(Protocol):
    """How one kind of server deviates from the Messages API."""

    @property
    def name(self) -> str: ...

    def request_headers(self, headers: Headers) -> Headers:
        """The request's headers as this server takes them. Give it the credential's header too."""
        ...

    def normaliser(self, *, path: bytes, request_body: bytes) -> AnswerNormaliser | None:
        """For one exchange; None when the answer is to be relayed untouched. The body is not kept."""
        ...


class _ByteRelay:
    """A server that needs no normalising."""

    name = "none"

    def request_headers(self, headers: Headers) -> Headers:
        return headers

    def normaliser(self, *, path: bytes, request_body: bytes) -> AnswerNormaliser | None:
        return None


_PROFILES: tuple[Profile, ...] = (_ByteRelay(), LLAMA_CPP, VLLM, OLLAMA, LM_STUDIO)

PROFILE_NAMES = tuple(profile.name for profile in _PROFILES)


def get_profile(name: str) -> Profile | None:
    return next((profile for profile in _PROFILES if profile.name == name), None)
