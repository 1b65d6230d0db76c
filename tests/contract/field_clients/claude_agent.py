"""An agent of claude-agent-sdk with one tool of its own. Run by test_field_clients.py in an environment that holds
the SDK, which brings Claude Code; what points that at Foundry is in this process's environment."""

# pyright: basic, reportMissingImports=false
from __future__ import annotations

import asyncio
import json

from claude_agent_sdk import ClaudeAgentOptions, ResultMessage, create_sdk_mcp_server, query, tool

asked_for: list[str] = []


@tool("get_weather", "The weather in a city", {"city": str})
async def get_weather(arguments):
    asked_for.append(arguments["city"])
    return {"content": [{"type": "text", "text": f"18 degrees in {arguments['city']}"}]}


async def ask() -> ResultMessage:
    options = ClaudeAgentOptions(
        tools=[],
        mcp_servers={"weather": create_sdk_mcp_server("weather", tools=[get_weather])},
        allowed_tools=["mcp__weather__get_weather"],
        setting_sources=[],
        model="claude-haiku-4-5",
        max_turns=4,
    )
    async for message in query(prompt="Use mcp__weather__get_weather with city: Paris", options=options):
        last = message
    assert isinstance(last, ResultMessage)
    return last


result = asyncio.run(ask())
print(  # noqa: T201 - that is how the test is told
    json.dumps(
        {
            "asked_for": asked_for,
            "answer": result.result,
            "input_tokens": sum(value for name, value in result.usage.items() if name.endswith("input_tokens")),
            "output_tokens": result.usage["output_tokens"],
            "is_error": result.is_error,
        }
    )
)
