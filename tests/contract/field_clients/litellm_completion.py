"""Two completions by LiteLLM, with one tool. Run by test_field_clients.py in an environment that holds LiteLLM, which
finds address and key in AZURE_AI_API_BASE and AZURE_AI_API_KEY. It asks `azure_ai/claude-...` by Anthropic's API."""

# pyright: basic, reportMissingImports=false
from __future__ import annotations

import json

import litellm

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
messages = [{"role": "user", "content": "Use get_weather with city: Paris"}]


def complete():
    return litellm.completion(
        model="azure_ai/claude-haiku-4-5", messages=messages, tools=[WEATHER], max_tokens=1024, num_retries=0
    )


call = complete()
messages.append(call.choices[0].message.model_dump())
asked_for = []
for made in call.choices[0].message.tool_calls:
    assert made.function.name == "get_weather"
    city = json.loads(made.function.arguments)["city"]
    asked_for.append(city)
    messages.append({"role": "tool", "tool_call_id": made.id, "content": f"18 degrees in {city}"})
answer = complete()
print(  # noqa: T201 - that is how the test is told
    json.dumps(
        {
            "asked_for": asked_for,
            "answer": answer.choices[0].message.content,
            "input_tokens": call.usage.prompt_tokens + answer.usage.prompt_tokens,
            "output_tokens": call.usage.completion_tokens + answer.usage.completion_tokens,
        }
    )
)
