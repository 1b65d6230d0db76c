"""Whether llama.cpp's server is installed."""

from __future__ import annotations

import importlib.util
import sys

from .fault import LocalModelError

SERVER_PACKAGE = "xllamacpp"


def check_server_is_installed() -> None:
    """Raises LocalModelError, with the commands that install it."""
    if importlib.util.find_spec(SERVER_PACKAGE) is None:
        raise LocalModelError(
            f"--local needs llama.cpp's server ({SERVER_PACKAGE}), which is not installed. "
            f"In a checkout: `make local`. Elsewhere: `{sys.executable} -m pip install 'ingate[local]'`."
        )
