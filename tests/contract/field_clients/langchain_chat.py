"""A chat model of LangChain with one tool. Run by test_field_clients.py in an environment that holds
langchain-anthropic, which knows Anthropic's own API only and sends the key as a bearer token."""

# pyright: basic, reportMissingImports=false
from __future__ import annotations

import json
import os

from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool

asked_for: list[str] = []


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    asked_for.append(city)
    return f"18 degrees in {city}"


model = ChatAnthropic(
    model="claude-haiku-4-5",
    base_url=os.environ["ANTHROPIC_FOUNDRY_BASE_URL"],
    api_key=os.environ["ANTHROPIC_FOUNDRY_API_KEY"],
    max_retries=0,
).bind_tools([get_weather])

messages = [HumanMessage("Use get_weather with city: Paris")]
call = model.invoke(messages)
results = [get_weather.invoke(made) for made in call.tool_calls]
answer = model.invoke([*messages, call, *results])
spent = [turn.usage_metadata for turn in (call, answer)]
print(  # noqa: T201 - that is how the test is told
    json.dumps(
        {
            "asked_for": asked_for,
            "answer": answer.text,
            "input_tokens": sum(usage["input_tokens"] for usage in spent),
            "output_tokens": sum(usage["output_tokens"] for usage in spent),
        }
    )
)
