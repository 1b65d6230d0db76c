"""The examples of Claude's documentation for Foundry. The page is not part of the project: it is found beside the
recordings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_EXAMPLE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def read_documentation_page(fixtures_dir: Path) -> str:
    """Skips the test where there is none."""
    for file in sorted((fixtures_dir.parent / "seed").glob("*.md")):
        if "AnthropicFoundry" in (text := file.read_text()):
            return text
    pytest.skip("the documentation's page is not here")


def read_shell_example_with_entra_id(page: str) -> str:
    """az gets a token, curl calls Claude with it."""
    (found,) = [code for name, code in _EXAMPLE.findall(page) if name == "bash" and "az account" in code]
    return found
