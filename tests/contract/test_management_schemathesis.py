"""schemathesis over the management API: whatever is sent, no failure of Ingate's, and each refusal in ARM's envelope.

The document says what there is; here the names in its paths become those of a running Ingate, so that requests reach
something. INGATE_FUZZ_EXAMPLES=100 asks for more of each operation, and for all the edges of each parameter besides.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any, cast

import pytest
from tests.support.running import RunningIngate, inherit_environment, start_ingate

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "reference" / "management-openapi.json"
USUAL_EXAMPLES = 8
EXAMPLES = int(os.getenv("INGATE_FUZZ_EXAMPLES", str(USUAL_EXAMPLES)))
PHASES = "examples,fuzzing" if EXAMPLES <= USUAL_EXAMPLES else "examples,coverage,fuzzing"
NOWHERE = "00000000-0000-4000-8000-000000000004"


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningIngate]:
    with start_ingate(tmp_path_factory.mktemp("fuzzed") / "data", "--log-level", "error") as running:
        yield running


def test_the_document_is_what_the_routes_say() -> None:
    script = ROOT / "scripts" / "generate_management_openapi.py"
    finished = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, timeout=60)

    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.timeout(100 + 15 * EXAMPLES)
def test_no_request_makes_the_management_api_fail(
    fuzzed: RunningIngate, schemathesis_python: Path, tmp_path: Path
) -> None:
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(name_what_is_there(json.loads(DOCUMENT.read_text()), fuzzed)))
    token = (fuzzed.data_dir / "admin.token").read_text().strip()
    command = [
        *(str(schemathesis_python), "-m", "schemathesis.cli", "run", str(document)),
        *("--url", fuzzed.management_url, "--header", f"Authorization: Bearer {token}"),
        *("--checks", "not_a_server_error,arm_envelope", "--phases", PHASES),
        *("--max-examples", str(EXAMPLES), "--seed", "1", "--no-shrink", "--no-color"),
        *("--warnings", "off", "--suppress-health-check", "all", "--continue-on-failure"),
    ]
    environment = {"SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(Path(__file__).parent)}
    finished = subprocess.run(
        command,
        cwd=tmp_path,
        env=inherit_environment(environment | {"NO_PROXY": "*"}),
        capture_output=True,
        text=True,
        timeout=90 + 15 * EXAMPLES,
    )
    said = finished.stdout.replace(token, "TOKEN")

    assert finished.returncode == 0, said[-6000:] + finished.stderr[-2000:]
    assert "Traceback" not in fuzzed.stderr_file.read_text()
    assert fuzzed.manage("GET", "/subscriptions")["value"]


def name_what_is_there(document: dict[str, Any], ingate: RunningIngate) -> dict[str, Any]:
    """Names that lead to something, that may lead to something, and that lead nowhere."""
    subscription = ingate.running["subscription_id"]
    names = {
        "subscription": [subscription, subscription.upper(), NOWHERE, "no-guid"],
        "group": ["example-group", "EXAMPLE-GROUP", "fuzz-group", "no group"],
        "account": ["example-resource", "fuzz-resource", "x", "no\u00e9"],
        "deployment": ["claude-haiku-4-5", "fuzz-deployment", "x"],
        "project": ["fuzz-project", "-"],
        "location": ["eastus2", "East US 2", "nowhere"],
        "namespace": ["Microsoft.CognitiveServices", "Microsoft.Nothing"],
        "upstream": ["fuzz-upstream", "simulator"],
        "principal": ["fuzz-principal", NOWHERE, "no such"],
        "role": ["acdd72a7-3385-48ef-bd42-f606fba81ae7", NOWHERE, "no-guid"],
        "assignment": [NOWHERE, "no-guid"],
        "operation": ["AAAA", "no operation"],
        "workspace": ["example-workspace", "fuzz-workspace", NOWHERE, "-"],
        "setting": ["fuzz-setting", "no setting"],
        "budget": ["fuzz-budget", "no budget"],
        "price": ["claude-haiku-4-5", "fuzz-price"],
    }
    paths: dict[str, Any] = {}
    for path, item in document["paths"].items():
        for parameter in cast("list[dict[str, Any]]", item["parameters"]):
            if parameter["name"] == "scope":
                parameter["name"] = "subscription"
            if parameter["in"] == "path" and parameter["name"] in names:
                parameter["schema"] = {"type": "string", "enum": names[parameter["name"]]}
        paths[path.replace("/{scope}", "/subscriptions/{subscription}")] = item
    return {**document, "paths": paths}
