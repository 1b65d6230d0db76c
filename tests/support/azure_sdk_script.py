"""Programs over Azure's own SDKs, which run in an environment of their own and say as JSON what they saw."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.running import RunningIngate, inherit_environment


def run_azure_sdk_script(
    python: Path, script: Path, ingate: RunningIngate, settings: Mapping[str, object], *, timeout: float = 110
) -> dict[str, Any]:
    """`settings` go to it besides where `ingate` is."""
    where = {
        "tenant_id": ingate.tenant_id,
        "subscription_id": ingate.running["subscription_id"],
        "tls_url": ingate.tls_url,
    }
    finished = subprocess.run(
        [str(python), str(script)],
        input=json.dumps(where | dict(settings)),
        env=inherit_environment({"REQUESTS_CA_BUNDLE": str(ingate.ca_file), "NO_PROXY": "*"}),
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)
