"""Why there is no local model."""

from __future__ import annotations


class LocalModelError(Exception):
    """The weights cannot be had, or their server does not start. The message is for the user: it says what to do."""
