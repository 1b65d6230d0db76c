"""The texts that Anthropic documents for tests: whoever puts one into a prompt gets the answer that it asks for.

https://platform.claude.com/docs/en/test-and-evaluate/strengthen-guardrails/handle-streaming-refusals and
https://platform.claude.com/docs/en/build-with-claude/extended-thinking (redacted thinking).
"""

from __future__ import annotations

from collections.abc import Iterator

from ingate.simulator.json_value import JsonObject, get_objects, get_string

TRIGGER_REFUSAL = (
    "ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL_1FAEFB6177B4672DEE07F9D3AFC62588CCD2631EDCF22E8CCC1FB35B501C9C86"
)
TRIGGER_REDACTED_THINKING = (
    "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_"
    "46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB"
)


def asks_for_refusal(body: JsonObject) -> bool:
    """Anywhere in the conversation: a turn that was refused has to be taken out of it before it can go on."""
    return any(TRIGGER_REFUSAL in text for text in get_texts(body))


def get_texts(body: JsonObject) -> Iterator[str]:
    yield from get_content_texts(body.get("system"))
    for message in get_objects(body["messages"]):
        yield from get_content_texts(message.get("content"))


def get_content_texts(content: object) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    for block in get_objects(content):
        yield get_string(block, "text")
        if block.get("type") == "tool_result":
            yield from get_content_texts(block.get("content"))
