"""LM Studio (`/v1/messages` since 0.4.1).

Errors that will never go away are HTTP 500, which clients repeat: they become 400 when the error says that the
request is at fault.
"""

from __future__ import annotations

from dataclasses import replace

from .server_answer import AnswerRules, ErrorAnswer
from .server_profile import ServerProfile

_CLIENT_FAULTS = ("invalid", "required", "unsupported", "not supported", "unrecognized", "must be ", "too long")


def _decide_error(answer: ErrorAnswer) -> ErrorAnswer:
    said = f"{answer.error.type} {answer.error.message}".lower()
    if answer.status == 500 and any(words in said for words in _CLIENT_FAULTS):
        return replace(answer, status=400)
    return answer


LM_STUDIO = ServerProfile(name="lmstudio", rules=AnswerRules(decide_error=_decide_error, rewrites_messages=False))
