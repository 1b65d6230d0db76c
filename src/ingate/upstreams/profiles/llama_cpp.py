"""llama.cpp's server (`/v1/messages` since November 2025), as seen in xllamacpp 2026.10.11549.

Messages: a block starts before the one before it has stopped, and the signature of a thinking block, always empty,
comes after the next block's deltas; ids are `chatcmpl-...`; a streamed `tool_use` starts without `input`; a stop
sequence that was hit leaves `end_turn`; `model` is the path of the weights.
Errors: OpenAI's envelope; what its request parser throws is a 500, such as a missing `messages`; a prompt that does
not fit has words of its own, where clients wait for "prompt is too long" to shorten it; 501 for what it cannot do.
Requests: it takes `x-api-key` and `Authorization`, not `api-key`.
"""

from __future__ import annotations

from dataclasses import replace

from .server_answer import AnswerRules, ErrorAnswer
from .server_profile import ServerProfile

_CLIENT_FAULTS = ("is required", "missing '", "failed to parse", "is not supported", "must be ", "invalid ")
"""What the messages of 500s say that are the client's fault, in lower case."""


def _decide_error(answer: ErrorAnswer) -> ErrorAnswer:
    error = answer.error
    if error.type == "exceed_context_size_error":
        tokens, limit = error.figure("n_prompt_tokens"), error.figure("n_ctx")
        if tokens is not None and limit is not None:
            words = f"prompt is too long: {tokens} tokens > {limit} maximum"
            return replace(answer, status=400, error=replace(error, message=words))
    is_thrown = answer.status == 500 and error.type == "server_error"
    if is_thrown and any(words in error.message.lower() for words in _CLIENT_FAULTS):
        return replace(answer, status=400)
    if answer.status == 501:
        return replace(answer, status=400)
    return answer


LLAMA_CPP = ServerProfile(
    name="llama.cpp",
    rules=AnswerRules(decide_error=_decide_error, rewrites_messages=True, echoes_model=True),
    renamed_request_headers={b"api-key": b"x-api-key"},
)
