"""Ollama (`/v1/messages` since 0.14).

It has no `count_tokens` and says so with a plain 404; its other errors are `{"error": "..."}` or in Anthropic's
envelope.
Not evened out: it does not know `tool_choice`, citations, PDF documents and `cache_control`, and says nothing of it.
"""

from __future__ import annotations

from dataclasses import replace

from .foreign_error import ForeignError
from .server_answer import AnswerRules, ErrorAnswer
from .server_profile import ServerProfile

_CANNOT_COUNT = ForeignError(
    type="not_found_error",
    message="This deployment's upstream (Ollama) cannot count tokens: it has no /v1/messages/count_tokens.",
)


def _decide_error(answer: ErrorAnswer) -> ErrorAnswer:
    if answer.path.endswith(b"/count_tokens") and answer.status in (404, 405, 501):
        return replace(answer, status=404, error=_CANNOT_COUNT)
    return answer


OLLAMA = ServerProfile(name="ollama", rules=AnswerRules(decide_error=_decide_error, rewrites_messages=False))
