"""Official clients, ready for use. The package is imported when the first client is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anthropic import AnthropicFoundry, AsyncAnthropicFoundry


class ClientMissing(ImportError):
    """The package `anthropic` is not installed, or too old to know Foundry."""


def build_client(*, base_url: str, api_key: str, headers: Mapping[str, str]) -> AnthropicFoundry:
    """Raises ClientMissing."""
    anthropic = _import_anthropic()
    return anthropic.AnthropicFoundry(
        base_url=base_url,
        api_key=api_key,
        default_headers=headers,
        http_client=anthropic.DefaultHttpxClient(trust_env=False),  # no proxy between this machine and itself
    )


def build_async_client(*, base_url: str, api_key: str, headers: Mapping[str, str]) -> AsyncAnthropicFoundry:
    """Raises ClientMissing. It keeps no connection: by the time a fixture could close one, the test's event loop has
    ended."""
    anthropic = _import_anthropic()
    return anthropic.AsyncAnthropicFoundry(
        base_url=base_url,
        api_key=api_key,
        default_headers={**headers, "connection": "close"},
        http_client=anthropic.DefaultAsyncHttpxClient(trust_env=False),
    )


def _import_anthropic() -> Any:
    try:
        import anthropic
    except ModuleNotFoundError as error:
        raise ClientMissing("this takes the package `anthropic`: pip install anthropic") from error
    if not hasattr(anthropic, "AnthropicFoundry"):
        raise ClientMissing(f"anthropic {anthropic.__version__} has no AnthropicFoundry: pip install -U anthropic")
    return anthropic
