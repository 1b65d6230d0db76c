"""Gets tokens with azure-identity as its users do, and calls Claude with each through AnthropicFoundry.

Run by test_azure_identity.py in an environment that holds Azure's SDKs. Reads cases from standard input, a JSON list
of {name, credential, arguments, environment, is_async, scopes, base_url}, and writes a line of JSON for each:
{name, tokens, text} or {name, error}. A sign-in with a device code writes {name, prompt} before it waits.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from importlib import import_module
from typing import Any

# By name: they are no part of the environment that this project's own checks run in.
anthropic: Any = import_module("anthropic")
identity: Any = import_module("azure.identity")
identity_aio: Any = import_module("azure.identity.aio")

FOREIGN = ("AZURE_", "IDENTITY_", "MSI_", "IMDS_")
MESSAGE: dict[str, Any] = {
    "model": "claude-haiku-4-5",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "Hello!"}],
}


def write(**line: Any) -> None:
    print(json.dumps(line), flush=True)  # noqa: T201 - that is how the test is told


def make_credential(case: dict[str, Any]) -> Any:
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        del os.environ[name]
    os.environ.update(case.get("environment", {}))
    arguments = dict(case.get("arguments", {}))
    if case["credential"] == "DeviceCodeCredential":

        def show(uri: str, code: str, expires: object) -> None:
            write(name=case["name"], prompt={"uri": uri, "code": code})

        arguments["prompt_callback"] = show
    module = identity_aio if case.get("is_async") else identity
    return getattr(module, case["credential"])(**arguments)


def run(case: dict[str, Any]) -> dict[str, Any]:
    credential = make_credential(case)
    tokens = [credential.get_token(scope).token for scope in case["scopes"]]
    provider = identity.get_bearer_token_provider(credential, case["scopes"][0])
    with anthropic.AnthropicFoundry(
        base_url=case["base_url"], azure_ad_token_provider=provider, max_retries=0
    ) as client:
        message = client.messages.create(**MESSAGE)
    return {"tokens": tokens, "text": message.content[0].text}


async def run_async(case: dict[str, Any]) -> dict[str, Any]:
    async with make_credential(case) as credential:
        tokens = [(await credential.get_token(scope)).token for scope in case["scopes"]]
        provider = identity_aio.get_bearer_token_provider(credential, case["scopes"][0])
        client = anthropic.AsyncAnthropicFoundry(
            base_url=case["base_url"], azure_ad_token_provider=provider, max_retries=0
        )
        async with client:
            message = await client.messages.create(**MESSAGE)
    return {"tokens": tokens, "text": message.content[0].text}


def main() -> None:
    for case in json.load(sys.stdin):
        try:
            result = asyncio.run(run_async(case)) if case.get("is_async") else run(case)
        except Exception as error:  # noqa: BLE001 - the test judges what a user would see
            result = {"error": f"{type(error).__name__}: {error}"}
        write(name=case["name"], **result)


if __name__ == "__main__":
    main()
