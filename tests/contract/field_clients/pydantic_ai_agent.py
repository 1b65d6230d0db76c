"""An agent of pydantic-ai with one tool. Run by test_field_clients.py in an environment that holds pydantic-ai."""

# pyright: basic, reportMissingImports=false
from __future__ import annotations

import json

from anthropic import AsyncAnthropicFoundry
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

asked_for: list[str] = []
agent = Agent(
    AnthropicModel("claude-haiku-4-5", provider=AnthropicProvider(anthropic_client=AsyncAnthropicFoundry()))
)


@agent.tool_plain
def get_weather(city: str) -> str:
    """The weather in a city."""
    asked_for.append(city)
    return f"18 degrees in {city}"


result = agent.run_sync("Use get_weather with city: Paris")
usage = result.usage
print(  # noqa: T201 - that is how the test is told
    json.dumps(
        {
            "asked_for": asked_for,
            "answer": result.output,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
        }
    )
)
