"""A chain of llm with one tool. Run by test_field_clients.py in an environment that holds llm and its plugin
llm-anthropic, which finds address and key in ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY."""

# pyright: basic, reportMissingImports=false
from __future__ import annotations

import json

import llm

asked_for: list[str] = []


def get_weather(city: str) -> str:
    """The weather in a city."""
    asked_for.append(city)
    return f"18 degrees in {city}"


chain = llm.get_model("claude-sonnet-4.5").chain("Use get_weather with city: Paris", tools=[get_weather])
responses = list(chain.responses())
usage = [response.usage() for response in responses]
print(  # noqa: T201 - that is how the test is told
    json.dumps(
        {
            "asked_for": asked_for,
            "answer": responses[-1].text(),
            "input_tokens": sum(spent.input for spent in usage),
            "output_tokens": sum(spent.output for spent in usage),
        }
    )
)
