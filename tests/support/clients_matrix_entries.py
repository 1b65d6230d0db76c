"""What the clients matrix (docs/reference/clients.md) has rows for, and the marker by which a test says that it
exercises one of them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from .clients import (
    ANTHROPIC_0_75,
    AZURE_CLI,
    AZURE_IDENTITY_NODE,
    AZURE_SDK_PYTHON,
    CLAUDE_AGENT_SDK,
    CLAUDE_CODE_2_1_330,
    FOUNDRY_SDK_1_1_1,
    LANGCHAIN_ANTHROPIC,
    LITELLM,
    LLM_ANTHROPIC,
    LOCKED,
    NODE_20,
    NODE_26,
    PYDANTIC_AI,
    VERCEL_AI_NODE,
)

MARKER = "exercises"
REQUIREMENTS = Path(__file__).parents[2] / "requirements" / "dev.txt"


@dataclass(frozen=True, kw_only=True)
class Client:
    """One row. Without a version it is the machine's own, of which a recorded run notes the version."""

    name: str
    version: str = ""
    pointing: str
    """How it is led to Ingate, in Markdown."""


def exercises(client: Client, what: str) -> pytest.MarkDecorator:
    """Marks a test, a module's tests or a parameter. `what` is a phrase of the column `Exercised`."""
    return getattr(pytest.mark, MARKER)(client.name, what)


def read_locked_version(file: Path, package: str) -> str:
    """Of pip's requirements or npm's lock file. Raises LookupError."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".json":
        return json.loads(text)["packages"][f"node_modules/{package}"]["version"]
    found = re.search(rf"^{re.escape(package)}==(\S+)", text, re.MULTILINE)
    if found is None:
        raise LookupError(f"{file.name} does not lock {package}")
    return found[1]


def _locked(name: str, package: str) -> str:
    file = LOCKED / f"{name}.json"
    return read_locked_version(file if file.exists() else file.with_suffix(".txt"), package)


def _pinned(pin: str) -> str:
    return re.split(r"==|(?<=.)@", pin)[-1]


_FOUNDRY = "`ANTHROPIC_FOUNDRY_BASE_URL` or `base_url=`; or `ingate run`, and nothing in it changes"
_ENTRA = "`ingate run --as PRINCIPAL`; or `AZURE_AUTHORITY_HOST` (see [Entra ID](identity.md))"

ANTHROPIC = Client(
    name="anthropic (Python)", version=read_locked_version(REQUIREMENTS, "anthropic"), pointing=_FOUNDRY
)
ANTHROPIC_OF_2025 = Client(
    name="anthropic (Python), of November 2025", version=_pinned(ANTHROPIC_0_75[0]), pointing=_FOUNDRY
)
FOUNDRY_SDK = Client(
    name="@anthropic-ai/foundry-sdk (TypeScript)",
    version=_pinned(FOUNDRY_SDK_1_1_1[0]),
    pointing="`ANTHROPIC_FOUNDRY_BASE_URL` or `baseURL`; or `ingate run`, and nothing in it changes",
)
FETCH_NODE_20 = Client(
    name="Node's own `fetch`, a Node without proxies",
    version=_pinned(NODE_20[0]),
    pointing="`ingate run`, which preloads a file of Ingate's",
)
FETCH_NODE_26 = Client(
    name="Node's own `fetch`, the newest Node", version=_pinned(NODE_26[0]), pointing="`ingate run`"
)
CURL = Client(name="curl", pointing="the address; or `ingate run`, and nothing in it changes")
AZURE_IDENTITY = Client(
    name="azure-identity (Python)", version=_locked(AZURE_SDK_PYTHON, "azure-identity"), pointing=_ENTRA
)
AZURE_IDENTITY_OF_NODE = Client(
    name="@azure/identity (TypeScript)", version=_locked(AZURE_IDENTITY_NODE, "@azure/identity"), pointing=_ENTRA
)
AZURE_MGMT = Client(
    name="azure-mgmt-cognitiveservices, -authorization, -resource (Python)",
    version=", ".join(
        _locked(AZURE_SDK_PYTHON, f"azure-mgmt-{name}") for name in ("cognitiveservices", "authorization", "resource")
    ),
    pointing='`base_url="https://localhost:PORT"` and its `credential_scopes`',
)
AZURE_LOGS = Client(
    name="azure-monitor-query (Python)",
    version=_locked(AZURE_SDK_PYTHON, "azure-monitor-query"),
    pointing='`ingate run`; or `endpoint="https://localhost:PORT/v1"`',
)
AZURE_METRICS = Client(
    name="azure-mgmt-monitor, azure-monitor-querymetrics (Python)",
    version=", ".join(
        _locked(AZURE_SDK_PYTHON, name) for name in ("azure-mgmt-monitor", "azure-monitor-querymetrics")
    ),
    pointing='`base_url` and `endpoint`: `"https://localhost:PORT"`',
)
AZURE_COSTS = Client(
    name="azure-mgmt-costmanagement, azure-mgmt-consumption (Python)",
    version=", ".join(_locked(AZURE_SDK_PYTHON, f"azure-mgmt-{name}") for name in ("costmanagement", "consumption")),
    pointing='`base_url="https://localhost:PORT"` and its `credential_scopes`',
)
AZURE_CLI_CLIENT = Client(
    name="az (azure-cli)",
    version=_locked(AZURE_CLI, "azure-cli"),
    pointing="`ingate run`; or `az cloud register`",
)
CLAUDE_CODE = Client(
    name="Claude Code",
    version=_pinned(CLAUDE_CODE_2_1_330[0]),
    pointing="`CLAUDE_CODE_USE_FOUNDRY=1` with `ANTHROPIC_FOUNDRY_BASE_URL`; or with `ANTHROPIC_FOUNDRY_RESOURCE` "
    "through `ingate run`",
)
CLAUDE_AGENT = Client(
    name="claude-agent-sdk (Python)",
    version=_locked(CLAUDE_AGENT_SDK, "claude-agent-sdk"),
    pointing="as Claude Code, which it brings in the same version and starts",
)
PYDANTIC_AI_CLIENT = Client(
    name="pydantic-ai",
    version=_locked(PYDANTIC_AI, "pydantic-ai-slim"),
    pointing="`AnthropicProvider(anthropic_client=AsyncAnthropicFoundry())`, which is led as anthropic is",
)
LANGCHAIN = Client(
    name="LangChain (langchain-anthropic)",
    version=_locked(LANGCHAIN_ANTHROPIC, "langchain-anthropic"),
    pointing='`ChatAnthropic(base_url="http://127.0.0.1:8080/anthropic")`. It sends the key as a bearer token',
)
LITELLM_CLIENT = Client(
    name="LiteLLM, as a client",
    version=_locked(LITELLM, "litellm"),
    pointing="`AZURE_AI_API_BASE=http://127.0.0.1:8080/anthropic`, `AZURE_AI_API_KEY`, models `azure_ai/DEPLOYMENT`. "
    "A deployment's name has to have `claude` in it",
)
LLM_CLIENT = Client(
    name="llm with llm-anthropic",
    version=f"{_locked(LLM_ANTHROPIC, 'llm')} with {_locked(LLM_ANTHROPIC, 'llm-anthropic')}",
    pointing="`ANTHROPIC_BASE_URL=http://127.0.0.1:8080/anthropic`, `ANTHROPIC_API_KEY`",
)
VERCEL_AI = Client(
    name="Vercel AI SDK (ai with @ai-sdk/anthropic)",
    version=f"{_locked(VERCEL_AI_NODE, 'ai')} with {_locked(VERCEL_AI_NODE, '@ai-sdk/anthropic')}",
    pointing='`createAnthropic({ baseURL: "http://127.0.0.1:8080/anthropic/v1" })`: mind the `/v1`',
)

CLIENTS = (
    *(ANTHROPIC, ANTHROPIC_OF_2025, FOUNDRY_SDK, CURL, FETCH_NODE_20, FETCH_NODE_26),
    *(AZURE_IDENTITY, AZURE_IDENTITY_OF_NODE, AZURE_MGMT, AZURE_LOGS, AZURE_METRICS, AZURE_COSTS),
    AZURE_CLI_CLIENT,
    *(CLAUDE_CODE, CLAUDE_AGENT, PYDANTIC_AI_CLIENT, LANGCHAIN, LITELLM_CLIENT, LLM_CLIENT, VERCEL_AI),
)
"""In the order of the page."""
