"""What can be wrong with a data directory."""

from __future__ import annotations


class StoreUnusable(Exception):
    """The state cannot be opened. The message is for the operator: what is wrong, with which file, what to do."""
