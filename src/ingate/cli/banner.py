"""What `ingate up` prints once it serves: where it is, and what to paste into another terminal."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

from .address import reachable
from .running import default_data_dir

PREFERRED_DEPLOYMENT = "claude-haiku-4-5"
"""The example's deployment, when there is one of that name: the cheapest, should it be a real one."""


def render_banner(
    *,
    endpoint: str,
    management_url: str,
    management_tls_url: str,
    data_dir: str,
    resource: str,
    deployments: Sequence[str],
    program: str = "ingate",
    simulated: bool = True,
    local_model: str | None = None,
    recorded: tuple[str, str] | None = None,
    development_keys: bool = False,
    azure_names_port: int | None = None,
) -> str:
    """The banner, with a line end after each line.

    `endpoint` is the gateway's URL without `/anthropic`; one that names every address is shown as this machine's.
    `program` is how another terminal calls this command. `simulated` says that the example's deployment is
    answered by the simulator; `local_model` names the toy that answers instead; `recorded` is the upstream whose
    answers are recorded, and the folder. `azure_names_port` is where Azure's host names are served over TLS.
    """
    base_url = f"{reachable(endpoint)}/anthropic"
    deployment = _example(deployments)
    elsewhere = f" --data-dir {shlex.quote(data_dir)}" if data_dir != str(default_data_dir()) else ""
    keys = f"{shlex.quote(program)} keys list --resource {shlex.quote(resource)}{elsewhere}"
    lines = [
        "",
        f"Ingate serves {resource} at {base_url}",
        "",
        f"  deployments  {', '.join(deployments) or 'none'}",
        f"  answers      {_answers(simulated, local_model, recorded)}",
        f"  API keys     {keys}" + ("  (publicly known)" if development_keys else ""),
        f"  management   {reachable(management_url)}",
        f"  sign-in      {management_tls_url} (management too; clients trust {Path(data_dir) / 'ca.pem'})",
        f"  data         {data_dir}",
    ]
    if azure_names_port is not None:
        hosts = f"{shlex.quote(program)} env --hosts{elsewhere}"
        lines.append(f"  Azure names  port {azure_names_port} over TLS (lines for /etc/hosts: {hosts})")
    if deployment:
        lines += [
            "",
            "Paste into another terminal:",
            "",
            f'export ANTHROPIC_FOUNDRY_API_KEY="$({keys} --key 1 -o tsv)"',
        ]
        for snippet in (_python, _typescript, _curl):
            lines += ["", *snippet(base_url, deployment).splitlines()]
    lines += ["", "Ctrl-C stops it.", ""]
    return "\n".join(lines)


def find_program(called: str) -> str:
    """How another terminal calls the program that was `called` so: by its name if that finds it, else by its path."""
    path = shutil.which(called)
    found = shutil.which("ingate")
    if path is None or (found and os.path.samefile(path, found)):
        return "ingate"
    return os.path.abspath(path)


def _answers(simulated: bool, local_model: str | None, recorded: tuple[str, str] | None) -> str:
    if recorded:
        return f"from {recorded[0]}, recorded to {recorded[1]}"
    if local_model:
        return f"from {local_model} on this machine: a toy, not Claude"
    if simulated:
        return "simulated: deterministic text, not Claude's"
    return "from the deployments' upstreams"


def _example(deployments: Sequence[str]) -> str | None:
    if PREFERRED_DEPLOYMENT in deployments:
        return PREFERRED_DEPLOYMENT
    return deployments[0] if deployments else None


def _python(base_url: str, deployment: str) -> str:
    return f"""\
# Python: pip install anthropic
python3 - <<'END'
import os
from anthropic import AnthropicFoundry

client = AnthropicFoundry(
    api_key=os.environ["ANTHROPIC_FOUNDRY_API_KEY"],
    base_url="{base_url}",
)
message = client.messages.create(
    model="{deployment}",
    max_tokens=256,
    messages=[{{"role": "user", "content": "Hello!"}}],
)
print(message.content[0].text)
END"""


def _typescript(base_url: str, deployment: str) -> str:
    return f"""\
# TypeScript: npm install @anthropic-ai/foundry-sdk
node --input-type=module - <<'END'
import AnthropicFoundry from "@anthropic-ai/foundry-sdk";

const client = new AnthropicFoundry({{
  apiKey: process.env.ANTHROPIC_FOUNDRY_API_KEY,
  baseURL: "{base_url}",
}});
const message = await client.messages.create({{
  model: "{deployment}",
  max_tokens: 256,
  messages: [{{ role: "user", content: "Hello!" }}],
}});
console.log(message.content[0].text);
END"""


def _curl(base_url: str, deployment: str) -> str:
    return f"""\
# curl
curl {base_url}/v1/messages \\
  -H "content-type: application/json" \\
  -H "api-key: $ANTHROPIC_FOUNDRY_API_KEY" \\
  -H "anthropic-version: 2023-06-01" \\
  -d '{{"model": "{deployment}", "max_tokens": 256, "messages": [{{"role": "user", "content": "Hello!"}}]}}'"""
